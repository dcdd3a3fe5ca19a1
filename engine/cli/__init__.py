"""The command line: one module for each group of commands, ``main`` for all of them."""

from engine.cli.main import main

__all__ = ["main"]
