"""What the dashboard is started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ktui.plans.rules import NO_RULES, Rules

if TYPE_CHECKING:
    from ktui.figures.book import Book
    from ktui.kube.auth.access import Access


@dataclass(frozen=True)
class Options:
    """What the dashboard is started with.

    `audit` is the file of the audit log; None is to keep none. `namespace` empty means all of them. `in_ascii` draws
    all signs in ASCII. `hint` is one line that stays on the screen: what to press first. `opens` is the uid of the
    rollout to open first. `open_book` opens the history of a context's rollouts; None is to remember none.
    """

    access: Access
    audit: Path | None
    namespace: str = ""
    selector: str = ""
    read_only: bool = False
    rules: Rules = NO_RULES
    theme: str = ""
    in_ascii: bool = False
    hint: str = ""
    opens: str = ""
    open_book: Callable[[str], Book] | None = None
    tour: bool = False
    """Whether the tour is shown (`ktui demo --tour`)."""
    to_read: float = 0.5
    """Seconds that a question has been on the screen, and no key was pressed as its answer, before yes counts."""
    now: Callable[[], datetime] | None = None
    """The time that ages are counted to, if not that of the cluster's clock."""

    @property
    def folder(self) -> Path | None:
        """Where ktui keeps what a person asks it to: beside the audit log."""
        return self.audit.parent if self.audit is not None else None
