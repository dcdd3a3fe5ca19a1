"""Brings the translations up to date: texts from the sources into assets/languages/*.ts, and those into *.qm.

    python .ci/languages.py          after texts or translations changed
    python .ci/languages.py --check  says what is not translated, or not up to date, and ends with 1

What the engine says is found by ``sentences.py``, and kept as templates in assets/languages/sentences.txt, by which the
window knows its sentences again. The tools are Qt's own, which come with PySide6. Translate in the .ts file, by hand or
with Qt Linguist.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import PySide6
from sentences import sentences

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "languages"
LANGUAGES = ("de",)
TEMPLATES = FOLDER / "sentences.txt"
ALIASES = "QT_TRANSLATE_NOOP+=marked"


def sources() -> list[str]:
    """All files with texts."""
    files = [*sorted((ROOT / "gui").rglob("*.py")), ROOT / "engine" / "settings" / "schema.py"]
    return [file.relative_to(ROOT).as_posix() for file in files]


def tool(name: str, *arguments: str) -> None:
    """Run one of Qt's tools."""
    file = Path(PySide6.__file__).parent / (f"{name}.exe" if sys.platform == "win32" else name)
    done = subprocess.run([str(file), *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name} failed: {done.stderr}")


def templates() -> str:
    """What the engine says, a line each."""
    return "".join(f"{sentence}\n" for sentence in sentences(ROOT / "engine"))


def update(language: str, ts: Path, qm: Path) -> None:
    """Take texts over into ``ts``, and make ``qm`` of it."""
    said = "".join(f"marked('engine', {sentence!r})\n" for sentence in templates().splitlines())
    with tempfile.TemporaryDirectory() as folder:
        (engine := Path(folder) / "engine.py").write_text(said, encoding="utf-8")
        _update(language, ts, qm, str(engine))


def _update(language: str, ts: Path, qm: Path, engine: str) -> None:
    options = ("-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", language)
    tool("lupdate", *sources(), engine, "-tr-function-alias", ALIASES, *options, "-ts", str(ts))
    tool("lrelease", "-silent", str(ts), "-qm", str(qm))


def unfinished(ts: Path) -> list[str]:
    """The texts without a translation."""
    messages = ET.parse(ts).getroot().iter("message")
    return [
        message.findtext("source", "")
        for message in messages
        if (found := message.find("translation")) is None or found.get("type") or not "".join(found.itertext()).strip()
    ]


def check(language: str) -> list[str]:
    """What is wrong with a language's files, in sentences."""
    ts, qm = FOLDER / f"syncline_{language}.ts", FOLDER / f"syncline_{language}.qm"
    with tempfile.TemporaryDirectory() as folder:
        new_ts, new_qm = Path(folder) / ts.name, Path(folder) / qm.name
        shutil.copy(ts, new_ts)
        update(language, new_ts, new_qm)
        wrong = [f"{ts.name}: not translated: {text!r}" for text in unfinished(new_ts)]
        for old, new in ((ts, new_ts), (qm, new_qm)):
            if not old.exists() or old.read_bytes() != new.read_bytes():
                wrong.append(f"{old.name} is not up to date: run python .ci/languages.py")
    return wrong


def check_templates() -> list[str]:
    """What is wrong with the templates, in sentences."""
    if TEMPLATES.exists() and TEMPLATES.read_text(encoding="utf-8") == templates():
        return []
    return [f"{TEMPLATES.name} is not up to date: run python .ci/languages.py"]


def main() -> int:
    """See above."""
    if "--check" not in sys.argv:
        TEMPLATES.write_text(templates(), encoding="utf-8")
    wrong = check_templates()
    for language in LANGUAGES:
        ts, qm = FOLDER / f"syncline_{language}.ts", FOLDER / f"syncline_{language}.qm"
        if "--check" not in sys.argv:
            update(language, ts, qm)
        wrong += check(language)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
