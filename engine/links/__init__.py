"""Configured peers: one link each.

- ``link``: keeps one peer in sync: when to try; ``attempt_runner``: what follows from a try; ``reporter``: who is told
- ``attempt``: one attempt: dial, run a session, know when both sides are caught up; ``dialects``: which session
- ``inbound``: who has dialled us; ``inbound_attempt``: an attempt that uses such a connection
- ``schedule``: when the next attempt is due; ``backoff``: how long to wait
- ``retry_policy``: what each kind of failure means for that, and for the person; ``troubles``: those of one link
- ``sync_requests``: who asked for a sync and waits
- ``peer_status``: from a session's facts to the state that a person reads; ``guest_row``: that of who dials us
"""
