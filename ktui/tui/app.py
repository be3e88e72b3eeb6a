"""The dashboard: holds what is known, ticks the screens, and hands keys on to those who act."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import BindingType
from textual.worker import WorkType

from ktui.model.changes import Change
from ktui.tui import stylesheets
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.draw import chrome
from ktui.tui.draw.widgets import COMPONENTS, Line
from ktui.tui.ending import EndingApp, Unsettled
from ktui.tui.keymap import bind
from ktui.tui.live import Live
from ktui.tui.overview.screen import OverviewScreen
from ktui.tui.palette import Palette, RolloutCommands
from ktui.tui.past import Past
from ktui.tui.refresh import Pace
from ktui.tui.screen import LiveScreen
from ktui.tui.terminal.chosen_theme import first_theme, remember_theme
from ktui.tui.theme import state_colours

if TYPE_CHECKING:
    from ktui.figures.book import Book
    from ktui.kube.auth.access import Access
    from ktui.kube.connection import Connection
    from ktui.plans.offers import Offer
    from ktui.rollout.traffic.bluegreen import BlueGreen, Side
    from ktui.tui.announcements import Announcements
    from ktui.tui.bluegreen.pairs import Mark, Pairs
    from ktui.tui.session import Session
    from ktui.tui.steering.guards import Guards
    from ktui.tui.steering.steering import Steering
    from ktui.tui.usage_feed import UsageFeed

ALL_NAMESPACES: Final = "all namespaces"


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
    theme: str = ""
    in_ascii: bool = False
    hint: str = ""
    opens: str = ""
    open_book: Callable[[str], Book] | None = None
    now: Callable[[], datetime] | None = None
    """The time that ages are counted to, if not that of the cluster's clock."""


