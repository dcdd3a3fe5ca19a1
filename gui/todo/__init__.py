"""The demo's to-do app: a small program that knows nothing of sync, in a process and a window of its own.

- ``store``: its file, through plain ``sqlite3``; ``model``: what is shown of it
- ``window``: the window; ``app``: the program; ``places``: where its windows and Syncline's stand
"""
