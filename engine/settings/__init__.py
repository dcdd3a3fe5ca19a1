"""What Syncline remembers between runs, in one TOML file that a person may edit.

The file's comments, order and unknown keys are kept. A file that cannot be read is reported and never overwritten. It
does not contain tokens.

- ``model``: the values, and the checks of what a person types; ``schema``: the table of settings
- ``file``: reads and writes the file; ``typed_address``: completes an address that a person typed
- ``credentials``: where tokens are kept; ``system_keyring``: the system's keyring
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
