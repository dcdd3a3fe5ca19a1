"""``python -m engine.cli``: what the launcher runs."""

import gc
import sys

from engine.cli import main

# Changes live for a moment and by the thousand, in no cycle: looking for garbage among every 700 of them, as Python
# does by itself, took up to half the time of reading and decoding.
gc.set_threshold(50_000, 10, 10)

sys.exit(main())
