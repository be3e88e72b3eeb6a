"""The dashboard: holds what is known, ticks the screens, and hands keys on to those who act."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events, on
from textual.binding import BindingType
from textual.screen import Screen
from textual.worker import WorkType

from ktui import start_profile
from ktui.live.live import Live
from ktui.live.recorder import Recorder
from ktui.model.changes import Change
from ktui.tui import messages, stylesheets, views
from ktui.tui.dialogs.dialog import Dialog
from ktui.tui.draw.widgets import COMPONENTS
from ktui.tui.host import Follower
from ktui.tui.host_app import HostApp
from ktui.tui.keymap import bind
from ktui.tui.options import Options
from ktui.tui.overview.screen import OverviewScreen
from ktui.tui.palette import Palette, RolloutCommands
from ktui.tui.refresh import Pace
from ktui.tui.terminal.chosen_theme import first_theme, remember_theme
from ktui.tui.theme import state_colours

if TYPE_CHECKING:
    from ktui.kube.connection import Connection
    from ktui.tui.dialogs.scope import Picked
    from ktui.tui.tour.steps import Tour


_BETWEEN_FRAMES: Final = 0.05
"""Seconds in which Textual draws what is new, and draws it again where the list has got a scroll bar by that."""

_PREPARED_AFTER: Final = 1.0
"""Seconds after which ktui is ready to act, even if there are no rows yet."""


class KtuiApp(HostApp):
    """Rollouts, live."""

    TITLE = "ktui"
    CSS_PATH = stylesheets.FIRST
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    # One provider, which has Textual's own commands too: several are asked at once and answer in any order.
    COMMANDS: ClassVar = {RolloutCommands}
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+c", "interrupt", show=False, priority=True),
        bind("ctrl+t", "leave_tour", id="tour.leave", show=False, priority=True),
        bind("ctrl+z", "suspend_process", id="suspend", show=False, priority=True),
    ]

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.recorder = Recorder(self, options.open_book)
        self._followers: list[Follower] = [self.recorder]
        self._pace = Pace(self)
        self._opens = options.opens
        self._tour: Tour | None = None
        if options.tour:
            from ktui.tui.tour.steps import Tour  # noqa: PLC0415 - only the demo has it

            self._tour = Tour()
        self.theme = first_theme(options, self) or self.theme

    def get_css_variables(self) -> dict[str, str]:
        """The theme's colours, and those of the states."""
        variables = super().get_css_variables()
        return {**variables, **state_colours(variables, ansi=self.current_theme.ansi, no_colour=self.no_color)}

    # Life

    def on_mount(self) -> None:
        """Draw first; connect when the first frame is out."""
        self.push_screen(OverviewScreen())
        self.theme_changed_signal.subscribe(self, partial(remember_theme, self.options, self))
        self.call_after_refresh(self._begin)

    def action_command_palette(self) -> None:
        """Open the palette, once."""
        if not isinstance(self.screen, Palette):
            self.hold_keys()
            self.push_screen(Palette())

    def _begin(self) -> None:
        start_profile.reached("the first frame is drawn")
        # What follows imports the client library: 0.1 s that the first frame does not wait for.
        from ktui.live.session import Session  # noqa: PLC0415

        start_profile.reached("the client is imported")
        stylesheets.read_others(self.stylesheet)
        options = self.options
        self._session = Session(self, options.access, options.namespace, options.selector, read_only=options.read_only)
        self.run_worker(self._pace.keep(), group="drawing")
        self.run_worker(self._pace.keep_time(), group="drawing")
        self._follow()
        self.set_timer(_PREPARED_AFTER, self._prepare)

    async def on_event(self, event: events.Event) -> None:
        """A key may act, and the first rows may just have come."""
        if isinstance(event, events.Key | events.MouseDown):
            self._prepare()
        await super().on_event(event)

    def _prepare(self) -> None:
        """Make the parts that act and announce, once. The first rows do not wait for what that imports."""
        if self._steering is not None or self._session is None:
            return
        from ktui.live.usage_feed import UsageFeed  # noqa: PLC0415
        from ktui.tui.announcements import Announcements  # noqa: PLC0415
        from ktui.tui.bluegreen.pairs import Pairs  # noqa: PLC0415
        from ktui.tui.steering.auto_aborts import Guards  # noqa: PLC0415
        from ktui.tui.steering.steering import Steering  # noqa: PLC0415

        self._announcements = Announcements(self)
        self._steering = Steering(self, self._session, self._announcements)
        self._pairs = Pairs(self)
        self._guards = Guards(self, self._session, self._steering)
        self._followers += [self._steering, self._guards, self._announcements, self._pairs]
        self.usage = UsageFeed(self)
        if not self.is_headless:
            # What is imported stays. If the collector looked at it again each time, a key could wait 50 ms for it.
            # (Without a terminal there may be more apps in this process, whose remains are to go.)
            gc.freeze()
        gc.enable()
        if self._session.connection is not None:
            self._say_unfinished(self._session.connection)
        self.draw_soon()

    def _follow(self) -> None:
        if self._session is not None:
            self.run_worker(self._session.run(), group="session", exclusive=True)

    # What the session tells

    def begin_anew(self) -> None:
        """Another cluster or scope: nothing of what was known holds."""
        for each in self._followers:
            each.leave()
        self.live = Live()
        self.redraw()

    def connected(self, connection: Connection) -> None:
        """There may be something to be said of what an earlier ktui did there."""
        if self._steering is not None:
            self._say_unfinished(connection)

    def _say_unfinished(self, connection: Connection) -> None:
        from ktui.tui.steering.unfinished import say_unfinished  # noqa: PLC0415

        self.run_worker(say_unfinished(self, connection), group="unfinished", exclusive=True)

    def heard(self, changes: Iterable[Change]) -> None:
        """Changes came in: draw what is new of it soon, together with what follows at once."""
        missing, edition = self.live.missing, self.live.store.edition
        self.live.apply(changes)
        if self.live.store.edition != edition:
            self._pace.draw_soon(at_once=self.live.missing != missing)

    def draw_soon(self) -> None:
        """Draw at the next tick."""
        self._pace.draw_soon()

    def draw(self) -> None:
        """Draw what is known now, once all that follows it has seen it."""
        for each in self._followers:
            each.update()
        self._open_first()
        self.redraw()
        if self.live.rollouts:
            start_profile.reached("the first rollouts are shown")
            if self._steering is None:
                self.set_timer(_BETWEEN_FRAMES, self._prepare)
        if self.live.is_settled:
            start_profile.reached(start_profile.LAST)
        if self.front is not None and self.front.is_moving:
            self.draw_soon()

    async def on_unmount(self) -> None:
        """Keep what is known of the rollouts that run."""
        self.recorder.leave()
        await self.recorder.aclose()
        if self._announcements is not None:
            await self._announcements.aclose()

    def _open_first(self) -> None:
        """Open the rollout that the dashboard was started for, once it is known; not over what was opened meanwhile."""
        if self._opens in self.live.rollouts:
            if isinstance(self.screen, OverviewScreen):
                self.post_message(messages.Open(messages.View.DETAIL, self._opens, anew=True))
            self._opens = ""

    @property
    def is_outdated(self) -> bool:
        """Whether what is drawn would say something else by now, although nothing was heard."""
        now, front = self.now(), self.front
        if self.live.is_outdated(now) or any(each.goes_by_the_clock for each in self._followers):
            return True
        return front is None or front.is_outdated(now)

    def redraw(self) -> None:
        """Draw what is known now on the screen in front."""
        if self.front is not None:
            self.front.draw_now()

    # Keys

    async def action_pop_screen(self) -> None:
        """Back, but not past the overview: a key that is pressed twice may be heard twice."""
        if not isinstance(self.screen, OverviewScreen):
            self.pop_screen()

    @on(messages.Open)
    @on(messages.OpenLogs)
    @on(messages.OpenReport)
    def _open(self, wanted: views.Opening) -> None:
        if isinstance(wanted, messages.Open) and wanted.anew:
            self._back_to_overview()
        screen = views.screen_for(wanted, self.live.rollouts)
        # A key that is pressed twice asks twice.
        if screen is not None and (type(screen) is not type(self.screen) or self.chosen != wanted.uid):
            self.push_screen(screen)

    @on(messages.OpenBlueGreen)
    def _open_blue_green(self, wanted: messages.OpenBlueGreen) -> None:
        self._start(partial(self._open_if_paired, wanted.uid), "opening")

    async def _open_if_paired(self, uid: str) -> None:
        from ktui.tui.bluegreen.pairs import screen_if_paired  # noqa: PLC0415

        if self._pairs is not None and (screen := await screen_if_paired(self, self._pairs, uid)) is not None:
            self.push_screen(screen)

    @on(messages.Steer)
    def _steer(self, wanted: messages.Steer) -> None:
        if self._steering is not None:
            steering = self._steering.steer(wanted.uid, wanted.key, revision=wanted.revision)
            self.run_worker(steering, group="steering")
        else:
            self.release_keys()

    @on(messages.SteerAll)
    def _steer_all(self, wanted: messages.SteerAll) -> None:
        from ktui.tui.steering.batch import steer_all  # noqa: PLC0415

        if self._steering is not None and self._session is not None:
            steering = steer_all(self, self._session, self._steering, wanted.uids, wanted.key)
            self.run_worker(steering, group="steering")
        else:
            self.release_keys()

    @on(messages.Switch)
    def _switch(self, wanted: messages.Switch) -> None:
        self.run_worker(self._switched(wanted), group="steering")

    async def _switched(self, wanted: messages.Switch) -> None:
        from ktui.tui.steering.switching import switch  # noqa: PLC0415

        if self._steering is None or self._session is None:
            return
        await switch(self._steering, self._session, wanted.state, wanted.side, force=wanted.force)
        if self._pairs is not None:
            self._pairs.has_changed(wanted.state.namespace)

    @on(messages.Guard)
    def _guard(self, wanted: messages.Guard) -> None:
        if self._guards is not None:
            self._guards.toggle(wanted.uid)
            self.redraw()

    def accompany(self, screen: Screen[Any]) -> None:
        """Give a screen the panel of the tour, if there is one."""
        if self._tour is not None:
            from ktui.tui.tour.panel import put_on  # noqa: PLC0415

            put_on(screen, self._tour)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The tour can be left only while there is one."""
        return super().check_action(action, parameters) and (action != "leave_tour" or self._tour is not None)

    def action_leave_tour(self) -> None:
        """Remove the panel of the tour from every screen."""
        from ktui.tui.tour.panel import take_off  # noqa: PLC0415

        self._tour = None
        take_off(self.screen_stack)
        self.redraw()

    @on(messages.Follow)
    def _follow_rollouts(self, wanted: messages.Follow) -> None:
        if self._announcements is not None:
            self._announcements.follow(wanted.uids)

    def action_help(self) -> None:
        """Keys and signs."""
        from ktui.tui.dialogs.help import HelpScreen  # noqa: PLC0415

        uid = self.chosen
        rollout = self.live.rollouts.get(uid or "")
        title = f"{rollout.namespace}/{rollout.name}" if rollout is not None else ""
        page = self.front.PAGE if self.front is not None else ""
        self.hold_keys()
        self.push_screen(HelpScreen(page, title, self.offers(uid) if uid is not None else (), self.own_keys))

    def _start(self, work: WorkType[None], group: str) -> None:
        """In place of what runs in that group; a function, for a coroutine may be cancelled before it is awaited."""
        self.run_worker(work, group=group, exclusive=True)

    def action_retry(self) -> None:
        """Do not wait for the next attempt to connect."""
        if self.usage is not None:
            self.usage.ask_anew()
        if self._session is not None:
            self._session.retry_now()

    def action_pick_namespace(self) -> None:
        """Another namespace, or all of them."""
        self.hold_keys()
        self._start(partial(self._pick, "namespace"), "picking")

    def action_pick_context(self) -> None:
        """Another cluster."""
        self.hold_keys()
        self._start(partial(self._pick, "context"), "picking")

    async def _pick(self, what: Picked) -> None:
        from ktui.tui.dialogs.scope import is_elsewhere, picker  # noqa: PLC0415

        if (session := self._session) is None:
            self.release_keys()
            return
        chosen = await self.push_screen_wait(picker(what, session))
        if chosen is not None and is_elsewhere(what, chosen, session):
            self._go_to(what, chosen)

    @on(messages.GoTo)
    def _goes_to(self, message: messages.GoTo) -> None:
        from ktui.tui.dialogs.scope import is_elsewhere  # noqa: PLC0415

        what: Picked = "context" if message.is_context else "namespace"
        if self._session is not None and is_elsewhere(what, message.name, self._session):
            self._go_to(what, message.name)

    def _go_to(self, what: Picked, name: str) -> None:
        if self._session is not None:
            self._leave()
            self._session.go_to(**{what: name})
            self._follow()

    def _leave(self) -> None:
        """What was said of another scope or cluster is not read as if it was about the next one."""
        self._back_to_overview()
        self.clear_notifications()

    def _back_to_overview(self) -> None:
        while not isinstance(self.screen, OverviewScreen):
            if isinstance(self.screen, Dialog):
                # Who asked is answered: it was not agreed to.
                self.screen.dismiss(None)
            else:
                self.pop_screen()


def run(options: Options) -> int:
    """Run the dashboard until it is quit, or a signal ends it; the exit code. Raises whatever ended it otherwise."""
    try:
        return KtuiApp(options).run_to_the_end()
    finally:
        start_profile.write()
