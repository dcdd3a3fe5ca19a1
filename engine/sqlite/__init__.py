"""One SQLite file, whatever is in it: names in SQL, values, readers beside writers, durability, errors in words."""
