"""The demos.

- ``command``: runs them; ``hub``: two todo lists and a hub; ``p2p``: three machines without one
- ``windows``: the same in three windows
"""
