"""What can go wrong between a client and its cluster, on demand: for tests, and to see how a client bears it.

Everything here may be used from any thread while the cluster serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

StreamingLists = Literal["served", "forbidden", "ignored"]


@dataclass
class _Failure:
    code: int
    left: int
    verb: str
    path: str
    retry_after: int | None


@dataclass(frozen=True)
class Request:
    """One request as the log has it; `time` is virtual, `status` 0 where no answer was sent."""

    time: float
    method: str
    path: str
    user: str
    status: int


@dataclass
class Faults:
    """The faults of one cluster. All are off at first."""

    delay_seconds: float = 0.0
    """How long each answer is held back, in real seconds."""
    streaming_lists: StreamingLists = "served"
    """Whether `sendInitialEvents` is served; `forbidden` answers 422 as a server without the feature does, `ignored`
    is a plain watch, as from a server that does not know the parameter."""
    silent_watches: bool = False
    """Open watches hear nothing any more, and are not closed: a half-open connection."""
    silent_requests: bool = False
    """Requests are accepted and not answered until this ends."""
    _failures: list[_Failure] = field(default_factory=list)
    _lost: dict[str, int] = field(default_factory=dict)
    _forbidden: set[tuple[str, str, str]] = field(default_factory=set)
    _drop_watches: Callable[[], None] = lambda: None
    _compact: Callable[[], None] = lambda: None
    _refuse: Callable[[bool], None] = lambda refuse: None

    def connect(
        self, *, drop_watches: Callable[[], None], compact: Callable[[], None], refuse: Callable[[bool], None]
    ) -> None:
        """Say how the cluster does what these faults ask for."""
        self._drop_watches, self._compact, self._refuse = drop_watches, compact, refuse

    # -- to be called by a test --------------------------------------------------------------------------------

    def drop_watches(self) -> None:
        """Break the connection of every open watch."""
        self._drop_watches()

    def compact(self) -> None:
        """Forget the changes so far: a watch that begins at an older version, or goes on with a page, gets a 410."""
        self._compact()

    def fail_next(
        self, count: int, code: int, *, verb: str = "", path: str = "", retry_after: int | None = None
    ) -> None:
        """Refuse the next requests with an HTTP code, 429 or 500 or 410 say; `path` is a part of the path."""
        self._failures.append(_Failure(code, count, verb, path, retry_after))

    def lose_answers(self, count: int = 1, verb: str = "PATCH") -> None:
        """Do what the next requests with this method ask for, and break the connection instead of answering."""
        self._lost[verb] = self._lost.get(verb, 0) + count

    def forbid(self, verb: str, resource: str, user: str = "") -> None:
        """Answer 403 to an API verb (`list`, `watch`, `patch` …) on a resource (`pods`), for one user or for all."""
        self._forbidden.add((verb, resource, user))

    def allow(self, verb: str, resource: str, user: str = "") -> None:
        """Take `forbid` back."""
        self._forbidden.discard((verb, resource, user))

    @contextmanager
    def refusing_connections(self) -> Iterator[None]:
        """No connection is accepted and all are broken, until the block ends."""
        self._refuse(True)
        try:
            yield
        finally:
            self._refuse(False)

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Nothing is answered and no watch hears anything, until the block ends; what was held back then follows."""
        self.silent_watches = self.silent_requests = True
        try:
            yield
        finally:
            self.silent_watches = self.silent_requests = False

    def clear(self) -> None:
        """End every fault."""
        self.delay_seconds = 0.0
        self.streaming_lists = "served"
        self.silent_watches = self.silent_requests = False
        self._failures.clear()
        self._lost.clear()
        self._forbidden.clear()

    # -- asked by the server -----------------------------------------------------------------------------------

    def next_failure(self, verb: str, path: str) -> tuple[int, int | None] | None:
        """The code and Retry-After with which to refuse this request, if it is to be refused."""
        for failure in self._failures:
            if failure.left > 0 and failure.verb in ("", verb) and failure.path in path:
                failure.left -= 1
                return failure.code, failure.retry_after
        return None

    def loses_answer(self, verb: str) -> bool:
        """Whether the answer to this request is to be lost."""
        if self._lost.get(verb, 0) <= 0:
            return False
        self._lost[verb] -= 1
        return True

    def forbids(self, verb: str, resource: str, user: str) -> bool:
        """Whether this is to be answered with a 403."""
        return not self._forbidden.isdisjoint({(verb, resource, user), (verb, resource, "")})
