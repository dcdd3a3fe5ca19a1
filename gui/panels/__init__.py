"""The panels of the window: they show models, and emit signals for what a person asks for.

- ``databases``: the list at the left; ``database_header``: the selected one and what can be done with it
- ``first_start``: the page that is shown before there is any database
- ``peers``: the peers, painted by ``state_delegate``, with ``action_banner`` below them
- ``flow``: the change flow, in groups a ``flow_tree``, painted by ``flow_delegate``; ``rates``: its graph
- ``clocks``; ``activity``; ``conflicts``
- ``table``: what all tables share; ``cell_view``: what they share with trees; ``cell_keys``: keyboard navigation
  between the cells of a tree; ``column_fit``: keeps columns within their table's width
- ``folding_bar``: a bar that becomes two lines where space is scarce
"""
