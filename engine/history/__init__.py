"""What happened, and when.

- ``activity``: what counts as one sync
- ``journal``: the syncs and overwritten values of the last 30 days; ``export`` writes them for other programs
- ``journal_file``: its file; ``unsynced``: what was not synced with a peer, for later questions; ``flow_log``: the
  latest changes, for the next start
- ``event_stream``: the stream of events, and the lines of the change flow in it; ``bursts``: which lines came together
"""
