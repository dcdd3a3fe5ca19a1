"""Configured peers: one link each, what an attempt at it is, when to try, and who has dialled us instead."""
