"""The Qt models behind the tables; slots tell them what to show, and they know nothing of the engine.

- ``peers``, ``clocks``, ``activity``, ``conflicts``: one panel's table each; ``peer_columns``: the columns of the
  peers table
- ``databases``: the list of databases; ``database_status``: the state of one in words; ``traffic``: its last hour
- ``flow``: the change flow as a plain list; ``flow_text``: a line of it in words; ``ring_buffer``: the latest 100,000
- ``flow_tree``: the change flow in groups (``flow_groups``, ``held_events``); ``flow_group_text``: those in words
- ``flow_filter``: which changes either of them shows
- ``paired_devices``, ``lan_devices``, ``schema``, ``rows``: tables of dialogs
- ``static_table``, ``enum_table``, ``sorting``: what small tables share
- ``labels``, ``times``, ``values``: states, times and values in words
"""
