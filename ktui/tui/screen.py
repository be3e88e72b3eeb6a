"""What the full screens share: header and hints, and the keys that steer the rollout in question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import ModalScreen
from textual.worker import WorkType

from ktui.model.changes import LinkState
from ktui.present import Present, Validity
from ktui.tui.dismissal import SafeToDismiss
from ktui.tui.draw import chrome
from ktui.tui.draw.chrome import Hint
from ktui.tui.draw.widgets import Painting
from ktui.tui.host import Host
from ktui.tui.keymap import bind, name
from ktui.tui.messages import Follow, Guard, Open, OpenBlueGreen, OpenLogs, OpenReport, Steer, View
from ktui.tui.terminal.clipboard import copy

if TYPE_CHECKING:
    from ktui.live.usage_feed import Shown
    from ktui.plans.offers import Offer

_STEERED = {"pause": "toggle_pause", "resume": "toggle_pause", "repair": "canary"}
"""What the key of an action steers, where it is not called as the action is."""


class LiveScreen(SafeToDismiss[None]):
    """A screen that follows the cluster. The app tells it what changed; it redraws what it shows of that."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("space", "steer('toggle_pause')", id="rollout.pause"),
        bind("p", "steer('promote')", id="rollout.promote"),
        bind("b", "steer('rollback')", id="rollout.rollback"),
        bind("a", "steer('abort')", id="rollout.abort"),
        bind("C", "steer('canary')", id="rollout.canary"),
        bind("i", "steer('set-image')", id="rollout.image"),
        bind("s", "steer('scale')", id="rollout.scale"),
        bind("R", "steer('restart')", id="rollout.restart"),
        bind("T", "steer('retry')", id="rollout.retry"),
        bind("X", "steer('terminate')", id="rollout.terminate"),
        bind("h", "history", id="rollout.history"),
        bind("l", "logs", id="rollout.logs"),
        bind("e", "timeline", id="rollout.timeline"),
        bind("E", "audit", id="rollout.audit"),
        bind("u", "usage", id="rollout.usage"),
        bind("f", "figures", id="rollout.figures"),
        bind("A", "guard", id="rollout.guard"),
        bind("w", "follow", id="rollout.follow"),
        bind("B", "blue_green", id="rollout.bluegreen"),
        bind("c", "copy", id="copy"),
        bind("M", "messages", id="messages"),
        bind("r", "retry", id="retry", show=False),
        bind("n", "app.pick_namespace", id="scope.namespace"),
        bind("x", "app.pick_context", id="scope.context"),
        bind("colon", "app.command_palette", id="palette", show=False),
        bind("question_mark", "app.help", id="help"),
        bind("q", "app.quit", id="quit"),
    ]

    PAGE: ClassVar[str] = ""
    """What the help calls this screen; its keys come first there."""

    FOLLOWS_USE: ClassVar[bool] = False
    """Whether it shows what pods use: that is read only while such a screen is in front."""

    _is_composed = False
    _drawn: tuple[Validity, object] | None = None
    """Until when what is drawn stays true by the clock, and the title and notices above it."""

    @property
    def is_drawable(self) -> bool:
        """Whether all that the screen consists of is there.

        It is on the stack before that, and while the app ends; and what is left of it when it has gone from there is
        attached for a moment more.
        """
        app = self.app
        is_open = self._is_composed and self.is_attached and self in app.screen_stack
        return is_open and app.is_running and app.return_code is None

    def compose(self) -> ComposeResult:
        """Header and notices above what is shown, the keys below it."""
        yield Painting(id="header")
        yield Painting(id="notices")
        yield from self.compose_body()
        yield Painting(id="hints")

    def compose_body(self) -> ComposeResult:
        """What the screen shows between header and keys."""
        return ()

    def on_mount(self) -> None:
        """From here on there is something to draw on."""
        self._is_composed = True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that were typed ahead of a quit come to a screen that is being taken down: they mean nothing there."""
        return self.is_drawable and super().check_action(action, parameters)

    @property
    def ktui(self) -> Host:
        """What it may ask of the app."""
        return cast("Host", self.app)

    @property
    def is_front(self) -> bool:
        """Whether it is the full screen that is to be seen, whether or not a dialog is over it."""
        return front_of(self.app) is self

    @property
    def selected(self) -> str | None:
        """The uid of the rollout that the keys steer; None where there is none."""
        raise NotImplementedError

    @property
    def in_sight(self) -> frozenset[str]:
        """The uids of the rollouts that are to be seen now."""
        return frozenset({self.selected} if self.selected is not None else ())

    @property
    def is_moving(self) -> bool:
        """Whether something on it changes by itself: then it is drawn again at the next tick."""
        return False

    def redraw(self, now: datetime) -> None:
        """Show what is known now. Called when something changed, or an age did, and when the screen comes back."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """What happened while the screen was covered is shown at once."""
        self._show_toasts(shown=True)
        if self.FOLLOWS_USE:
            # As a function: a worker that is cancelled before it begins must not leave an unawaited coroutine.
            follow: WorkType[None] = self._follow_use
            self.run_worker(follow, group="use", exclusive=True)
        self.draw_now()

    def _show_toasts(self, *, shown: bool) -> None:
        """Show the messages here, or leave that to the dialog above."""
        for rack in self.query_children("ToastRack"):
            rack.display = shown

    async def _follow_use(self) -> None:
        usage, uid = self.ktui.usage, self.selected
        if usage is not None and uid is not None:
            await usage.follow(uid)

    def on_screen_suspend(self) -> None:
        """Nothing is read for a screen that is not seen; behind a dialog it is. A message is shown once, on top."""
        self._show_toasts(shown=False)
        if not isinstance(self.app.screen, ModalScreen):
            self.workers.cancel_group(self, "use")

    def on_resize(self) -> None:
        """Lines are made for the width that there is."""
        self.call_after_refresh(self.draw_now)

    def on_scroll_room_changed(self) -> None:
        """What was laid out by an earlier drawing has its size now, or a scrollbar has come or gone."""
        self.draw_now()

    def draw_now(self) -> None:
        """Redraw at once, if there is something to draw on: what is answered late may find the screen gone."""
        if self.is_drawable:
            now = Present.at(self.ktui.now())
            # The clock in the header has minutes; that a day is over shows with one of them, too.
            now.note(60 - now.second - now.microsecond / 1e6)
            self.redraw(now)
            self._drawn = (now.validity, self._over_all)

    def is_outdated(self, now: datetime) -> bool:
        """Whether what is drawn would say something else by now, although nothing was heard."""
        usage = self.ktui.usage
        if self._drawn is None or (self.FOLLOWS_USE and usage is not None and usage.is_behind):
            return True
        validity, shown = self._drawn
        return shown != self._over_all or not validity.holds(now)

    @property
    def _over_all(self) -> tuple[object, ...]:
        """What is shown above the content, and changes by other ways than what is heard of the cluster."""
        return self.ktui.title_line, self.ktui.notices

    def action_steer(self, name: str) -> None:
        """Begin an action on the selected rollout."""
        if (uid := self._still_there()) is not None:
            self.ktui.hold_keys()
            self.post_message(Steer(uid, name))

    def action_history(self) -> None:
        """Open the history of the selected rollout."""
        self._go_to("history", partial(Open, View.HISTORY))

    def action_timeline(self) -> None:
        """Open the timeline of the selected rollout."""
        self._go_to("timeline", partial(Open, View.TIMELINE))

    def action_audit(self) -> None:
        """Open who did what to the selected rollout."""
        self._go_to("audit", partial(Open, View.AUDIT))

    def action_usage(self) -> None:
        """Open what the pods of the selected rollout use."""
        self._go_to("resources", partial(Open, View.RESOURCES))

    def action_figures(self) -> None:
        """Open the figures of the selected rollout."""
        if (uid := self._still_there()) is not None:
            self.post_message(OpenReport(uid))

    def action_logs(self) -> None:
        """Open the logs of the selected rollout."""
        self._go_to("logs", OpenLogs)

    def _go_to(self, page: str, opens: Callable[[str], Message]) -> None:
        """Open a screen of the selected rollout, or go back to it if it is open below this one."""
        uid = self._still_there()
        if uid is None:
            return
        below = [each for each in self.app.screen_stack[:-1] if isinstance(each, LiveScreen)]
        if any(page == each.PAGE and each.selected == uid for each in below):
            # A key may come late, when a palette or a question is over this screen: that is not agreed to.
            while not isinstance(top := self.app.screen, LiveScreen) or page != top.PAGE:
                if isinstance(top, LiveScreen):
                    self.app.pop_screen()
                else:
                    top.dismiss(None)
        else:
            self.post_message(opens(uid))

    def _still_there(self) -> str | None:
        """The uid of the selected rollout; None, and said, if there is none or it is gone."""
        uid = self.selected
        if uid is None:
            self.ktui.notify("No rollout is selected here.", severity="warning")
        elif uid not in self.ktui.live.rollouts:
            self.ktui.notify("This rollout is gone.", severity="warning")
        else:
            return uid
        return None

    @property
    def copied(self) -> tuple[str, str]:
        """What `c` copies: what it is, and its text."""
        raise NotImplementedError

    def action_copy(self) -> None:
        """Copy what is shown, or what is under the cursor."""
        what, text = self.copied
        if text.strip():
            copy(self.app, text, what, self.ktui.options.folder)
        else:
            self.notify("Nothing to copy here.", severity="warning")

    def action_messages(self) -> None:
        """Open the page of what ktui said."""
        from ktui.tui.page.messages import messages_page  # noqa: PLC0415 - nothing for the first frame

        self.app.push_screen(messages_page(self.ktui))

    def action_retry(self) -> None:
        """Do not wait for the next attempt of anything, and say what comes of that."""
        self.ktui.action_retry()
        link = self.ktui.live.link
        is_live = link is not None and link.state is LinkState.LIVE
        self.notify("The link is live: what is shown is current." if is_live else "Trying to reach the cluster now.")

    def action_guard(self) -> None:
        """Turn auto-abort of the selected rollout on, or off."""
        if (uid := self._still_there()) is not None:
            self.post_message(Guard(uid))

    def action_follow(self) -> None:
        """Have what becomes of the selected rollout announced, or no longer."""
        if (uid := self._still_there()) is not None:
            self.post_message(Follow([uid]))

    def action_blue_green(self) -> None:
        """Open the Service that has the selected rollout as one of its sides."""
        if (uid := self._still_there()) is not None:
            self.post_message(OpenBlueGreen(uid))

    @property
    def pair_hints(self) -> list[Hint]:
        """The way to the Service, where the selected rollout is one of its sides."""
        is_side = self.selected is not None and self.ktui.is_side(self.selected)
        return [Hint("B", "blue-green", "screen.blue_green")] if is_side else []

    @property
    def guard_hints(self) -> list[Hint]:
        """How to turn auto-abort off, where it is on for the selected rollout."""
        return [Hint("A", "auto-abort off", "screen.guard")] if self.selected in self.ktui.guarded else []

    @property
    def use(self) -> Shown | None:
        """What the pods of the selected rollout use, as far as that was read."""
        usage, uid = self.ktui.usage, self.selected
        return usage.shown(uid) if usage is not None and uid is not None else None

    @property
    def other_lines(self) -> int:
        """How many lines the notices below the header take, and what accompanies every screen."""
        return len(self.ktui.notices) + self.accompanied

    def draw_chrome(self, now: datetime, title: str, counts: Sequence[str], keys: Sequence[Hint]) -> None:
        """Header and hints."""
        cells = self.size.width - 2
        header = self.query_one("#header", Painting)
        lines = [chrome.header(title, counts, self.ktui.link_state(now), now, cells, badge=self.ktui.badge)]
        notices = [chrome.notice(text, cells) for text in self.ktui.notices]
        self.set_class(bool(notices), "-noticed")
        self.query_one("#notices", Painting).show(notices)
        header.show(lines)
        self.query_one("#hints", Painting).show([chrome.hints(keys, self.size.width)])


def front_of(app: App[Any]) -> LiveScreen | None:
    """The full screen that is to be seen, whether or not a dialog is over it."""
    return next((screen for screen in reversed(app.screen_stack) if isinstance(screen, LiveScreen)), None)


def action_hints(offers: Sequence[Offer], wanted: Callable[[Offer], bool] = lambda _: True) -> list[Hint]:
    """The actions on the rollout in question as hints. Of two that do the same, one is enough."""
    return [
        Hint(
            name(offer.key),
            offer.label,
            f"screen.steer('{_STEERED.get(offer.action, offer.action)}')",
            offer.open,
        )
        for offer in offers
        if offer.instead is None and wanted(offer)
    ]
