"""Label selectors as people write them, for objects that the server did not choose by them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ktui.model.policies import Requirement

_SET: Final = re.compile(r"(\S+)\s+(in|notin)\s*\(([^()]*)\)")
_EQUAL: Final = re.compile(r"([^!=\s]+)\s*(==|=|!=)\s*(\S*)")
_KEY: Final = re.compile(r"(!?)\s*([^!=\s()<>]+)")
_COMMA: Final = re.compile(r",(?![^(]*\))")


def read_selector(text: str) -> tuple[Requirement, ...] | None:
    """What `app=web,tier in (a, b),!legacy` asks for; None for what is not understood (apimachinery, labels.Parse)."""
    found = []
    for part in _COMMA.split(text):
        requirement = _requirement(part.strip())
        if requirement is None:
            return None
        found.append(requirement)
    return tuple(found)


def _requirement(text: str) -> Requirement | None:
    if (match := _SET.fullmatch(text)) is not None:
        values = tuple(value.strip() for value in match[3].split(","))
        return Requirement(match[1], "In" if match[2] == "in" else "NotIn", values)
    if (match := _EQUAL.fullmatch(text)) is not None:
        return Requirement(match[1], "NotIn" if match[2] == "!=" else "In", (match[3],))
    if (match := _KEY.fullmatch(text)) is not None:
        return Requirement(match[2], "DoesNotExist" if match[1] else "Exists")
    return None


def chooses(selector: tuple[Requirement, ...], labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy all of it."""
    return all(requirement.holds(labels) for requirement in selector)
