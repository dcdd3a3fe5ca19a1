"""Syncline's window and tray. Qt is imported here and nowhere else; no SQL and no socket is."""
