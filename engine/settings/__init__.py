"""What Syncline remembers between runs: databases, peers and a few switches, in one TOML file a person may edit.

Tokens are not in it: they live in the system's keyring. The file's comments, its order and keys that this
version does not know are kept; a file that cannot be read is reported and never overwritten.
"""

from engine.settings.file import SettingsFile
from engine.settings.model import (
    DEFAULT_PATH,
    HOME,
    DatabaseConfig,
    Direction,
    Mode,
    Pause,
    PeerConfig,
    Settings,
    check_minutes,
    check_pin,
    check_url,
    config_dir,
    data_dir,
    journal_path,
)
from engine.settings.schema import SETTINGS, Group, Setting, checked

__all__ = [
    "DEFAULT_PATH",
    "HOME",
    "SETTINGS",
    "DatabaseConfig",
    "Direction",
    "Group",
    "Mode",
    "Pause",
    "PeerConfig",
    "Setting",
    "Settings",
    "SettingsFile",
    "check_minutes",
    "check_pin",
    "check_url",
    "checked",
    "config_dir",
    "data_dir",
    "journal_path",
]
