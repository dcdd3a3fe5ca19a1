"""What is asked of the desktop.

- ``autostart``: start at login
- ``links``: links that begin with ``syncline:`` open this Syncline
"""
