"""Objects without what looks secret in them, so that two of them can be compared in front of others.

References (`secretKeyRef`, `secretName`) are names, and stay. What is hidden is a guess by names and shapes: it errs
on the side of hiding.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from typing import Any, Final

MASK: Final = "•••"

Path = tuple[str, ...]
"""The members that lead to a value; the element of a list is `[name]`."""

_SECRET_NAME: Final = re.compile(r"PASS(WORD|WD|PHRASE)?|TOKEN|SECRET|KEY|CREDENTIAL|AUTH|DSN|CERT", re.IGNORECASE)
_TELLING_WORDS: Final = r"(?:password|passwd|passphrase|token|secret|api[-_]?key|credential)"
_TELLING: Final = re.compile(_TELLING_WORDS, re.IGNORECASE)
# Nothing in these is repeated without a bound before what tells: a text that was made to be slow to search is not.
_SHAPES: Final = (
    re.compile(r"(\b(?:bearer|basic)\s{1,8})([\w.~+/=-]{8,})", re.IGNORECASE),
    # A colon and a short number is a port: `http://token-service:8080`.
    re.compile(
        rf"""({_TELLING_WORDS}[\w.-]{{0,40}}["']?\s{{0,8}}(?:=|:(?!\d{{1,5}}\b))\s{{0,8}})("[^"]*"|'[^']*'|\S+)""",
        re.IGNORECASE,
    ),
    re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)"),
)
"""What a secret in the middle of a text looks like: what stands before it, and the secret."""
_WORD_BEFORE: Final = re.compile(r"[\w.-]*$")
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
            named = zip(element_names(value), value, strict=True)
            concealed = [self.conceal(element, (*path, name)) for name, element in named]
            for index in _after_secret_flags(value):
                concealed[index] = self._hidden((*path, value[index - 1]), value[index])
            return concealed
        return self._conceal_text(path, value) if isinstance(value, str) else value

    def _conceal_text(self, path: Path, text: str) -> str:
        if path[-1:] == ("image",):
            return text
        if text and _is_secret_variable(path):
            return self._hidden(path, text)
        for shape in _SHAPES:
            text = shape.sub(partial(self._conceal_found, path), text)
        return text

    def _conceal_found(self, path: Path, found: re.Match[str]) -> str:
        # What stands before a secret names it: a text of several has them told apart.
        start = found.start()
        word = _WORD_BEFORE.search(found.string, max(0, start - 40), start)
        return found[1] + self._hidden((*path, (word[0] if word else "") + found[1]), found[2])

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
    """Whether the elements of a list are told apart by a name: then their order is a detail."""
    return bool(elements) and element_names(elements) != [f"[{index}]" for index in range(len(elements))]


def _after_secret_flags(elements: list[Any]) -> list[int]:
    """The places of arguments that follow a flag like `--password` and are its value."""
    return [
        index
        for index, (flag, value) in enumerate(pairwise(elements), start=1)
        if isinstance(flag, str) and isinstance(value, str) and _is_secret_flag(flag) and value[:1] != "-"
    ]


def _is_secret_flag(text: str) -> bool:
    return text[:1] == "-" and text.isprintable() and not set(" =:") & set(text) and bool(_TELLING.search(text))


def _is_secret_variable(path: Path) -> bool:
    """Whether this is the plain value of an environment variable whose name says that it is one for few eyes."""
    return len(path) > 2 and path[-1] == "value" and path[-3] == "env" and bool(_SECRET_NAME.search(path[-2]))
