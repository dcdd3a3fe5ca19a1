"""The demos.

- ``command``: runs them; ``hub``: two todo lists and a hub; ``p2p``: three machines without one
- ``two_apps``: what the demo in a window syncs; ``windows``: ``p2p`` in three windows
"""
