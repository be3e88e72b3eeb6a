"""What the lines of a watch and the pages of a list mean, without I/O: bytes in, changes out.

A watch answers with one JSON document a line, `{"type": ..., "object": ...}` (Kubernetes, API concepts: efficient
detection of changes). Each line is decoded once, straight into the structs of `ktui.model`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from ktui.kube.errors import Interrupted, KubeError, Status, brief, status_error, status_in
from ktui.kube.shallow_json import elements, members
from ktui.model.changes import Gone, Put
from ktui.model.reading import Broken, Misfit, NotRead, read
from ktui.model.resources import Resource
from ktui.model.template import decode_hook
from ktui.model.workloads import KubeObject

INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"
"""The annotation of the bookmark that ends a streaming list."""


class _BookmarkMeta(msgspec.Struct, rename="camel"):
    resource_version: str
    annotations: dict[str, str] | None = None


class _BookmarkObject(msgspec.Struct):
    metadata: _BookmarkMeta


class _Bookmark(msgspec.Struct, tag_field="type", tag="BOOKMARK"):
    object: _BookmarkObject


class _Error(msgspec.Struct, tag_field="type", tag="ERROR"):
    object: Status


class _Id(NamedTuple):
    uid: str
    name: str
    namespace: str
    resource_version: str


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str
    next: str = msgspec.field(name="continue", default="")
    remaining: int | None = msgspec.field(name="remainingItemCount", default=None)


class _RawPage(msgspec.Struct):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


@dataclass(frozen=True)
class Unreadable:
    """An object that exists, and that ktui could not decode; `name` and `why` are fit to be shown."""

    resource: Resource
    uid: str
    name: str
    why: str

    @property
    def sentence(self) -> str:
        """Which object it is, and what about it."""
        return f"The {self.resource.title} {self.name} cannot be read: {self.why}."


@dataclass(frozen=True)
class InitialEnd:
    """A streaming list is complete; the stream goes on as a watch."""


@dataclass(frozen=True)
class Page:
    """A part of a list. `next` is the continue token of the next part, empty after the last."""

    contents: list[Put | Unreadable]
    version: str
    next: str
    remaining: int | None = None
    """How many objects are left after this page, if the server says so."""


Heard = Put | Gone | Unreadable | InitialEnd


class Decoders:
    """The decoders of one resource, made once: building them costs more than many lines."""

    def __init__(self, resource: Resource) -> None:
        def event(tag: str) -> type[msgspec.Struct]:
            return msgspec.defstruct(
                f"_{tag.title()}{resource.type.__name__}",
                [("object", resource.type)],
                tag_field="type",
                tag=tag,
                gc=False,
            )

        self.added, self.modified, self.deleted = event("ADDED"), event("MODIFIED"), event("DELETED")
        union = self.added | self.modified | self.deleted | _Bookmark | _Error
        self.line = msgspec.json.Decoder(union, dec_hook=decode_hook)
        self.item = msgspec.json.Decoder(resource.type, dec_hook=decode_hook)
        page = msgspec.defstruct(
            f"_PageOf{resource.type.__name__}",
            [("metadata", _ListMeta), ("items", list[resource.type] | None, None)],  # type: ignore[name-defined]
        )
        self.page = msgspec.json.Decoder(page, dec_hook=decode_hook)


_decoders = cache(Decoders)
_raw_page: Final = msgspec.json.Decoder(_RawPage)


class WatchDecoder:
    """One stream, line by line: a watch from a known version on, or without one a streaming list."""

    def __init__(self, resource: Resource, version: str = "") -> None:
        self.resource = resource
        self.version = version
        """Where to go on after the stream ends; it counts only once the stream is `complete`."""
        self.complete = bool(version)
        """Whether all that existed at `version` has been said: a streaming list says it in no order of versions."""
        self.bookmarks = 0
        """How many have come, the one that ends a streaming list included."""
        self._decoders = _decoders(resource)

    def feed(self, lines: Iterable[bytes]) -> list[Heard]:
        """What these lines say, in order.

        Raises Expired (410) and other ApiErrors for an ERROR event, Interrupted for a line that is no watch event;
        what stood before it is lost with the version it would have brought, so nothing is missed by going on from
        `version`.
        """
        heard: list[Heard] = []
        decoders, version = self._decoders, self.version
        for line in lines:
            try:
                event = read(decoders.line, line)
            except Misfit as error:
                said = _salvaged(self.resource, line, str(error))
            except Broken as error:
                raise _not_a_watch(error) from error
            else:
                kind = type(event)
                if kind is decoders.modified or kind is decoders.added:
                    obj: KubeObject = event.object
                    heard.append(Put(self.resource, obj))
                    version = obj.metadata.resource_version
                    continue
                if kind is decoders.deleted:
                    meta = event.object.metadata
                    said = Gone(self.resource, meta.uid, meta.resource_version), meta.resource_version
                elif kind is _Bookmark:
                    self.bookmarks += 1
                    meta = event.object.metadata
                    ended = (meta.annotations or {}).get(INITIAL_EVENTS_END) == "true"
                    self.complete = self.complete or ended
                    said = InitialEnd() if ended else None, meta.resource_version
                else:
                    raise status_error(event.object)
            if said[0] is not None:
                heard.append(said[0])
            version = said[1] or version
        self.version = version
        return heard


def _salvaged(resource: Resource, line: bytes, why: str) -> tuple[Heard | None, str]:
    """What can be said of an event whose object does not fit; one of a kind that is new to us means nothing."""
    kind = members(line, ()).get("type", "")
    if kind == "ERROR":
        raise status_error(status_in(line, ("object",)))
    if kind == "BOOKMARK":
        raise _not_a_watch(why)
    if kind not in {"ADDED", "MODIFIED", "DELETED"}:
        if not kind:
            raise _not_a_watch(why)
        return None, ""
    meta = _identity(line, ("object", "metadata"))
    if not meta.uid:
        raise _not_a_watch(why)
    if kind == "DELETED":
        return Gone(resource, meta.uid, meta.resource_version), meta.resource_version
    return _unreadable(resource, meta, why.removeprefix("object.")), meta.resource_version


def _identity(raw: bytes, path: Sequence[str]) -> _Id:
    """What an object is called, as far as that stands where it should."""
    said = members(raw, path)
    return _Id(said.get("uid", ""), said.get("name", ""), said.get("namespace", ""), said.get("resourceVersion", ""))


def _unreadable(resource: Resource, meta: _Id, why: str) -> Unreadable:
    name = f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name or "one without a name"
    return Unreadable(resource, meta.uid, brief(name, 300), brief(why, 200))


def _not_a_watch(error: object) -> KubeError:
    return Interrupted(
        f"The server sent something that is not a watch event: {brief(str(error), 120)}.",
        hint="A proxy may have cut the stream; it is tried again by itself.",
    )


def decode_page(resource: Resource, body: bytes) -> Page:
    """The contents of one page of a list. Raises Interrupted if it is no list."""
    try:
        page: Any = read(_decoders(resource).page, body)
    except Misfit:
        return _piecewise(resource, body)
    except Broken as error:
        raise _not_a_list(error) from error
    contents: list[Put | Unreadable] = [Put(resource, obj) for obj in page.items or ()]
    return Page(contents, page.metadata.resource_version, page.metadata.next, page.metadata.remaining)


def _piecewise(resource: Resource, body: bytes) -> Page:
    """A page with an object in it that does not fit: the others are not to suffer for it."""
    try:
        page = read(_raw_page, body)
        meta, items = page.metadata, [bytes(raw) for raw in page.items or ()]
    except Broken as error:
        raise _not_a_list(error) from error
    except Misfit as error:
        # Too deep even for a look at where each object ends.
        said = members(body, ("metadata",))
        if "resourceVersion" not in said:
            raise _not_a_list(error) from error
        meta, items = _ListMeta(said["resourceVersion"], said.get("continue", "")), elements(body, "items")
    return Page(list(_one_by_one(resource, items)), meta.resource_version, meta.next, meta.remaining)


def _one_by_one(resource: Resource, items: Iterable[bytes]) -> Iterator[Put | Unreadable]:
    decoder = _decoders(resource).item
    for raw in items:
        try:
            yield Put(resource, read(decoder, raw))
        except NotRead as error:
            yield _unreadable(resource, _identity(raw, ("metadata",)), str(error))


def _not_a_list(error: object) -> KubeError:
    return Interrupted(
        f"The server answered with something that is not a list: {brief(str(error), 120)}.",
        hint="Check that the server in the kubeconfig is the API server, and not a login page in front of it.",
    )


class Inventory:
    """Which objects exist, so that a new list can tell which of them have gone meanwhile."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._known: set[str] = set()
        self._seen: set[str] | None = None

    def has(self, uid: str) -> bool:
        """Whether that one exists."""
        return uid in self._known

    def begin(self) -> None:
        """A list begins. One that was broken off is forgotten; what it said stays known."""
        self._seen = set()

    def note(self, heard: Heard) -> None:
        """Keep count of what a list or a watch has said."""
        match heard:
            case Put(_, obj):
                uid = obj.metadata.uid
            case Unreadable(uid=uid) if uid:
                pass
            case Gone(_, uid):
                self._known.discard(uid)
                if self._seen is not None:
                    self._seen.discard(uid)
                return
            case _:
                return
        self._known.add(uid)
        if self._seen is not None:
            self._seen.add(uid)

    def end(self) -> list[Gone]:
        """The list is complete: whatever it has not said is gone."""
        if self._seen is None:
            return []
        gone = [Gone(self._resource, uid) for uid in self._known - self._seen]
        self._known, self._seen = self._seen, None
        return gone
