"""Icons, the demo's schema and desktop files; read through ``importlib.resources``."""