class KtuiApp(EndingApp):
    """Rollouts, live."""

    TITLE = "ktui"
    CSS_PATH = stylesheets.FIRST
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    # One provider, which has Textual's own commands too: several are asked at once and answer in any order.
    COMMANDS: ClassVar = {RolloutCommands}
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+c", "interrupt", show=False, priority=True),
        bind("ctrl+z", "suspend_process", id="suspend", show=False, priority=True),
    ]

    def __init__(self, options: Options) -> None:
        # Without colours, Textual removes them all only if the terminal's own ones are in use.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.options = options
        self.in_ascii = options.in_ascii
        self.live = Live()
        self.past = Past(self)
        self._session: Session | None = None
        self._steering: Steering | None = None
        self._pairs: Pairs | None = None
        self.announcements: Announcements | None = None
        self._guards: Guards | None = None
        self.usage: UsageFeed | None = None
        self._pace = Pace(self)
        self._opens = options.opens
        self.theme = first_theme(self) or self.theme

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, and those of the states."""
        variables = super().get_css_variables()
        return {**variables, **state_colours(variables, ansi=self.current_theme.ansi, no_colour=self.no_color)}

    # What the screens ask for

    def now(self) -> datetime:
        """The time that ages are counted to: that of the cluster's clock, once it is known."""
        if self.options.now is not None:
            return self.options.now()
        return datetime.now(UTC) + (self._session.ahead if self._session is not None else timedelta())

    def link_state(self, now: datetime) -> Line:
        """The state of the link, as the header shows it."""
        failed = self._session is not None and self._session.has_failed
        return chrome.link_state(self.live.link, now, failed=failed, shows=bool(self.live.rollouts))

    @property
    def title_line(self) -> str:
        """The cluster and the scope, as the header says them."""
        session = self._session
        return session.title if session is not None else "connecting"

    @property
    def namespace(self) -> str:
        """The namespace that is shown; empty for all of them."""
        return self._session.namespace if self._session is not None else self.options.namespace

    @property
    def notices(self) -> Sequence[str]:
        """What a person should know about all that is shown."""
        session = self._session
        return session.notices if session is not None else ()

    @property
    def emptiness(self) -> tuple[str, ...]:
        """Why there is not a rollout to be seen, and what to do about it."""
        return self._session.emptiness if self._session is not None else ("Starting…",)

    def offers(self, uid: str) -> tuple[Offer, ...]:
        """The actions on a rollout, open or not."""
        return self._steering.offers(uid) if self._steering is not None else ()

    @property
    def pending(self) -> Mapping[str, str]:
        """What is under way on which rollout, by uid."""
        return self._steering.pending if self._steering is not None else {}

    @property
    def chosen(self) -> str | None:
        """The uid of the rollout that keys would steer now."""
        return self.front.selected if self.front is not None else None

    def is_side(self, uid: str) -> bool:
        """Whether that Deployment takes turns with another behind a Service, as far as is known."""
        return self._pairs is not None and self._pairs.has(uid)

    def traffic(self, uid: str) -> Mark | None:
        """Whether that Deployment gets the traffic of a Service; None if it is not a side, or that is not known."""
        return self._pairs.mark(uid) if self._pairs is not None else None

    @property
    def guarded(self) -> frozenset[str]:
        """The uids of the rollouts that are aborted by themselves where they go wrong."""
        return self._guards.uids if self._guards is not None else frozenset()

    def countdown(self, now: datetime, uid: str = "") -> str:
        """What auto-abort is about to do to that rollout, or to the one that comes first; empty for nothing."""
        return self._guards.told(now, uid) if self._guards is not None else ""

    def guard_note(self, uid: str) -> str:
        """What a question about that rollout says where auto-abort is on; else nothing."""
        if uid not in self.guarded:
            return ""
        return "Auto-abort is on: if a new pod fails or the deadline passes, ktui rolls it back."

    @property
    def unsettled(self) -> tuple[Unsettled, ...]:
        """What is being sent at this moment."""
        return self._steering.sending.unsettled if self._steering is not None else ()

    @property
    def watched_over(self) -> tuple[str, ...]:
        """The names of the rollouts that auto-abort is on for."""
        return self._guards.names if self._guards is not None else ()

    @property
    def connection(self) -> Connection | None:
        """The connection to the cluster, while there is one."""
        return self._session.connection if self._session is not None else None

    # Life

    def on_mount(self) -> None:
        """Draw first; connect when the first frame is out."""
        self.push_screen(OverviewScreen())
        self.theme_changed_signal.subscribe(self, partial(remember_theme, self))
        self.call_after_refresh(self._begin)

    def action_command_palette(self) -> None:
        """Open the palette, once."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def _begin(self) -> None:
        # What follows imports the client library: 0.2 s that the first frame does not wait for.
        from ktui.tui.announcements import Announcements  # noqa: PLC0415
        from ktui.tui.bluegreen.pairs import Pairs  # noqa: PLC0415
        from ktui.tui.session import Session  # noqa: PLC0415
        from ktui.tui.steering.guards import Guards  # noqa: PLC0415
        from ktui.tui.steering.steering import Steering  # noqa: PLC0415
        from ktui.tui.usage_feed import UsageFeed  # noqa: PLC0415

        if not self.is_headless:
            # What is imported stays. If the collector looked at it again each time, a key could wait 50 ms for it.
            # (Without a terminal there may be more apps in this process, whose remains are to go.)
            gc.freeze()
        gc.enable()
        stylesheets.read_others(self.stylesheet)
        self._session = Session(self, self.options.access, self.options.namespace, self.options.selector)
        self._steering = Steering(self, self._session, read_only=self.options.read_only)
        self._pairs = Pairs(self)
        self.announcements = Announcements(self)
        self._guards = Guards(self, self._session, self._steering)
        self.usage = UsageFeed(self)
        self.set_interval(1.0, self._pace.second_is_over)
        self.run_worker(self._pace.keep(), group="drawing")
        self._follow()

    def _follow(self) -> None:
        session = self._session
        if session is not None:
            self.run_worker(session.run(), group="session", exclusive=True)

    # What the session tells

    def begin_anew(self) -> None:
        """Another cluster or scope: nothing of what was known holds."""
        self.past.leave()
        self.clear_notifications()
        self.live = Live()
        if self._steering is not None:
            self._steering.forget()
        if self._pairs is not None:
            self._pairs.forget()
        if self.announcements is not None:
            self.announcements.forget()
        if self._guards is not None:
            self._guards.forget()
        self.redraw()

    def heard(self, changes: Iterable[Change]) -> None:
        """Changes came in: draw them soon, together with those that follow at once."""
        missing = self.live.missing
        self.live.apply(changes)
        self._pace.draw_soon(at_once=self.live.missing != missing)

    def draw_soon(self) -> None:
        """Draw at the next tick."""
        self._pace.draw_soon()

    def draw(self) -> None:
        """Draw what is known now, once all that follows it has seen it."""
        self._settle()
        self._open_first()
        self.redraw()
        if self.front is not None and self.front.is_moving:
            self.draw_soon()

    async def on_unmount(self) -> None:
        """Keep what is known of the rollouts that are under way."""
        self.past.leave()
        await self.past.aclose()

    def _open_first(self) -> None:
        """Open the rollout that the dashboard was started for, once it is known; not over what was opened meanwhile."""
        if self._opens in self.live.rollouts:
            uid, self._opens = self._opens, ""
            if isinstance(self.screen, OverviewScreen):
                self.open_rollout(uid)

    def _settle(self) -> None:
        self.past.keep()
        if self._steering is not None:
            self._steering.settle()
        if self._guards is not None:
            self._guards.look()
        if self.announcements is not None:
            self.announcements.look()

    @property
    def front(self) -> LiveScreen | None:
        """The full screen that is to be seen, be there a dialog over it or not."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen)), None)

    def redraw(self) -> None:
        """Draw what is known now on the screen in front."""
        front = self.front
        if front is not None:
            front.draw_now()

    # Keys

    async def action_pop_screen(self) -> None:
        """Back, but not past the overview: a key that is pressed twice may be heard twice."""
        if not isinstance(self.screen, OverviewScreen):
            self.pop_screen()

    def open_rollout(self, uid: str) -> None:
        """Show one rollout in full."""
        # As all screens but the overview: nothing that the first frame should wait for.
        from ktui.tui.detail.screen import DetailScreen  # noqa: PLC0415

        self._back_to_overview()
        if self.announcements is not None:
            self.announcements.follow(uid)
        self.push_screen(DetailScreen(uid))

    def open_history(self, uid: str) -> None:
        """Show the revisions of one rollout, and what differs between them."""
        from ktui.tui.history.screen import HistoryScreen  # noqa: PLC0415

        self.push_screen(HistoryScreen(uid))

    def open_timeline(self, uid: str) -> None:
        """Show what happened to one rollout, in order."""
        from ktui.tui.timeline.screen import TimelineScreen  # noqa: PLC0415

        self.push_screen(TimelineScreen(uid))

    def open_usage(self, uid: str) -> None:
        """Show what the pods of one rollout use, new against old."""
        from ktui.tui.resources.screen import UsageScreen  # noqa: PLC0415

        self.push_screen(UsageScreen(uid))

    def open_figures(self, uid: str | None, only: Collection[str] | None = None) -> None:
        """Show what the rollouts of one come to, or of all, or only of these that are shown."""
        from ktui.tui.report.screen import open_figures  # noqa: PLC0415 - nothing for the first frame

        open_figures(self, uid, only)

    def open_logs(self, uid: str, pod: str = "", *, is_old: bool = False) -> None:
        """Show what the containers of one rollout write; with the uid of a `pod`, only those of that one.

        `is_old` says that this pod is of an old revision.
        """
        from ktui.tui.logs.screen import LogsScreen  # noqa: PLC0415

        self.push_screen(LogsScreen(uid, pod, is_old=is_old))

    def open_blue_green(self, uid: str) -> None:
        """Show the Services that have that Deployment as one of their sides."""
        self._start(partial(self._open_blue_green, uid), "opening")

    async def _open_blue_green(self, uid: str) -> None:
        from ktui.tui.bluegreen.pairs import open_if_paired  # noqa: PLC0415

        if self._pairs is not None:
            await open_if_paired(self, self._pairs, uid)

    def switch(self, state: BlueGreen, side: Side, *, force: bool) -> None:
        """Send a Service's traffic to another side: plan it, show it, and do it if a person says yes."""
        self.run_worker(self._switch(state, side, force=force), group="steering")

    async def _switch(self, state: BlueGreen, side: Side, *, force: bool) -> None:
        from ktui.tui.steering.switching import switch  # noqa: PLC0415

        if self._steering is None or self._session is None:
            return
        await switch(self._steering, self._session, state, side, force=force)
        if self._pairs is not None:
            self._pairs.has_changed(state.namespace)

    def steer(self, uid: str, name: str, *, revision: int | None = None) -> None:
        """Begin an action: plan it, show it, and send it if a person says yes.

        `revision` is the one to roll back to; None is the one before.
        """
        if self._steering is not None:
            self.run_worker(self._steering.steer(uid, name, revision=revision), group="steering")

    def guard(self, uid: str) -> None:
        """Turn auto-abort on for a rollout, or off."""
        if self._guards is not None:
            self._guards.toggle(uid)
            self.redraw()

    def steer_all(self, uids: Sequence[str], name: str) -> None:
        """Begin one action on several rollouts: one plan, one question, then one after another."""
        from ktui.tui.steering.batch import steer_all  # noqa: PLC0415

        if self._steering is not None and self._session is not None:
            self.run_worker(steer_all(self, self._session, self._steering, uids, name), group="steering")

    def action_help(self) -> None:
        """Keys and signs."""
        from ktui.tui.dialogs.help import HelpScreen  # noqa: PLC0415

        uid = self.chosen
        rollout = self.live.rollouts.get(uid or "")
        title = f"{rollout.namespace}/{rollout.name}" if rollout is not None else ""
        page = self.front.PAGE if self.front is not None else ""
        self.push_screen(HelpScreen(page, title, self.offers(uid) if uid is not None else ()))

    def _start(self, work: WorkType[None], group: str) -> None:
        """Run this in place of what still runs in that group.

        It is a function since a coroutine that is cancelled before it begins is never awaited.
        """
        self.run_worker(work, group=group, exclusive=True)

    def action_retry(self) -> None:
        """Do not wait for the next attempt to connect."""
        if self.usage is not None:
            self.usage.ask_anew()
        if self._session is not None:
            self._session.retry_now()

    def action_pick_namespace(self) -> None:
        """Another namespace, or all of them."""
        self._start(self._pick_namespace, "picking")

    async def _pick_namespace(self) -> None:
        from ktui.tui.dialogs.pick import PickScreen  # noqa: PLC0415

        session = self._session
        if session is None:
            return
        names, note = await session.namespaces()
        choices = [("", ALL_NAMESPACES), *((name, name) for name in names)]
        screen = PickScreen("Namespace", choices, session.namespace, note=note, free=True)
        chosen = await self.push_screen_wait(screen)
        if chosen is not None and chosen != session.namespace:
            self._back_to_overview()
            session.go_to(namespace=chosen)
            self._follow()

    def action_pick_context(self) -> None:
        """Another cluster."""
        self._start(self._pick_context, "picking")

    async def _pick_context(self) -> None:
        from ktui.tui.dialogs.pick import PickScreen  # noqa: PLC0415

        session = self._session
        if session is None:
            return
        choices, note = session.contexts()
        chosen = await self.push_screen_wait(PickScreen("Context", choices, session.context, note=note))
        if chosen is not None and (chosen != session.context or session.is_doubtful):
            self._back_to_overview()
            session.go_to(context=chosen)
            self._follow()

    def _back_to_overview(self) -> None:
        while not isinstance(self.screen, OverviewScreen):
            if isinstance(self.screen, Dialog):
                # Who asked is answered: it was not agreed to.
                self.screen.dismiss(None)
            else:
                self.pop_screen()


def run(options: Options) -> int:
    """Run the dashboard until it is quit, or a signal ends it; the exit code. Raises whatever ended it otherwise."""
    return KtuiApp(options).run_to_the_end()
