"""The documents name what exists: tests, folders, links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_what_the_documents_name_exists() -> None:
    named: list[tuple[Path, str]] = []
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
        paths = re.findall(r"`((?:tests|ktui|docs)/[\w/.-]+)`", text)
        named += [(document.parent / link, f"{document.name}: {link}") for link in links]
        named += [(ROOT / path, f"{document.name}: {path}") for path in paths]
    assert len(named) > 30
    assert [name for path, name in named if not path.exists()] == []
