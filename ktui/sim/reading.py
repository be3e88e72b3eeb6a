"""The reads of the API server: lists with selectors, pages and versions, and where a watch begins."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ktui.sim.api import errors, selectors
from ktui.sim.api.errors import Cause
from ktui.sim.api.resources import Resource
from ktui.sim.storage import Bucket, Change, Key, Version

JSON = dict[str, Any]
Matcher = Callable[[JSON], bool]

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_INCONSISTENT = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True)
class ListOptions:
    """The parameters of a list or watch, as far as they shape the answer."""

    matches: Matcher | None
    limit: int = 0
    continue_token: str = ""
    version: str = ""
    version_match: str = ""
    watch: bool = False
    bookmarks: bool = False
    initial_events: bool | None = None
    timeout_seconds: float | None = None

    @classmethod
    def read(cls, resource: Resource, query: Mapping[str, str]) -> ListOptions:
        """The options of a request.

        Raises:
            ApiError: 400 for a selector that cannot be read, 422 for options that exclude each other.
        """
        initial = query.get("sendInitialEvents")
        options = cls(
            matches=_matcher(resource, query),
            limit=_number(query.get("limit")),
            continue_token=query.get("continue", ""),
            version=query.get("resourceVersion", ""),
            version_match=query.get("resourceVersionMatch", ""),
            watch=_flag(query.get("watch")),
            bookmarks=_flag(query.get("allowWatchBookmarks")),
            initial_events=None if initial is None else _flag(initial),
            timeout_seconds=float(text) if (text := query.get("timeoutSeconds")) and text != "0" else None,
        )
        options._check()
        return options

    def _check(self) -> None:
        if self.watch:
            if self.version_match and self.initial_events is None:
                raise _options_refused(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                )
            if self.initial_events is not None and self.version_match != "NotOlderThan":
                raise _options_refused(
                    "resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
                )
        elif self.initial_events is not None:
            raise _options_refused("sendInitialEvents", "sendInitialEvents is forbidden for list")
        elif self.version_match and not self.version:
            raise _options_refused(
                "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"
            )
        if self.version and not self.version.isdigit():
            why = f'Invalid value: "{self.version}": strconv.ParseUint: parsing "{self.version}": invalid syntax'
            raise errors.bad_request(f"invalid resource version: {why}" if self.watch else why)


def _options_refused(field: str, why: str) -> errors.ApiError:
    """422 of list options that exclude each other."""
    options = Resource("meta.k8s.io", "v1", "listoptions", "", "ListOptions")
    return errors.invalid(options, "", [Cause(field, "FieldValueForbidden", f"Forbidden: {why}")])


def streaming_lists_refused() -> errors.ApiError:
    """422 of a server that does not know `sendInitialEvents` yet."""
    why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"
    return _options_refused("sendInitialEvents", why)


def _flag(text: str | None) -> bool:
    return text in ("1", "true", "True", "t", "T", "TRUE")


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _matcher(resource: Resource, query: Mapping[str, str]) -> Matcher | None:
    by_label, by_field = query.get("labelSelector"), query.get("fieldSelector")
    labels = selectors.label_selector(by_label) if by_label else None
    fields = selectors.field_selector(by_field, resource) if by_field else None

    def matches(obj: JSON) -> bool:
        fits = labels is None or labels(obj["metadata"].get("labels") or {})
        return fits and (fields is None or fields(obj))

    return None if labels is None and fields is None else matches


@dataclass(frozen=True)
class Page:
    """One answer to a list."""

    version: int
    items: list[Version]
    continue_token: str = ""
    remaining: int | None = None


def list_objects(bucket: Bucket, newest: int, namespace: str, options: ListOptions) -> Page:
    """One page of a list, or all of it.

    Raises:
        ApiError: 400 for a token that is none, 410 for a version that is gone, 504 for one that is not there yet.
    """
    start: Key = ("", "")
    number = newest
    if options.continue_token:
        number, start = _read_token(options.continue_token, namespace)
        if number < bucket.compacted:
            raise _expired_page(newest, options.continue_token)
    elif options.version not in ("", "0"):
        asked = int(options.version)
        if asked > newest:
            raise errors.too_large(asked, newest)
        if options.version_match == "Exact":
            if asked < bucket.compacted:
                raise errors.expired()
            number = asked
    objects = bucket.at(number) if number < newest else bucket.objects
    keys = bucket.ordered() if objects is bucket.objects else sorted(objects)
    found = _select(keys, objects, namespace, start, options.matches)
    if not options.limit:
        return Page(number, list(found))
    return _page(number, list(found), namespace, options)


def _page(number: int, found: list[Version], namespace: str, options: ListOptions) -> Page:
    items, rest = found[: options.limit], len(found) - options.limit
    if rest <= 0:
        return Page(number, items)
    metadata = items[-1].obj["metadata"]
    last = metadata["name"] if namespace else f"{metadata.get('namespace', '')}/{metadata['name']}".lstrip("/")
    return Page(number, items, _token(number, last), None if options.matches else rest)


def _select(
    keys: list[Key], objects: dict[Key, Version], namespace: str, start: Key, matches: Matcher | None
) -> Iterator[Version]:
    begin = max(start, (namespace, ""))
    for key in islice(keys, bisect_left(keys, begin), None):
        if namespace and key[0] != namespace:
            return
        version = objects[key]
        if matches is None or matches(version.obj):
            yield version


def _token(number: int, last: str) -> str:
    document = {"v": "meta.k8s.io/v1", "rv": number, "start": f"{last}\0"}
    return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_token(token: str, namespace: str) -> tuple[int, Key]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("latin-1")
    except ValueError as error:
        raise errors.bad_request(f"continue key is not valid: {error}") from error
    try:
        document = json.loads(text)
        number, start = int(document["rv"]), str(document["start"])
    except (ValueError, KeyError, TypeError) as error:
        shown = f"\\u{ord(text[0]):04x}" if text and not text[0].isprintable() else text[:1]
        why = f"invalid character '{shown}' looking for beginning of value"
        raise errors.bad_request(f"invalid continue token: continue key is not valid: {why}") from error
    if namespace:
        return number, (namespace, start)
    first, slash, rest = start.partition("/")
    return number, (first, rest) if slash else ("", start)


def _expired_page(newest: int, token: str) -> errors.ApiError:
    """410 with a token that goes on from the same place in the newest version."""
    text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    start = str(json.loads(text)["start"]).rstrip("\0")
    return ExpiredPage(_token(newest, start))


class ExpiredPage(errors.ApiError):
    """410 of a page whose version is gone; the answer carries a token to go on inconsistently."""

    def __init__(self, token: str) -> None:
        super().__init__(410, "Expired", _INCONSISTENT)
        self._token = token

    @property
    def status(self) -> JSON:
        """The Status, its list metadata with the token."""
        return super().status | {"metadata": {"continue": self._token}}


# -- watch -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """What one watch hears of one change."""

    type: str
    version: Version


def watch_start(bucket: Bucket, newest: int, namespace: str, options: ListOptions) -> tuple[list[WatchEvent], int]:
    """What a watch hears at first, and the version after which it hears of changes.

    Raises:
        ApiError: 410 where the changes since its version are forgotten.
    """
    number = int(options.version or 0)
    from_state = options.initial_events or (options.initial_events is None and number == 0)
    if from_state:
        found = _select(bucket.ordered(), bucket.objects, namespace, ("", ""), options.matches)
        return [WatchEvent("ADDED", version) for version in found], newest
    if number and number < bucket.compacted:
        raise errors.too_old(number, bucket.compacted)
    if not number:
        return [], newest
    seen_changes = (seen(change, namespace, options.matches) for change in bucket.since(number))
    return [event for event in seen_changes if event is not None], max(number, newest)


def seen(change: Change, namespace: str, matches: Matcher | None) -> WatchEvent | None:
    """A change as a watch sees it: what comes into its selection is added, what leaves it is deleted."""
    if namespace and change.key[0] != namespace:
        return None
    if matches is None:
        return WatchEvent(change.type, change.version)
    before = change.previous is not None and matches(change.previous.obj)
    after = change.type != "DELETED" and matches(change.version.obj)
    if after:
        return WatchEvent("MODIFIED" if before else "ADDED", change.version)
    if not before:
        return None
    if change.type == "DELETED":
        return WatchEvent("DELETED", change.version)
    assert change.previous is not None
    left = change.previous.obj
    metadata = left["metadata"] | {"resourceVersion": str(change.number)}
    return WatchEvent("DELETED", Version(left | {"metadata": metadata}, change.number))
