"""The revisions of one rollout, and what differs between any two of them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from ktui.kinds.registry import kind_at, kind_of
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.revisions import read_with_revisions
from ktui.model.reference import Reference, reference_to
from ktui.plans.request import Action
from ktui.rollout.diff.revisions import Pair, Templates, compare, compare_as_yaml, label, pair, templates
from ktui.rollout.diff.templates import presentable, yaml_lines
from ktui.rollout.history import History, PastRevision
from ktui.text import clean
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.difference import Lines
from ktui.tui.draw.widgets import Pages, Painting, Scroll, Span
from ktui.tui.history import lines as history_lines
from ktui.tui.keymap import bind, moving
from ktui.tui.messages import Steer
from ktui.tui.rollout_screen import LEAVING, RolloutScreen
from ktui.tui.screen import action_hints

WIDE = 150
"""From this width on, the difference stands beside the revisions instead of below them."""
TALL = 32
"""From this height on, there is room for empty lines."""


class HistoryScreen(RolloutScreen):
    """Revisions, live, with the difference between the one under the cursor and the live template, or a marked one.

    Whole templates are asked for when the screen opens and when there are others, and forgotten with it.
    """

    PAGE = "history"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="history.back"),
        bind("h", "app.pop_screen", show=False),
        bind("v", "mark", id="history.mark"),
        bind("y", "toggle_yaml", id="history.yaml"),
        bind("Y", "toggle_template", id="history.template"),
        *moving("move", "read", where="history"),
    ]

    def __init__(self, uid: str) -> None:
        super().__init__(uid)
        self._history: History | None = None
        self._cursor = ""
        self._marked = ""
        self._yaml = False
        self._whole = False
        """Whether the template of the revision under the cursor is shown, not what differs."""
        self._templates: Templates | None = None
        self._problem = ""
        self._is_asking = False
        self._asked_for: tuple[frozenset[str], bytes, Connection | None] | None = None
        self._made: tuple[Templates, tuple[Pair, int, bool], Lines] | None = None

    def compose_body(self) -> ComposeResult:
        """The revisions and what is known of one of them; beside or below them the difference."""
        yield Painting(id="headline")
        with Container(id="body"):
            with Vertical(id="left"):
                yield Painting(id="heading")
                yield Scroll(id="revisions")
                yield Painting(id="facts")
            with Vertical(id="right"):
                yield Painting(id="compared")
                yield Pages(id="difference")

    def on_mount(self) -> None:
        """Keys go through the revisions; tab goes to the difference."""
        self.query_one("#revisions", Scroll).focus()

    @property
    def revision(self) -> PastRevision | None:
        """The revision under the cursor; where that has gone, the live one."""
        history = self._history
        if history is None or not history.revisions:
            return None
        at_cursor = next((each for each in history.revisions if each.uid == self._cursor), None)
        return at_cursor or history.current or history.revisions[0]

    @property
    def marked(self) -> PastRevision | None:
        """The revision that others are compared with."""
        revisions = self._history.revisions if self._history is not None else ()
        return next((each for each in revisions if each.uid == self._marked), None)

    # What is shown

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app = self.ktui
        known = app.live.history(self._uid, app.recorder.accounts(self._uid))
        self._history = known or self._history
        history = self._history
        if history is None:
            return
        if known is not None:
            self._ask_where_new(known)
        self.set_class(self.size.width >= WIDE, "-wide")
        self.set_class(self.size.height >= TALL, "-tall")
        self.set_class(known is None, "-deleted")
        self.query_one("#headline", Painting).show(
            [self._headline(app.live.rollouts.get(self._uid) if known is not None else None)]
        )
        self._draw_revisions(history, now)
        self._draw_difference(history)
        self.draw_chrome(now, app.title_line, (), self._hints(is_deleted=known is None))

    def _draw_revisions(self, history: History, now: datetime) -> None:
        table, facts = self.query_one("#revisions", Scroll), self.query_one("#facts", Painting)
        chosen, marked = self.revision, self.marked
        room = max(30, self.query_one("#left").content_size.width - 1)
        writer = self._templates.writer if self._templates is not None else None
        fitted = history_lines.columns(history, writer, now, room)
        rows = [
            history_lines.row(each, writer, fitted, now, is_chosen=each is chosen, is_marked=each is marked)
            for each in history.revisions
        ]
        at = history.revisions.index(chosen) if chosen is not None else None
        wide = self.has_class("-wide")
        table.styles.height = min(max(len(rows), 1), max(3, self.size.height // (2 if wide else 4)))
        table.show(rows, at)
        if at is not None:
            self.call_after_refresh(table.keep_in_sight, at)
        self.query_one("#heading", Painting).show([history_lines.heading(fitted)])
        spans = history_lines.facts(history, chosen, writer, now) if chosen is not None else [Span("no revision yet")]
        facts.show(history_lines.listed(spans, room) if wide else history_lines.paragraph(spans, room, 3))

    def _draw_difference(self, history: History) -> None:
        pages, title = self.query_one("#difference", Pages), self.query_one("#compared", Painting)
        room = max(30, pages.scrollable_content_region.width)
        chosen = self.revision
        if self._whole and chosen is not None:
            title.show([[Span("TEMPLATE  ", "head"), Span(label(history, chosen.number), "strong")]])
            self._show(self._template(chosen, room), room)
            return
        compared = pair(history, chosen, self.marked) if chosen is not None else None
        if compared is None:
            title.show([[Span("WHAT CHANGED", "head")]])
            pages.show([[Span("There is no other revision to compare this one with.", "dim")]])
            return
        names = f"{label(history, compared.before)} → {label(history, compared.after)}"
        title.show([[Span("WHAT CHANGED  ", "head"), Span(names, "strong")]])
        self._show(self._lines(history, compared, room), room)

    def _show(self, lines: Lines | None, room: int) -> None:
        """These lines, or why there are none yet."""
        pages = self.query_one("#difference", Pages)
        if lines is not None:
            pages.show(lines)
        elif self._problem:
            pages.show(history_lines.problem(self._problem, room))
        else:
            pages.show([[Span("asking the server…", "dim")]])

    def _template(self, chosen: PastRevision, room: int) -> Lines | None:
        """The whole template of a revision, masked; None until the server has answered."""
        known = self._templates.revisions.get(chosen.uid) if self._templates is not None else None
        return history_lines.template(yaml_lines(presentable(known)), room) if known is not None else None

    def _lines(self, history: History, compared: Pair, room: int) -> Lines | None:
        """The lines of a difference, made once as long as they stay the same; None until the server has answered."""
        known = self._templates
        if known is None:
            return None
        wanted = (compared, room, self._yaml)
        if self._made is None or self._made[0] is not known or self._made[1] != wanted:
            found = compare(history, known, compared)
            if found is None:
                return None
            yaml = compare_as_yaml(history, known, compared) if self._yaml else None
            self._made = (known, wanted, history_lines.difference(found, yaml, room))
        return self._made[2]

    def _hints(self, *, is_deleted: bool) -> list[Hint]:
        chosen = self.revision
        hints = [
            Hint("v", "stop comparing" if chosen is not None and chosen is self.marked else "compare", "screen.mark"),
            Hint("y", "fields" if self._yaml and not self._whole else "YAML", "screen.toggle_yaml"),
            Hint("Y", "what changed" if self._whole else "template", "screen.toggle_template"),
        ]
        if not is_deleted and chosen is not None:
            rollback = next((each for each in self.ktui.offers(self._uid) if each.action is Action.ROLLBACK), None)
            is_open = rollback is not None and rollback.open and not chosen.is_current
            destination = history_lines.destination(chosen) if not chosen.is_current else ""
            back = Hint("b", f"roll back{destination}", "screen.steer('rollback')", is_open)
            others = action_hints(self.ktui.offers(self._uid), lambda offer: offer.action is Action.PROMOTE)
            hints = [back, *hints, *others]
        return [*hints, *LEAVING]

    # What is asked for

    def _ask_where_new(self, history: History) -> None:
        """Ask for the templates where they are not those of these revisions, or there is another connection."""
        revisions = frozenset(each.uid for each in history.revisions)
        wanted = (revisions, history.live, self.ktui.connection)
        if wanted != self._asked_for and not self._is_asking:
            self._asked_for, self._is_asking = wanted, True
            self.run_worker(self._ask(history), group="templates")

    async def _ask(self, history: History) -> None:
        try:
            self._templates = await self._read(history)
            self._problem = ""
        except KubeError as error:
            self._problem = clean(f"{error} {error.hint}".strip())
        finally:
            self._is_asking = False
        self.draw_now()

    async def _read(self, history: History) -> Templates:
        connection = self.ktui.connection
        if connection is None:
            raise KubeError("There is no connection to the cluster now.")
        known = self.ktui.live.store.workload(history.uid)
        if known is None:
            raise KubeError("It is gone, and its templates with it.")
        reference, api = reference_to(known), Api(connection)
        found = await read_with_revisions(api, known.metadata.namespace, reference, kind_of(known).parts[0])
        if found.uid != history.uid:
            raise KubeError(f"This {reference.kind} was deleted, and another one has its name now.")
        owner, there = kind_of(known), kind_of(known).template_in(found.raw)
        if there is not None:
            owner = kind_at(there[0])
            found = await read_with_revisions(
                api, known.metadata.namespace, Reference(there[1], there[0]), owner.parts[0]
            )
        return templates(found.raw, found.revisions, owner.template_of)

    # Keys

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        return "The difference", self.query_one("#difference", Pages).text

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        history, chosen = self._history, self.revision
        if history is not None and chosen is not None:
            at = history.revisions.index(chosen) + by
            self._cursor = history.revisions[max(0, min(len(history.revisions) - 1, at))].uid
            self._show_difference_from_the_top()

    def action_mark(self) -> None:
        """Compare others with this revision, or no longer."""
        chosen = self.revision
        if chosen is not None:
            self._marked = "" if chosen.uid == self._marked else chosen.uid
            self._show_difference_from_the_top()

    def action_toggle_yaml(self) -> None:
        """Show the difference as YAML, or by field."""
        self._yaml = not self._yaml or self._whole
        self._whole = False
        self._show_difference_from_the_top()

    def action_toggle_template(self) -> None:
        """Show the whole template of the revision under the cursor, or what changed."""
        self._whole = not self._whole
        self._show_difference_from_the_top()

    def _show_difference_from_the_top(self) -> None:
        self.query_one("#difference", Pages).scroll_home(animate=False)
        self.draw_now()

    def action_read(self, pages: int) -> None:
        """Read on in the difference."""
        difference = self.query_one("#difference", Pages)
        difference.scroll_relative(y=pages * difference.page, animate=False)

    def action_retry(self) -> None:
        """Do not wait for anything to change: ask the server for the templates now."""
        self._asked_for, self._problem = None, ""
        super().action_retry()
        self.draw_now()

    def action_steer(self, name: str) -> None:
        """Roll back to the revision under the cursor; every other action is that of the rollout."""
        chosen = self.revision
        if name != Action.ROLLBACK or chosen is None:
            super().action_steer(name)
        elif chosen.number:
            self.post_message(Steer(self._uid, name, revision=chosen.number))
        else:
            self.notify(f"{chosen.name} has no revision number, so nothing can be rolled back to it.")

    def on_scroll_picked(self, event: Scroll.Picked) -> None:
        """A click chooses a revision, a second one marks it."""
        history = self._history
        if event.scroll.id == "revisions" and history is not None and event.line < len(history.revisions):
            self._cursor = history.revisions[event.line].uid
            if event.opens:
                self.action_mark()
            self._show_difference_from_the_top()
