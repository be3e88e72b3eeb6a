"""`python -m tests.limits` writes docs/limits.md from the constants in the code."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "limits.md"

_OPENING: Final = """\
# Limits

What ktui takes from a server, a file or a program has a limit. Beyond it one sentence or one mark says so, and the rest
of the screen keeps working. A working API server stays far below each of them.

This page is written by `python -m tests.limits`.

| what | limit | beyond it |
| --- | --- | --- |
"""

LIMITS: Final = (
    ("one object, or one line of a watch", "kube.limits.OBJECT", "bytes", "it is not read; a note says so"),
    ("one answer, unpacked", "kube.limits.ANSWER", "bytes", "ktui requests a smaller page; then an error"),
    ("the body of an error", "kube.limits.ERROR_PAGE", "bytes", "the rest is not read"),
    ("one field of an answer's head", "kube.limits.HEADER", "bytes", "the answer is refused"),
    ("what a server says in an error", "kube.errors.LONGEST", "characters", "cut, with `…`"),
    ("objects of one list", "kube.streams.pages._MOST", "", "the list ends with an error, and is tried again"),
    ("digits of a resource version", "model.reading._LONGEST_VERSION", "", "taken for unknown"),
    ("a length of time in an object", "model.times._LONGEST", "s", "taken for that long"),
    ("waiting because a server asks for it", "kube.limits.RETRY_AFTER", "s", "asked again after that time"),
    ("requests that are sent again on demand", "kube.limits.RETRIES", "", "an error"),
    ("redirects of one request", "kube.limits.REDIRECTS", "", "an error"),
    ("a kubeconfig", "kube.limits.KUBECONFIG", "bytes", "an error that names the file"),
    ("nesting of a kubeconfig", "kube.auth.go_yaml.DEEPEST", "levels", "an error that names the file"),
    ("a config.toml", "settings._LARGEST", "bytes", "an error that names the file"),
    ("time for a login plugin", "kube.auth.exec_plugin.TIMEOUT", "s", "it is ended; an error"),
    ("the answer of a login plugin", "kube.auth.exec_plugin._LARGEST", "bytes", "an error"),
    ("one line of a log", "kube.logs.LONGEST_LINE", "characters", "cut, with a mark"),
    ("lines of a log on a screen", "tui.logs.buffer.MOST_LINES", "", "the oldest lines go first"),
    ("text of a log on a screen", "tui.logs.buffer.MOST_BYTES", "bytes", "the oldest lines go first"),
    ("pods whose logs are followed at once", "tui.logs.sources.MOST_SOURCES", "", "a line says how many are not"),
    ("what is pasted", "tui.terminal.arrivals._LONGEST_PASTE", "bytes", "some of it is left out"),
    ("combining marks on one letter", "text.MOST_MARKS", "", "shown as numbers"),
    ("a change-cause", "plans.change_cause.LONGEST", "characters", "refused"),
    ("lines of a difference", "rollout.diff.templates._MOST_LINES", "", "a line says how many are left out"),
    ("rollouts in the report's records", "figures.book.MOST", "", "the oldest go first"),
)
"""What is limited, by which constant, in what unit, and what happens beyond."""

_NESTING: Final = (
    "| nesting of an object's JSON | about 1,000 levels | the object is left out, with a note |\n"
    "| a date outside the years 1 to 9999 | | taken for unknown |\n"
)


def value(constant: str) -> float:
    """What that constant is."""
    module, _, name = constant.rpartition(".")
    found = getattr(import_module(f"ktui.{module}"), name)
    assert isinstance(found, int | float)
    return found


def document() -> str:
    """docs/limits.md."""
    rows = [f"| {what} | {f'{value(of):,.0f} {unit}'.strip()} | {then} |\n" for what, of, unit, then in LIMITS]
    return _OPENING + "".join(rows) + _NESTING


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
