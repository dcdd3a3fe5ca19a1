"""The dialogs. Each is a coroutine that opens a dialog over its window and returns the answer.

- ``add_database``, ``add_peer``, ``share``, ``invitation``, ``lan_devices``: databases, peers and pairing
- ``peer_ways``: how a peer is found; ``peer_form``: the fields of a peer
- ``schema``, ``verify``: compare tables and rows; ``cell_details``: one change in full
- ``settings``; ``confirm``: yes or no, or one of several answers; ``join``: how rows are joined;
  ``rows_gone``: whether a mass deletion is intended
- ``base``: what all dialogs share; ``scroll_body``: the part that scrolls on a low screen
- ``validated_line_edit``, ``inline_message``, ``connection_test``: widgets that they are built from
- ``about``: the program and its version
"""
