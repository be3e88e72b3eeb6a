"""What the rollouts of the last days come to: of all that the overview shows, and of one service."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ktui.figures import words
from ktui.figures.book import BookError
from ktui.figures.record import Record
from ktui.figures.statistics import Figures, Service, by_service, figures
from ktui.rollout.rollout import Phase, Rollout
from ktui.rollout.words import count
from ktui.tui import figures_lines as lines
from ktui.tui.chrome import Hint
from ktui.tui.paint import Line, Painting, Scroll, Span
from ktui.tui.screens.base import LiveScreen

if TYPE_CHECKING:
    from ktui.tui.app import KtuiApp

TALL: Final = 32
"""From this height on, there is room for empty lines."""

_SPANS: Final = {"d": timedelta(days=1), "w": timedelta(days=7), "m": timedelta(days=30)}

_STALE: Final = timedelta(minutes=1)
"""After that the figures are worked out again where nothing has happened: the period has moved on."""

_OVER: Final = (Phase.COMPLETE, Phase.SCALED_TO_ZERO)


def service_of(rollout: Rollout) -> Service:
    """What its figures go by."""
    return Service(rollout.namespace, rollout.kind, rollout.name)


def open_figures(app: KtuiApp, uid: str | None, only: Collection[str] | None) -> None:
    """Show the figures of the rollout of that uid; without one, those of all, or only of these, that are shown."""
    rollouts = app.live.rollouts
    if uid is not None and uid in rollouts:
        app.push_screen(ServiceScreen(service_of(rollouts[uid]), "w"))
    elif uid is None:
        chosen = None if only is None else frozenset(service_of(rollouts[each]) for each in only if each in rollouts)
        app.push_screen(FiguresScreen(chosen, "w"))


class PeriodScreen(LiveScreen):
    """Figures of a period above, and below a table of what they are made of, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f", "app.pop_screen", "back", id="figures.back"),
        Binding("d", "span('d')", "the last 24 hours", id="figures.day"),
        Binding("w", "span('w')", "the last 7 days", id="figures.week"),
        Binding("m", "span('m')", "the last 30 days", id="figures.month"),
        Binding("enter", "open", "open", id="figures.open"),
        Binding("down,j", "move(1)", "down", id="figures.down", show=False),
        Binding("up,k", "move(-1)", "up", id="figures.up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "page down", id="figures.page_down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "page up", id="figures.page_up", show=False),
        Binding("g,home", "move(-1000000)", "first", id="figures.first", show=False),
        Binding("G,end", "move(1000000)", "last", id="figures.last", show=False),
    ]

    def __init__(self, span: str) -> None:
        super().__init__()
        self._span = span
        self._at = 0
        self._known: list[Record] = []
        self._watched: datetime | None = None
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._figures: Figures | None = None
        self._problem = ""
        self._asked_for: tuple[tuple[str, int], str] | None = None

    def compose(self) -> ComposeResult:
        """The figures, the table, and what there is to say of the row under the cursor."""
        yield Painting(id="header")
        yield Painting(id="notices")
        yield Painting(id="headline")
        yield Painting(id="summary")
        yield Painting(id="heading")
        yield Scroll(id="rows")
        yield Painting(id="story")
        yield Painting(id="hints")

    def on_mount(self) -> None:
        """Keys go through the table."""
        self.query_one("#rows", Scroll).focus()

    # What is shown

    def redraw(self, now: datetime) -> None:  # noqa: D102
        app, cells = self.ktui, self.size.width - 2
        self.set_class(self.size.height >= TALL, "-tall")
        self._read_where_new(now)
        since, until = self._since or now - _SPANS[self._span], self._until or now
        headline = lines.title(self._about, since, until, self._watched, cells)
        self.query_one("#headline", Painting).show([headline])
        rows = self._rows(now, cells - 1)
        self._at = max(0, min(self._at, len(rows) - 1))
        self.query_one("#summary", Painting).show(self._above(since, until, cells))
        self.query_one("#heading", Painting).show([self._heading(cells - 1)] if rows else [])
        self.query_one("#rows", Scroll).show(rows, self._at if rows else None)
        self.query_one("#story", Painting).show(self._story(cells) if rows else [[], []])
        self.draw_chrome(now, app.title_line, (), self._hints(bool(rows)))

    def _above(self, since: datetime, until: datetime, cells: int) -> Sequence[Line]:
        if problem := self._problem or self.ktui.past.trouble:
            return lines.problem(problem, cells)
        if self._figures is None and self.ktui.past.is_kept:
            return [[], [Span("reading…", "dim")]]
        if self._figures is None or not self._figures.changes:
            return lines.nothing(self.ktui.past.context, is_kept=self.ktui.past.is_kept, cells=cells)
        return lines.summary(self._figures, since, until, cells)

    def _hints(self, has_rows: bool) -> list[Hint]:
        spans = (("d", "24 hours"), ("w", "7 days"), ("m", "30 days"))
        return [
            Hint("enter", self._opens, "screen.open", has_rows),
            *(Hint(key, name, f"screen.span('{key}')", key != self._span) for key, name in spans),
            *((Hint("h", "history", "screen.history"),) if self.selected is not None else ()),
            *((Hint("e", "time line", "screen.timeline"),) if self.selected is not None else ()),
            Hint("?", "help", "app.help"),
            Hint("esc", "back", "app.pop_screen"),
        ]

    @property
    def _about(self) -> str:
        """What the figures are about."""
        raise NotImplementedError

    @property
    def _opens(self) -> str:
        """What Enter opens."""
        raise NotImplementedError

    def _take_in(self, records: list[Record], since: datetime, until: datetime) -> None:
        """Work out what is shown of these records."""
        raise NotImplementedError

    def _heading(self, cells: int) -> Line:
        raise NotImplementedError

    def _rows(self, now: datetime, cells: int) -> Sequence[Line]:
        raise NotImplementedError

    def _story(self, cells: int) -> Sequence[Line]:
        raise NotImplementedError

    def _uid_of(self, service: Service) -> str | None:
        """The rollout that has that name now."""
        return next((uid for uid, each in self.ktui.live.rollouts.items() if service_of(each) == service), None)

    # What is read

    def _read_where_new(self, now: datetime) -> None:
        """Read the history when the screen opens, when another period is asked for, and when it has grown."""
        wanted = (self.ktui.past.edition, self._span)
        is_stale = self._until is not None and now - self._until >= _STALE
        if wanted != self._asked_for or is_stale:
            self._asked_for = wanted
            self.run_worker(self._read(now), group="figures", exclusive=True)

    async def _read(self, now: datetime) -> None:
        since = now - _SPANS[self._span]
        try:
            records, self._watched = await self.ktui.past.read(since)
            self._problem = ""
        except BookError as error:
            records, self._problem = [], str(error)
        self._since, self._until = since, now
        self._take_in(records, since, now)
        self.draw_now()

    # Keys

    def action_span(self, span: str) -> None:
        """Look at another period."""
        self._span = span
        self.draw_now()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._at += by
        self.draw_now()
        self.call_after_refresh(self.query_one("#rows", Scroll).keep_in_sight, self._at)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        self.action_move(pages * self.query_one("#rows", Scroll).page)

    def action_open(self) -> None:
        """Open what is under the cursor."""
        raise NotImplementedError

    def on_scroll_picked(self, event: Scroll.Picked) -> None:
        """A click chooses a row, a second one opens it."""
        self._at = event.line
        self.draw_now()
        if event.opens:
            self.action_open()


