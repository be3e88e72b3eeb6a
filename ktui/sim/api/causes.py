"""What is wrong with an object, collected cause by cause in the words of ``k8s.io/apimachinery``'s field errors."""

import json
from collections.abc import Sequence
from typing import Any

from ktui.sim.api.errors import Cause


class Causes:
    """The causes found so far, in the order of the checks."""

    def __init__(self) -> None:
        self.found: list[Cause] = []

    def _add(self, path: str, reason: str, message: str) -> None:
        self.found.append(Cause(path, reason, message))

    def required(self, path: str, words: str = "") -> None:
        """The field must be set."""
        self._add(path, "FieldValueRequired", f"Required value: {words}" if words else "Required value")

    def invalid(self, path: str, value: Any, words: str) -> None:
        """The value breaks a rule."""
        self._add(path, "FieldValueInvalid", f"Invalid value: {_shown(value)}: {words}")

    def mistyped(self, path: str, shown: str, words: str) -> None:
        """The value, of the type ``shown``, is of another type than the schema of a custom resource has."""
        self._add(path, "FieldValueTypeInvalid", f"Invalid value: {_shown(shown)}: {words}")

    def unsupported(self, path: str, value: Any, supported: Sequence[str]) -> None:
        """The value is none of those that there are."""
        listed = ", ".join(json.dumps(word) for word in supported)
        message = f"Unsupported value: {_shown(value or '')}: supported values: {listed}"
        self._add(path, "FieldValueNotSupported", message)

    def duplicate(self, path: str, value: Any) -> None:
        """Another item of the list has this value already."""
        self._add(path, "FieldValueDuplicate", f"Duplicate value: {_shown(value)}")

    def not_found(self, path: str, value: Any) -> None:
        """The value names something that is not there."""
        self._add(path, "FieldValueNotFound", f"Not found: {_shown(value)}")

    def too_long(self, path: str, most: int) -> None:
        """The value has more bytes than it may."""
        self._add(path, "FieldValueTooLong", f"Too long: may not be more than {most} bytes")

    def forbidden(self, path: str, words: str) -> None:
        """The field may not be set, or not be changed."""
        self._add(path, "FieldValueForbidden", f"Forbidden: {words}")


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
