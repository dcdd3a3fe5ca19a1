"""``python -m gui``: the same as ``syncline``."""

import sys

from engine.cli.main import main

sys.exit(main())
