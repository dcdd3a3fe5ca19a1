"""What several commands are given."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.text import t


def add_database(parser: argparse.ArgumentParser) -> None:
    """Add the file that a command is about, as ``database``."""
    parser.add_argument("database", metavar="DB", type=Path, help=t("the SQLite database"))


def add_token_file(parser: argparse.ArgumentParser) -> None:
    """Add where the token for a peer is, as ``token_file``."""
    text = t("a file that holds the token for the peer (or set SYNCLINE_TOKEN)")
    parser.add_argument("--token-file", metavar="FILE", type=Path, help=text)


def add_certificate(parser: argparse.ArgumentParser) -> None:
    """Add the fingerprint of the one certificate that a peer may show, as ``certificate``."""
    text = t("take only the certificate with this fingerprint (SHA-256) at URL, whoever signed it")
    parser.add_argument("--certificate", metavar="FINGERPRINT", default="", help=text)
