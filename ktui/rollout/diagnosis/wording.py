"""Texts of kubelets, runtimes and registries: cut down to what is the same for every pod, and to what fits a row."""

from __future__ import annotations

import re
from typing import Final

from ktui.rollout.diagnosis.expressions import Expression

LONGEST: Final = 90
"""How many characters a sentence should have at most; the cluster's own text follows it as the detail."""

_LONGEST_NAME: Final = 36
_QUOTED: Final = Expression(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_WITH_SLASH: Final = Expression(r"(?<![^\s(\[=,])[^\s\"]*/[^\s\"]+")
_OF_ONE_POD: Final = (
    Expression(r"\s*\(pod: .*?, container: [^)]*\)"),
    Expression(r"\s*\([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\)"),
    Expression(r"\s*\"?[0-9a-f]{64}\"?"),
    Expression(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    Expression(r"\s*(?<![\d.-])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\d./-])"),
)
"""What differs from pod to pod: its own name and uid, hashes of sandboxes and containers, addresses."""


def fit(sentence: str, *more: str) -> str:
    """The sentence, and of what may follow it as much as there is room for; one that is too long ends in `…`.

    >>> fit("2 pods crash: exit 1", ", 3 restarts")
    '2 pods crash: exit 1, 3 restarts'
    """
    for part in more:
        if len(sentence) + len(part) > LONGEST:
            break
        sentence += part
    if len(sentence) <= LONGEST:
        return sentence
    cut = sentence[: LONGEST - 1]
    head, space, _ = cut.rpartition(" ")
    return f"{head if space and len(head) > LONGEST // 2 else cut}…".replace(",…", "…").replace(":…", "…")


def brief(name: str, most: int = _LONGEST_NAME) -> str:
    """A name, a long one without its middle: `/opt/app/bi…/server --port 80`."""
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"


def bare(text: str, *names: str) -> str:
    """The text without quoted names, paths, addresses and these names: what is left was written by a program.

    No mark is ever looked for inside a name: a tag `20260429-7` says nothing about a registry's limits.
    """
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", "…", text)
    return _WITH_SLASH.sub("…", _QUOTED.sub('"…"', text))


def impersonal(text: str, pod: str = "") -> str:
    """The text without what changes from pod to pod, so that pods with the same trouble read the same."""
    for pattern in _OF_ONE_POD:
        text = pattern.sub("", text)
    if pod:
        text = re.sub(rf"\"?(?:[\w.-]+/)?{re.escape(pod)}(?:_[\w.-]+(?:\([^)]*\))?)?\"?", "it", text)
    return " ".join(text.split()).strip(" :")
