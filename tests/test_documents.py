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


def test_what_the_code_cites_exists() -> None:
    sources = sorted(path for folder in ("ktui", "tests") for path in (ROOT / folder).rglob("*.py"))
    cited = {
        (name, source.name)
        for source in sources
        for name in re.findall(r"[\w/-]+\.md\b", source.read_text(encoding="utf-8"))
    }
    assert len(cited) > 10
    places = (ROOT, ROOT / "docs", ROOT / "tests" / "recordings")
    assert [each for each in sorted(cited) if not any((place / each[0]).exists() for place in places)] == []


def test_the_sections_that_the_code_cites_exist() -> None:
    sections = set(re.findall(r"^## (.+)$", (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8"), re.MULTILINE))
    sources = sorted(path for folder in ("ktui", "tests") for path in (ROOT / folder).rglob("*.py"))
    texts = (re.sub(r"\s+", " ", source.read_text(encoding="utf-8")) for source in sources)
    cited = {section.strip() for text in texts for section in re.findall(r"docs/semantics\.md, ([\w -]+)", text)}
    assert len(cited) >= 6
    assert cited <= sections
