"""The panels of the window: they show models, and tell in signals what a person asks for.

- ``peers``: the peers, with ``action_banner`` below them
- ``flow``: the change flow, painted by ``flow_delegate``; ``rates``: its graph; ``clocks``; ``activity``
- ``table``: what all tables share; ``folding_bar``: a bar that becomes two lines where room is scarce
"""
