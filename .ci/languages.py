"""Brings the translations up to date: texts from the sources into assets/languages/*.po, and those into *.mo.

    python .ci/languages.py          after texts or translations changed
    python .ci/languages.py --check  says what is not translated, or not up to date, and ends with 1

Texts are the literals in ``t("...")`` and ``tr("...")``, found by Babel. Translate in the .po file.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "languages"
LANGUAGES = ("de",)
KEYWORDS = {"t": None, "tr": None}


def sources() -> Catalog:
    """Every text of the program."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for package in ("engine", "gui"):
        for file in sorted((ROOT / package).rglob("*.py")):
            options = {"encoding": "utf-8"}
            for _, text, _, _ in extract_from_file("python", file, KEYWORDS, (), options):
                found.add(text)
    return found


def update(language: str, old: bytes) -> Catalog:
    """Return the catalogue ``old`` with the texts that there are now."""
    catalogue = read_po(io.BytesIO(old), locale=language, charset="utf-8")
    catalogue.update(sources(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The file that translators edit; no dates in it, which would change with each run."""
    kept = Catalog(locale=catalogue.locale, charset="utf-8", fuzzy=False, header_comment="# Translations of Syncline.")
    for message in catalogue:
        if message.id:
            kept.add(message.id, message.string)
    written = io.BytesIO()
    write_po(written, kept, width=110, omit_header=False, no_location=True, sort_output=True)
    lines = written.getvalue().decode("utf-8").splitlines(keepends=True)
    dated = (
        '"POT-Creation-Date:',
        '"PO-Revision-Date:',
        '"Last-Translator:',
        '"Generated-By:',
        '"Report-Msgid',
        '"Language-Team:',
    )
    return "".join(line for line in lines if not line.startswith(dated)).encode("utf-8")


def as_mo(po: bytes, language: str) -> bytes:
    """The file that the program reads; the same bytes whenever it is made."""
    written = io.BytesIO()
    catalogue = read_po(io.BytesIO(po), locale=language, charset="utf-8")
    catalogue.creation_date = datetime(2000, 1, 1, tzinfo=UTC)  # Babel's default is now
    write_mo(written, catalogue)
    return written.getvalue()


def gaps(text: str) -> set[str]:
    """The names of the arguments in a template."""
    import string

    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def wrong(catalogue: Catalog) -> list[str]:
    """What translators have left to do, in sentences."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        if not message.string:
            found.append(f"not translated: {message.id!r}")
        elif gaps(str(message.id)) != gaps(str(message.string)):
            found.append(f"other arguments than {message.id!r}: {message.string!r}")
    return found


def main() -> int:
    """See above."""
    failed = []
    for language in LANGUAGES:
        po, mo = FOLDER / f"{language}.po", FOLDER / f"{language}.mo"
        old = po.read_bytes()
        catalogue = update(language, old)
        new_po = as_po(catalogue)
        new_mo = as_mo(new_po, language)
        if "--check" in sys.argv:
            for file, new in ((po, new_po), (mo, new_mo)):
                if not file.exists() or file.read_bytes() != new:
                    failed.append(f"{file.name} is not up to date: run python .ci/languages.py")
        else:
            po.write_bytes(new_po)
            mo.write_bytes(new_mo)
        failed += [f"{po.name}: {sentence}" for sentence in wrong(catalogue)]
    print("\n".join(failed), end="\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
