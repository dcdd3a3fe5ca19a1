"""The panels of the window: they show models, and tell in signals what a person asks for.

- ``databases``: the list at the left; ``database_header``: the chosen one and what can be done with it
- ``first_start``: the page that is there before any database is
- ``peers``: the peers, painted by ``state_delegate``, with ``action_banner`` below them
- ``flow``: the change flow, in groups a ``flow_tree``, painted by ``flow_delegate``; ``rates``: its graph
- ``clocks``; ``activity``; ``conflicts``
- ``table``: what all tables share, with trees ``cell_view``; ``cell_keys``: the keys that lead from cell
  to cell in trees; ``column_fit``: their columns within their width
- ``folding_bar``: a bar that becomes two lines where room is scarce
"""
