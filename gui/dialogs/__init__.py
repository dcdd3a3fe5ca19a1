"""Questions to a person. Each is a coroutine that opens a dialog of its window and returns the answer.

- ``add_database``, ``add_peer``, ``share``, ``invitation``, ``lan_devices``: databases, peers and pairing
- ``peer_ways``: how a peer is found; ``peer_form``: its fields
- ``schema``, ``verify``: comparing tables and rows; ``cell_details``: one change as a whole
- ``settings``; ``confirm``: asks before something is removed, or which way to go; ``join``: how rows are joined;
  ``rows_gone``: whether they are meant to be
- ``base``: what all share; ``scroll_body``: what is scrolled on a low screen
- ``validated_line_edit``, ``inline_message``, ``connection_test``: parts of them
- ``about``: which program and version this is
"""
