"""What the desktop is asked for: start at login, and the ``syncline:`` links."""
