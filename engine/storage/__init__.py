"""One replica for each file: its thread and its watch, backups, and caches of what sessions read."""
