"""The demos: their files and scripts, with a hub, without one, and in three windows."""
