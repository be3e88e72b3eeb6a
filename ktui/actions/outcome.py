"""How an action ended: one of five, each with one sentence."""

from __future__ import annotations

from typing import Any

import msgspec


class Done(msgspec.Struct, frozen=True, tag="done", tag_field="outcome"):
    """The change was applied: the server's own answer, or the object as it was read afterwards, shows it."""

    sentence: str
    after: dict[str, Any] = {}
    """The patched object as it is now."""


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="outcome"):
    """Nothing was changed: the server refused, or could not be reached."""

    sentence: str
    hint: str = ""


class Conflict(msgspec.Struct, frozen=True, tag="conflict", tag_field="outcome"):
    """Nothing was changed: the target is not what it was when the plan was made.

    It has to be planned and shown again; `gone` means that there is nothing left to plan for.
    """

    sentence: str
    hint: str = ""
    gone: bool = False


class Unclear(msgspec.Struct, frozen=True, tag="unclear", tag_field="outcome"):
    """Whether the change was applied could not be found out, or the object shows something else than was requested."""

    sentence: str
    hint: str = ""


class Partly(msgspec.Struct, frozen=True, tag="partly", tag_field="outcome"):
    """The change was applied, but what was to follow it did not: a pod was not deleted, the spec not patched."""

    sentence: str
    hint: str = ""
    after: dict[str, Any] = {}
    """The patched object as it is now."""


Outcome = Done | Failed | Conflict | Unclear | Partly
