"""A hook of MkDocs: the site also has what is not in docs/: the README as its first page, and the pictures.

Links in these files are written for readers on GitHub. Here they are rewritten to where the files are on the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
"""Documents at the top of the checkout. MkDocs takes README.md as the first page of the site."""

_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add the documents at the top, and the pictures."""
    for name in PAGES:
        files.append(File.generated(config, name, content=_moved((ROOT / name).read_text(encoding="utf-8"), ROOT)))
    for picture in sorted((ROOT / "screenshots").glob("*.svg")):
        files.append(File.generated(config, f"screenshots/{picture.name}", abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page of docs/; those of the documents at the top are rewritten already."""
    return markdown if page.file.src_uri in PAGES else _moved(markdown, ROOT / "docs")


def _moved(markdown: str, folder: Path) -> str:
    def link(found: re.Match[str]) -> str:
        path, anchor = found[1], found[2] or ""
        inside = (folder / path).resolve().relative_to(ROOT)
        return f"]({str(inside).removeprefix('docs/')}{anchor})"

    return _LINK.sub(link, markdown)
