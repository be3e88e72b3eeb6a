"""Objects without what looks secret in them, so that two of them can be compared in front of others.

References (`secretKeyRef`, `secretName`) are names, and stay. What is hidden is a guess by names and shapes: it errs
on the side of hiding.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from ktui.redaction import MASK, Hide, is_secret_variable, is_telling, redact, redact_words

Path = tuple[str, ...]
"""The members that lead to a value; the element of a list is `[name]`."""

_FREE: Final = frozenset(
    ("annotations", "labels", "volumeAttributes", "options", "parameters", "attributes", "data", "stringData")
)
"""Maps whose members are named by the one that wrote them; elsewhere a `key` or a `secretName` is a reference."""
_LONGEST: Final = 20_400
"""Characters of a text that are searched; what is shown of it is less (`template_diff`)."""
_KEYS: Final = ("name", "mountPath", "containerPort", "key", "ip", "type")
"""Members that tell the elements of a list apart, as far as they do."""


class Masks:
    """Hides the secrets of objects that are compared with each other.

    Where two of them hold different secrets in the same place, the second one is shown as another value.
    """

    def __init__(self) -> None:
        self._first: dict[Path, str] = {}

    def conceal(self, value: Any, path: Path = ()) -> Any:
        """The same value without its secrets; `path` is where it stands in the object."""
        if isinstance(value, dict):
            return {name: self.conceal(member, (*path, name)) for name, member in value.items()}
        if isinstance(value, list):
            if value and all(isinstance(element, str) for element in value):
                return redact_words([element[:_LONGEST] for element in value], self._hider(path))
            named = zip(element_names(value), value, strict=True)
            return [self.conceal(element, (*path, name)) for name, element in named]
        return self._conceal_text(path, value) if isinstance(value, str) else value

    def _conceal_text(self, path: Path, text: str) -> str:
        if not text or path[-1:] == ("image",):
            return text
        return self._hidden(path, text) if _is_secret_member(path) else redact(text[:_LONGEST], self._hider(path))

    def _hider(self, path: Path) -> Hide:
        """Hides what is found in one text, or one list of them: what stands before a secret tells it from others."""
        found: Counter[str] = Counter()

        def hide(before: str, secret: str) -> str:
            found[before] += 1
            return self._hidden((*path, before, str(found[before])), secret)

        return hide

    def _hidden(self, place: Path, secret: str) -> str:
        if secret.startswith(MASK):
            return secret
        return MASK if self._first.setdefault(place, secret) == secret else f"{MASK} (another value)"


def element_names(elements: list[Any]) -> list[str]:
    """What tells the elements of a list apart, as a path has it: `[web]`; their places where nothing else does."""
    if elements and all(isinstance(element, dict) for element in elements):
        for key in _KEYS:
            names = [str(element.get(key, "")) for element in elements]
            if all(names) and len(set(names)) == len(names):
                return [f"[{name}]" for name in names]
    return [f"[{index}]" for index in range(len(elements))]


def is_named(elements: list[Any]) -> bool:
    """Whether the elements of a list are distinguished by a name: then their order is a detail."""
    return bool(elements) and element_names(elements) != [f"[{index}]" for index in range(len(elements))]


def _is_secret_member(path: Path) -> bool:
    """Whether this is the plain value of a variable or a header, or a member of a map, whose name says what it is."""
    if len(path) > 2 and path[-1] == "value" and path[-2].startswith("["):
        return is_secret_variable(path[-2])
    return len(path) > 1 and path[-2] in _FREE and is_telling(path[-1])
