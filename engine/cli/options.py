"""Options that several commands have."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from engine.errors import UsageError
from engine.settings import Settings
from engine.settings.schema import bandwidth_problem
from engine.text import t


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add the file that a command is about, as ``database``."""
    parser.add_argument("database", metavar="DB", type=Path, help=t("the SQLite database"))


def add_token_file(parser: argparse.ArgumentParser) -> None:
    """Add the file with the token for a peer, as ``token_file``."""
    text = t("a file that holds the token for the peer (or set SYNCLINE_TOKEN)")
    parser.add_argument("--token-file", metavar="FILE", type=Path, help=text)


def add_bandwidth(parser: argparse.ArgumentParser) -> None:
    """Add the limit of the line, as ``bandwidth``; None where nobody has named one."""
    text = t("send and receive at most KB kilobytes a second, each (default: no limit)")
    parser.add_argument("--bandwidth", metavar="KB", type=int, help=text)


def limited(settings: Settings, bandwidth: int | None) -> Settings:
    """Return settings with the limit that the command line names, if it does.

    Raises:
        UsageError: there can be no such limit.
    """
    if bandwidth is None:
        return settings
    if problem := bandwidth_problem(bandwidth):
        raise UsageError(t("--bandwidth {problem}.", problem=problem))
    return replace(settings, bandwidth_limit=bandwidth)


def add_certificate(parser: argparse.ArgumentParser) -> None:
    """Add the fingerprint of the only certificate to accept from a peer, as ``certificate``."""
    text = t("take only the certificate with this fingerprint (SHA-256) at URL, whoever signed it")
    parser.add_argument("--certificate", metavar="FINGERPRINT", default="", help=text)
