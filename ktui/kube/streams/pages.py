"""Whether a list that comes page by page goes on: a gateway that has gone wrong may never come to an end."""

from __future__ import annotations

from typing import Final

from ktui.kube.errors import Interrupted
from ktui.kube.progress import Progress
from ktui.kube.streams.decoder import Page
from ktui.model.changes import Put
from ktui.model.resources import Resource

_MOST: Final = 2_000_000
"""Objects of one list. Kubernetes is made for 150,000 pods (kubernetes.io, Considerations for large clusters)."""

_MOST_EMPTY: Final = 10
"""Pages without any object that are followed by another one. An API server fills each page but the last."""


class Pages:
    """The pages of one list so far. What begins again needs another one."""

    def __init__(self, resource: Resource | None = None, progress: Progress | None = None) -> None:
        """With a `progress`, how far it has come is known there, for as long as it is read."""
        self.resource = resource
        self.so_far = 0
        self.total: int | None = None
        self._tokens: set[str] = set()
        self._firsts: set[str] = set()
        self._objects = self._empty = 0
        if progress is not None:
            progress.add(self)

    def turn(self, page: Page) -> str:
        """The continue token of the next page; empty after the last. Raises Interrupted if the list does not go on."""
        first = next((each.object.metadata.uid for each in page.contents if isinstance(each, Put)), "")
        self._objects += len(page.contents)
        self._empty += not page.contents
        comes_again = page.next in self._tokens or (first and first in self._firsts)
        if page.next and (comes_again or self._empty > _MOST_EMPTY or self._objects > _MOST):
            raise Interrupted("The server does not finish the list: it repeats pages, or sends more and more.")
        self._tokens.add(page.next)
        self._firsts.add(first)
        self.so_far = self._objects if page.next else 0
        self.total = self._objects + page.remaining if page.remaining is not None else None
        return page.next
