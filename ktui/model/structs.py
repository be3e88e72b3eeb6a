"""What all objects are made of: immutable structs, kept small, and the metadata that every one of them has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import force_setattr

_T = TypeVar("_T")
_first: Final[Callable[[Any], Any]] = lru_cache(maxsize=8192)(lambda value: value)


def shared(value: _T) -> _T:
    """The first of the values that are equal to this one, so that it is in memory once.

    For immutable values that many objects have and that are few themselves: a node, the images of a revision.
    """
    known: _T = _first(value)
    return known


class Struct(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Base of all objects: immutable, spelled as the API spells them, invisible to the garbage collector.

    `gc=False` is safe because these are trees that come out of JSON: no cycle can arise.
    """


class OwnerReference(Struct, frozen=True):
    """Who an object belongs to."""

    uid: str
    kind: str = ""
    name: str = ""
    controller: bool = False


class ObjectMeta(Struct, frozen=True):
    """Metadata of any object. There are many, so labels and annotations are kept only where they are read."""

    name: str
    uid: str = ""
    namespace: str = ""
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "namespace", shared(self.namespace))
        force_setattr(self, "owner_references", shared(self.owner_references))
        force_setattr(self, "finalizers", shared(self.finalizers))

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that controls this object, or None for an orphan."""
        return next((owner for owner in self.owner_references if owner.controller), None)
