"""What the desktop is asked for.

- ``autostart``: start at login
- ``links``: links that begin with ``syncline:`` open this Syncline
"""
