"""What the dashboard is started with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ktui.notify.preferences import DEFAULTS, Preferences
from ktui.plans.guardrails import NO_RULES, Rules

if TYPE_CHECKING:
    from ktui.figures.book import Book
    from ktui.kube.auth.access import Access


class Habits(NamedTuple):
    """How a person is used to have the dashboard (config.toml)."""

    keys: Mapping[str, str] = MappingProxyType({})
    """The key that ktui has for what each own key means (`ktui.tui.own_keys`)."""
    columns: tuple[str, ...] = ()
    """The columns of the overview in their order (`overview.columns.COLUMNS`); empty is the usual ones."""
    sort: str = ""
    """The order of the overview (`overview.selection.SORTS`); empty is that which was chosen last."""
    filters: Mapping[str, str] = MappingProxyType({})
    """Filters by the name that they were given: `@name` stands for the words."""


NO_HABITS: Final = Habits()


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
    notify: Preferences = DEFAULTS
    theme: str = ""
    habits: Habits = NO_HABITS
    """How a person is used to have it."""
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
