"""Installed, bundled, and known to the desktop."""
