"""``python -m engine.cli``: what the launcher runs."""

import sys

from engine.cli import main

sys.exit(main())
