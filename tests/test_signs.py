"""Signs: each is known, one cell wide, and has an ASCII sign in its place that keeps states apart."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from rich.cells import cell_len

import ktui
from ktui import signs
from ktui.rollout.happenings import GLYPHS
from ktui.signs import in_ascii
from ktui.tui.draw import glyphs
from ktui.tui.overview.lines import DOWN
from ktui.tui.report import lines as report

PACKAGE = Path(ktui.__file__).parent

NAMED = {value for name, value in vars(signs).items() if name.isupper() and isinstance(value, str)} - {signs.ERRORS}


def written(path: Path) -> set[str]:
    """The characters beyond ASCII in what a module may show: its texts, not its documentation."""
    tree = ast.parse(path.read_text())
    documentation = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    ]
    return {letter for text in texts for letter in text if not letter.isascii() and letter.isprintable()}


# What reads text that others wrote, and the simulator, which is not ktui's screen.
READERS = {"durations.py", "text.py", "signs.py", "settings.py", "metrics.py", "logs.py", "standard_streams.py"}
MODULES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in READERS and path.relative_to(PACKAGE).parts[0] != "sim"
]


def test_signs_with_a_meaning_are_in_one_module() -> None:
    found = {path: written(path) for path in MODULES}
    assert set().union(*found.values()) > {"…", "·"}
    stray = {str(path): letters - signs.PUNCTUATION - {"\ufffd"} for path, letters in found.items()}
    assert {path: letters for path, letters in stray.items() if letters} == {}


def encoded(text: str, encoding: str = "ascii") -> str:
    signs.register()
    return text.encode(encoding, errors=signs.ERRORS).decode(encoding)


def test_each_sign_is_one_of_ascii_in_one_cell() -> None:
    every = set("".join(NAMED)) | signs.PUNCTUATION
    assert len(every) > 40
    for sign in every:
        assert cell_len(sign) == 1 == len(in_ascii(sign)), sign
        assert in_ascii(sign).isascii(), sign
        assert in_ascii(sign) not in ("?", " "), sign
        assert encoded(sign) == in_ascii(sign)


@pytest.mark.parametrize(
    "together",
    [
        [*(glyph for glyph, _, _ in glyphs.PHASES.values()), DOWN],
        [glyph for glyph, _ in glyphs.PODS.values()],
        [glyph for glyph, _ in glyphs.LINKS.values()],
        [glyphs.NEW_READY, glyphs.NEW_STARTING, glyphs.OLD, signs.RULE],
        [glyph for glyph, _ in report._SIGNS.values()],
        [*GLYPHS.values()],
        [signs.POINTER, signs.CHECK],
        [signs.POINTER, signs.DISC, signs.CROSS, signs.RING, signs.DIAMOND],
        [signs.POINT, *signs.LEVELS],
    ],
    ids=["phases", "pods", "links", "bar", "report", "timeline", "overview's margin", "history's margin", "levels"],
)
def test_signs_that_are_used_together_stay_apart_in_ascii(together: list[str]) -> None:
    assert len(set(map(in_ascii, together))) == len(set(together)) >= 2


@pytest.mark.parametrize("text", ["漢字", "가나", "ｆｕｌｌ", "👍", "●✔─│┌▇", "Ωжא", "e\u0301"])
def test_what_stands_for_a_sign_takes_its_cells(text: str) -> None:
    assert len(encoded(text)) == cell_len(text)


def test_marks_and_wide_letters_in_latin_1() -> None:
    assert encoded("é e\u0301 漢 ✔", "latin-1") == "é e ?? +"


def test_letters_of_other_scripts_are_not_signs() -> None:
    assert in_ascii("漢字 Ωжא é e\u0301 👍 ✖") == "漢字 Ωжא é e\u0301 👍 X"


@pytest.mark.parametrize(
    ("term", "encodings", "expected"),
    [
        ("xterm-256color", ("UTF-8", "utf-8"), False),
        ("", ("UTF-8", "utf-16"), False),
        ("linux", ("UTF-8", "utf-8"), True),
        ("dumb", ("UTF-8", "utf-8"), True),
        ("xterm", ("UTF-8", "latin-1"), True),
        ("xterm", ("UTF-8", "no-such-encoding"), True),
        ("xterm", ("ISO-8859-1", "utf-8"), True),
        ("", ("ANSI_X3.4-1968", "utf-8"), True),
    ],
)
def test_what_suits_the_terminal(term: str, encodings: tuple[str, ...], expected: bool) -> None:
    assert signs.lack_signs(term, *encodings) is expected


def test_the_setting_comes_first_and_a_pipe_has_no_font() -> None:
    linux = {"TERM": "linux"}
    pipe = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert not signs.are_ascii("auto", linux, pipe)
    assert not signs.are_ascii("unicode", linux, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert signs.are_ascii("ascii", {}, pipe)
