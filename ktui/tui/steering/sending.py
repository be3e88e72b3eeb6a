"""What is being sent at this moment: it may or may not be applied if ktui ends now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ktui.live.session import Session
from ktui.model.reference import Reference
from ktui.model.resources import SERVICES, Resource
from ktui.text import clean, shell_line
from ktui.tui.ending import Unsettled


class Sending:
    """The actions that have been sent and whose outcome is not known yet."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._unsettled: list[Unsettled] = []

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """All of them, with how to look at each."""
        return tuple(self._unsettled)

    @contextmanager
    def of(self, title: str, resource: Resource, namespace: str, name: str) -> Iterator[None]:
        """While this lasts, something is being sent to that object."""
        flags = self._session.kubectl[1:]
        if resource is SERVICES:
            check = ("kubectl", *flags, "-n", namespace, "get", "service", name, "-o", "wide")
        else:
            check = ("ktui", *flags, "-n", namespace, "get", Reference(name, resource).short)
        unsettled = Unsettled(clean(title), shell_line(check))
        self._unsettled.append(unsettled)
        try:
            yield
        finally:
            self._unsettled.remove(unsettled)
