"""Plain words: what ktui says, and what is written about it, does without the vocabulary that readers stumble over.

CONTRIBUTING.md has the words to use instead. Text of others (Kubernetes, kubectl, recordings) is not read here.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[1]

BANNED: Final = {
    r"for ever": "indefinitely",
    r"mend(s|ed|ing)?": "fix, or repair",
    r"what of it": "which",
    r"told": "reported, or shown",
    r"look(s|ed|ing)? on (at|once|until)": "follow",
    r"g(ive|ives|ave|iven|iving) up": "abort, stop waiting, or remove",
    r"signs? of life": "a line, or a heartbeat",
    r"stands? in (the|its) way": "blocks",
    r"one a line": "one per line",
    r"somebody": "someone",
    r"upon": "on",
    r"who(m|so)?ever": "anyone who, or no matter who",
    r"time lines?": "timeline",
    r"mind:": "Warning:",
    r"do it\?": "Apply?",
    r"there is:": "available:",
    r"of it that": "(say it in two sentences)",
    r"roll backs|(a|the|no|each|every) roll back": "rollback",
    r"is no (side|number|rollout|canary|name|pod|kind)": "is not a",
    r"anew|once more": "again",
    r"all the same": "anyway",
    r"in flight|under way": "running, or in progress",
    r"may be had": "is available",
    r"(take|takes|taken|taking|took) (the|its|their|an old one's) place": "replace",
    r"(take|takes|taken|taking|took) place": "is applied, or happens",
    r"in the way": "a problem, or a cause",
    r"(come|comes|came) about": "happens",
    r"in trouble": "has a problem",
}
SHOWN: Final = {
    r"asked for": "requested, or desired",
    r"(it|this|that) comes? to( now|:)?": "the result, or the new plan",
    r"what (it|this|that|they) comes? to": "the result, or the new plan",
    r"(go|goes|going|went) on": "continues, or keeps",
    r"as (it|they) (is|are) now": "its current state",
    r"what there is": "what exists, or its name",
    r"any ?more": "no longer",
    r"not in sight": "not shown",
    r"for good": "permanently",
}
"""What a docstring may say, but no screen, command or document."""


def _compiled(words: Mapping[str, str]) -> Mapping[re.Pattern[str], str]:
    return {re.compile(rf"\b({word})(?!\w)", re.IGNORECASE): better for word, better in words.items()}


_BANNED: Final = _compiled(BANNED)
_SHOWN: Final = _compiled({**BANNED, **SHOWN})
_CODE: Final = re.compile(r"`[^`\n]*`")
DOCUMENTS: Final = (
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "tests/causes.yaml")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "ktui" / "sim" / "scenarios" / "causes").glob("*.yaml")),
)
PACKAGES: Final = sorted(path.name for path in (ROOT / "ktui").iterdir() if path.is_dir() and path.name[0] != "_")


def faults(text: str, *, is_shown: bool = True) -> list[str]:
    """What of the banned vocabulary a text has, each with what to write instead. Code is not prose."""
    words, plain = _SHOWN if is_shown else _BANNED, re.sub(r"\s+", " ", _CODE.sub("", text))
    return [f"{found[0]!r} → {better}" for word, better in words.items() if (found := word.search(plain))]


def prose(source: str) -> Iterator[tuple[int, str, bool]]:
    """The line and text of each literal, docstring and comment, and whether a user may see it.

    One word alone is a name, not prose. A text that is a statement of its own is a docstring.
    """
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, node.value, id(node) not in docstrings
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string, False


def in_source(path: Path) -> list[str]:
    where = path.relative_to(ROOT)
    found = prose(path.read_text(encoding="utf-8"))
    return [f"{where}:{line}: {fault}" for line, text, shown in found for fault in faults(text, is_shown=shown)]


@pytest.mark.parametrize(
    "text", ["It waits for ever.", "Mind: it is paused", "rollouts,\none a line", "a roll back", "It took place."]
)
def test_what_is_banned_is_found(text: str) -> None:
    assert len(faults(text)) == 1
    assert list(prose(f'def f():\n    """{text}"""\n'))
    assert faults("`told` is a member; a rollback for every revision") == []


def test_a_docstring_may_say_what_a_screen_may_not() -> None:
    source = 'def f():\n    """What is asked for."""\n    return "It goes on."\n'
    assert [faults(text, is_shown=shown) for _, text, shown in prose(source)] == [
        [],
        ["'goes on' → continues, or keeps"],
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_code_says_it_plainly(package: str) -> None:
    sources = sorted((ROOT / "ktui" / package).rglob("*.py"))
    assert sources or package == "styles"
    assert [fault for source in sources for fault in in_source(source)] == []


def test_the_modules_at_the_top_say_it_plainly() -> None:
    assert [fault for source in sorted((ROOT / "ktui").glob("*.py")) for fault in in_source(source)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_say_it_plainly(document: Path) -> None:
    paragraphs = document.read_text(encoding="utf-8").split("\n\n")
    assert [fault for paragraph in paragraphs for fault in faults(paragraph)] == []
