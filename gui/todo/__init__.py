"""The demo's to-do app: a small program that knows nothing of sync, in its own process and window.

- ``store``: its file, through plain ``sqlite3``; ``model``: what is shown of it
- ``window``: the window; ``app``: the program; ``places``: where its windows and Syncline's are put
"""
