"""What the rollouts of the last days come to: of all that the overview shows, and of one service."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType

from ktui.figures import words
from ktui.figures.book import BookError
from ktui.figures.record import Record
from ktui.figures.statistics import Figures, Service, by_service, figures
from ktui.rollout.rollout import Phase, Rollout
from ktui.text import count
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.lazy_lines import RowsOf
from ktui.tui.draw.widgets import Line, Painting, Scroll, Span
from ktui.tui.keymap import bind, moving
from ktui.tui.messages import Open, View
from ktui.tui.report import lines
from ktui.tui.rollout_screen import LEAVING
from ktui.tui.screen import LiveScreen

WEEK: Final = "2"
"""The key of the period that is shown at first."""

TALL: Final = 32
"""From this height on, there is room for empty lines."""

PLOTTED: Final = 36
"""From this height on, there is room for the durations as a plot."""

_SPANS: Final = {"1": timedelta(days=1), "2": timedelta(days=7), "3": timedelta(days=30)}

_STALE: Final = timedelta(minutes=1)
"""After that the figures are worked out again where nothing has happened: the period has moved on."""

_OVER: Final = (Phase.COMPLETE, Phase.SCALED_TO_ZERO)


class _WorkedOut(NamedTuple):
    """What some records come to, and the rows that are made of them."""

    figures: Figures
    lasted: Sequence[lines.Lasted]
    services: Sequence[tuple[Service, Figures]] = ()
    rollouts: Sequence[Record] = ()


def service_of(rollout: Rollout) -> Service:
    """What its figures go by."""
    return Service(rollout.namespace, rollout.kind, rollout.name)


def report_screen(
    rollouts: Mapping[str, Rollout], uid: str | None, only: Collection[str] | None
) -> PeriodScreen | None:
    """The figures of the rollout with that uid; without one, those of all, or `only` of these. None if it is gone."""
    if uid is not None:
        return ServiceScreen(service_of(rollouts[uid]), WEEK) if uid in rollouts else None
    chosen = None if only is None else frozenset(service_of(rollouts[each]) for each in only if each in rollouts)
    return FiguresScreen(chosen, WEEK)


class PeriodScreen(LiveScreen):
    """Figures of a period above, and below a table of what they are made of, with a cursor."""

    PAGE = "report"

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "app.pop_screen", id="figures.back"),
        bind("f", "app.pop_screen", show=False),
        bind("1", "span('1')", id="figures.day"),
        bind("2", "span('2')", id="figures.week"),
        bind("3", "span('3')", id="figures.month"),
        bind("enter", "open", id="figures.open"),
        *moving("move", "page", where="figures"),
    ]

    def __init__(self, span: str) -> None:
        super().__init__()
        self._span = span
        self._at = 0
        self._known: Sequence[Record] = ()
        self._watched: datetime | None = None
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._figures: Figures | None = None
        self._lasted: Sequence[lines.Lasted] = ()
        self._fitted: tuple[int, lines.Columns] | None = None
        self._problem = ""
        self._read_so_far = (0, 0)
        self._asked_for: tuple[tuple[str, int], str] | None = None

    def compose_body(self) -> ComposeResult:
        """The figures, the table, and what there is to say of the row under the cursor."""
        yield Painting(id="headline")
        yield Painting(id="summary")
        yield Painting(id="heading")
        yield Scroll(id="rows")
        yield Painting(id="story")

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
        if problem := self._problem or self.ktui.recorder.trouble:
            return lines.problem(problem, cells)
        if self._figures is None and self.ktui.recorder.is_kept:
            done, of = self._read_so_far
            words = f"reading {done:,} of {of:,} rollouts… esc goes back" if done else "reading…"
            return [[], [Span(words, "dim")]]
        if self._figures is None or not self._figures.changes:
            return lines.nothing(self.ktui.recorder.context, is_kept=self.ktui.recorder.is_kept, cells=cells)
        plotted = lines.durations(self._lasted, since, until, cells) if self.size.height >= PLOTTED else []
        return [*lines.summary(self._figures, since, until, cells), *plotted]

    def _hints(self, has_rows: bool) -> list[Hint]:
        spans = (("1", "24 hours"), ("2", "7 days"), ("3", "30 days"))
        return [
            Hint("enter", self._opens, "screen.open", has_rows),
            *(Hint(key, name, f"screen.span('{key}')", key != self._span) for key, name in spans),
            *((Hint("h", "history", "screen.history"),) if self.selected is not None else ()),
            *((Hint("e", "timeline", "screen.timeline"),) if self.selected is not None else ()),
            *LEAVING,
        ]

    @property
    def _about(self) -> str:
        """What the figures are about."""
        raise NotImplementedError

    @property
    def _opens(self) -> str:
        """What Enter opens."""
        raise NotImplementedError

    def _work_out(self, records: list[Record], since: datetime, until: datetime, namespace: str) -> _WorkedOut:
        """What these records come to here. It runs in a thread."""
        raise NotImplementedError

    def _take_in(self, worked_out: _WorkedOut) -> None:
        """Show that from now on, the cursor on what it was on."""
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
        wanted = (self.ktui.recorder.edition, self._span)
        is_stale = self._until is not None and now - self._until >= _STALE
        if wanted != self._asked_for or is_stale:
            self._asked_for = wanted
            self.run_worker(self._read(now), group="figures", exclusive=True)

    async def _read(self, now: datetime) -> None:
        since = now - _SPANS[self._span]
        try:
            loop = asyncio.get_running_loop()
            records, self._watched = await self.ktui.recorder.read(
                since, lambda done, of: self._say_progress(loop, done, of)
            )
            self._problem = ""
        except BookError as error:
            records, self._problem = [], str(error)
        # Many rollouts take a moment to count, in which keys are not to wait.
        worked_out = await asyncio.to_thread(self._work_out, records, since, now, self.ktui.namespace)
        self._since, self._until = since, now
        self._figures, self._lasted, self._fitted = worked_out.figures, worked_out.lasted, None
        self._take_in(worked_out)
        self.draw_now()

    def _say_progress(self, loop: asyncio.AbstractEventLoop, done: int, of: int) -> None:
        """How many have been read, in the thread that reads them."""
        self._read_so_far = (done, of)
        if done and self._figures is None:
            with suppress(RuntimeError):
                # The app may have ended in the meantime.
                loop.call_soon_threadsafe(self.draw_now)

    # Keys

    @property
    def copied(self) -> tuple[str, str]:  # noqa: D102
        shown = (self.query_one("#headline", Painting), self.query_one("#summary", Painting))
        table = (self.query_one("#heading", Painting), self.query_one("#rows", Scroll))
        return "The report", "\n".join(part.text for part in (*shown, *table))

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
        self._services: Sequence[tuple[Service, Figures]] = ()

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

    def _work_out(self, records: list[Record], since: datetime, until: datetime, namespace: str) -> _WorkedOut:
        only = self._only
        shown = [
            each
            for each in records
            if (not namespace or each.namespace == namespace)
            and (only is None or Service(each.namespace, each.kind, each.name) in only)
        ]
        return _WorkedOut(figures(shown, since, until), lines.lasted(shown), services=by_service(shown, since, until))

    def _take_in(self, worked_out: _WorkedOut) -> None:
        before = self._services[self._at][0] if self._services else None
        self._services = worked_out.services
        # The cursor stays on its service wherever that moves.
        places = [service for service, _ in self._services]
        self._at = places.index(before) if before in places else 0

    def _heading(self, cells: int) -> Line:
        scale = lines.bars_scale(self._services, cells)
        return lines.services_heading(lines.name_room(self._services), cells, scale)

    def _rows(self, now: datetime, cells: int) -> Sequence[Line]:
        room, scale = lines.name_room(self._services), lines.bars_scale(self._services, cells)

        def row(at: int) -> Line:
            service, its = self._services[at]
            return lines.service_row(service, its, room, cells, scale=scale, is_chosen=at == self._at)

        return RowsOf(len(self._services), row)

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

    def _work_out(self, records: list[Record], since: datetime, until: datetime, namespace: str) -> _WorkedOut:
        its = [each for each in records if Service(each.namespace, each.kind, each.name) == self._service]
        return _WorkedOut(figures(its, since, until), lines.lasted(its), rollouts=its[::-1])

    def _take_in(self, worked_out: _WorkedOut) -> None:
        before = self._known[self._at] if self._known else None
        self._known = worked_out.rollouts
        keys = [(each.uid, each.revision) for each in self._known]
        key = (before.uid, before.revision) if before is not None else None
        # Who looks at the newest goes on to look at the newest.
        self._at = keys.index(key) if self._at and key in keys else 0

    def _heading(self, cells: int) -> Line:
        return lines.rollouts_heading(self._columns(cells))

    def _columns(self, cells: int) -> lines.Columns:
        """Worked out once for these rollouts and that width."""
        if self._fitted is None or self._fitted[0] != cells:
            self._fitted = (cells, lines.rollout_columns(self._known, cells))
        return self._fitted[1]

    def _rows(self, now: datetime, cells: int) -> Sequence[Line]:
        fitted, live = self._columns(cells), self.ktui.live.rollouts

        def row(at: int) -> Line:
            record = self._known[at]
            current = live.get(record.uid)
            is_under_way = current is not None and current.revision == record.revision and current.phase not in _OVER
            return lines.rollout_row(record, fitted, now, is_chosen=at == self._at, is_under_way=is_under_way)

        return RowsOf(len(self._known), row)

    def _story(self, cells: int) -> Sequence[Line]:
        return lines.rollout_story(self._known[self._at], cells)

    def action_open(self) -> None:
        """Open the rollout as it is now."""
        if (uid := self.selected) is not None:
            self.post_message(Open(View.DETAIL, uid, anew=True))
        else:
            self.notify("It no longer exists, or is not shown.")
