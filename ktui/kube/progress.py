"""How far a connection has come with what it was asked: lists that come in pages, and requests that wait. No clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Protocol
from weakref import WeakKeyDictionary

from ktui.model.resources import Resource


class PartOfList(Protocol):
    """A list of which not all has come."""

    @property
    def resource(self) -> Resource | None:
        """What it is a list of."""

    @property
    def so_far(self) -> int:
        """How many objects have come; 0 once all have, or before the first page."""

    @property
    def total(self) -> int | None:
        """How many there are; None if the server does not say, as for a list by a selector."""


class Progress:
    """What is being read now. `clock` gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._numbers = count()
        self._asked: dict[int, float] = {}
        # A list that failed, or is not wanted any more, goes from here by itself.
        self._lists: WeakKeyDictionary[PartOfList, float] = WeakKeyDictionary()
        self.steps: tuple[int, int] | None = None
        """How many parts of a job are done, and of how many; None if there is no such job."""
        self._steps_began = 0.0

    def add(self, part: PartOfList) -> None:
        """A list that is going to be read."""
        self._lists[part] = self._clock()

    @contextmanager
    def asking(self, *, of_a_person: bool = True) -> Iterator[None]:
        """A request waits for its answer in there; one that no person waits for does not count."""
        if not of_a_person:
            yield
            return
        number = next(self._numbers)
        self._asked[number] = self._clock()
        try:
            yield
        finally:
            del self._asked[number]

    def step(self, done: int, of: int) -> None:
        """So many parts of a job are done; with all of them, the job is over."""
        if self.steps is None:
            self._steps_began = self._clock()
        self.steps = (done, of) if done < of else None

    @property
    def steps_for(self) -> float:
        """Seconds for which that job has run; 0 for none."""
        return self._clock() - self._steps_began if self.steps is not None else 0.0

    @property
    def waits_for(self) -> float:
        """Seconds for which the request that waits the longest has waited; 0 for none."""
        return self._clock() - min(self._asked.values()) if self._asked else 0.0

    @property
    def reads_for(self) -> float:
        """Seconds for which the list that began first is being read; 0 for none."""
        begun = [began for part, began in list(self._lists.items()) if part.so_far]
        return self._clock() - min(begun) if begun else 0.0

    def words(self, only: Resource | None = None) -> str:
        """`2,500 of 10,000 pods, 800 replicasets so far`; empty if no list is half read. With `only`, of that alone."""
        found: dict[str, tuple[int, int | None]] = {}
        for part in list(self._lists):
            if part.resource is None or not part.so_far or only not in (None, part.resource):
                continue
            so_far, total = found.get(part.resource.plural, (0, 0))
            known = total + part.total if total is not None and part.total is not None else None
            found[part.resource.plural] = so_far + part.so_far, known
        return ", ".join(
            f"{so_far:,} of {total:,} {plural}" if total is not None else f"{so_far:,} {plural} so far"
            for plural, (so_far, total) in sorted(found.items())
        )
