"""Qt models for the tables: they are told what to show through slots, and know nothing of the engine.

- ``peers``, ``clocks``, ``activity``, ``conflicts``: a panel's table each; ``peer_columns``: what the first one's
  columns are called and tell
- ``databases``: the list of them, with ``database_status``, how one stands in words, and ``traffic``, its last hour
- ``flow``: the change flow as a plain list; ``flow_text``: a line of it in words; ``ring_buffer``: the latest 100,000
- ``flow_tree``: the same in groups (``flow_groups``, ``held_events``), in words by ``flow_group_text``
- ``flow_filter``: which changes of either are shown
- ``paired_devices``, ``lan_devices``, ``schema``, ``rows``: tables of dialogs
- ``static_table``, ``enum_table``, ``sorting``: what small tables share
- ``labels``, ``times``, ``values``: states, times and values in words
"""
