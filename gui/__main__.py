"""``python -m gui``: the same as ``syncline``."""

import sys

from engine.cli import main

sys.exit(main())
