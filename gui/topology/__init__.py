"""The picture of what syncs with what: this machine, its peers and guests, and the links between them.

- ``graph``: nodes and links, from the engine's events; ``layout``: their positions; ``pulses``: changes on their way.
  None of these three knows Qt
- ``words``: the picture in words, for tooltips and screen readers
- ``view``: the widget, painted by ``paint``; ``reader``: keeps the views up to date
"""