class FiguresScreen(PeriodScreen):
    """The figures of everything in sight, and of each service, the worst first."""

    def __init__(self, only: frozenset[Service] | None, span: str) -> None:
        super().__init__(span)
        self._only = only
        self._services: list[tuple[Service, Figures]] = []

    @property
    def selected(self) -> str | None:  # noqa: D102
        return self._uid_of(self._services[self._at][0]) if self._services else None

    @property
    def _about(self) -> str:
        if self._only is not None:
            return f"{count(len(self._only), 'service')} that the filter shows"
        return self.ktui.namespace or "all namespaces"

    @property
    def _opens(self) -> str:
        return "its rollouts"

    def _take_in(self, records: list[Record], since: datetime, until: datetime) -> None:
        namespace, only = self.ktui.namespace, self._only
        before = self._services[self._at][0] if self._services else None
        shown = [
            each
            for each in records
            if (not namespace or each.namespace == namespace)
            and (only is None or Service(each.namespace, each.kind, each.name) in only)
        ]
        self._figures = figures(shown, since, until)
        self._services = by_service(shown, since, until)
        # The cursor stays on its service wherever that moves.
        places = [service for service, _ in self._services]
        self._at = places.index(before) if before in places else 0

    def _heading(self, cells: int) -> Line:
        return lines.services_heading(lines.name_room(self._services), cells)

    def _rows(self, now: datetime, cells: int) -> Sequence[Line]:
        room = lines.name_room(self._services)
        return [
            lines.service_row(service, its, room, cells, is_chosen=at == self._at)
            for at, (service, its) in enumerate(self._services)
        ]

    def _story(self, cells: int) -> Sequence[Line]:
        return lines.service_story(*self._services[self._at], cells)

    def action_open(self) -> None:
        """Open the rollouts of the service under the cursor."""
        if self._services:
            self.app.push_screen(ServiceScreen(self._services[self._at][0], self._span))


class ServiceScreen(PeriodScreen):
    """The figures of one service, and its rollouts, the newest first."""

    def __init__(self, service: Service, span: str) -> None:
        super().__init__(span)
        self._service = service

    @property
    def selected(self) -> str | None:  # noqa: D102
        return self._uid_of(self._service)

    @property
    def _about(self) -> str:
        return words.name(self._service)

    @property
    def _opens(self) -> str:
        return "what runs now"

    def _take_in(self, records: list[Record], since: datetime, until: datetime) -> None:
        its = [each for each in records if Service(each.namespace, each.kind, each.name) == self._service]
        before = self._known[self._at] if self._known else None
        self._figures = figures(its, since, until)
        self._known = its[::-1]
        keys = [(each.uid, each.revision) for each in self._known]
        key = (before.uid, before.revision) if before is not None else None
        # Whoever looks at the newest goes on to look at the newest.
        self._at = keys.index(key) if self._at and key in keys else 0

    def _heading(self, cells: int) -> Line:
        return lines.rollouts_heading(lines.rollout_columns(self._known, cells))

    def _rows(self, now: datetime, cells: int) -> Sequence[Line]:
        fitted = lines.rollout_columns(self._known, cells)
        live = self.ktui.live.rollouts
        under_way = {(uid, each.revision) for uid, each in live.items() if each.phase not in _OVER}
        return [
            lines.rollout_row(
                each,
                fitted,
                now,
                is_chosen=at == self._at,
                is_under_way=(each.uid, each.revision) in under_way,
            )
            for at, each in enumerate(self._known)
        ]

    def _story(self, cells: int) -> Sequence[Line]:
        return lines.rollout_story(self._known[self._at], cells)

    def action_open(self) -> None:
        """Open the rollout as it is now."""
        if (uid := self.selected) is not None:
            self.ktui.open_rollout(uid)
        else:
            self.notify("It does not exist any more, or is not in sight.", markup=False)
