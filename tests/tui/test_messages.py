"""A screen without the dashboard: a bare app has what a screen may ask for, and records what the screen wants done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from textual.message import Message

from ktui.kinds.registry import WORKLOADS
from ktui.kube.auth.access import Access
from ktui.kube.connection import Connection
from ktui.live.live import Live
from ktui.live.recorder import Recorder
from ktui.live.usage_feed import UsageFeed
from ktui.model.changes import Change, Listed, Put
from ktui.model.resources import DEPLOYMENTS, REPLICASETS
from ktui.plans.offers import Offer
from ktui.tui import messages, stylesheets
from ktui.tui.door import CleanApp
from ktui.tui.draw.marks import Mark
from ktui.tui.draw.widgets import COMPONENTS, Line
from ktui.tui.host import Host
from ktui.tui.options import Options
from ktui.tui.overview.screen import OverviewScreen
from ktui.tui.screen import LiveScreen
from ktui.tui.theme import state_colours
from ktui.tui.timeline.screen import TimelineScreen
from tests.recorded import decode
from tests.rollout.made import NOW, template


class Bare(CleanApp):
    """Does nothing that is asked of it."""

    CSS_PATH = stylesheets.FIRST
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)

    title_line = namespace = ""
    badge: tuple[str, str] | None = None
    contexts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    emptiness: tuple[str, ...] = ()
    usage: UsageFeed | None = None
    connection: Connection | None = None
    chosen: str | None = None
    pending: Mapping[str, str] = {}
    guarded: frozenset[str] = frozenset()
    followed: frozenset[str] = frozenset()
    opened: str | None = None

    def __init__(self, live: Live) -> None:
        super().__init__()
        self.live, self.options = live, Options(access=Access(), audit=None)
        self.recorder = Recorder(self, None)
        self.wanted: list[dict[str, object]] = []

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        return {**variables, **state_colours(variables, ansi=False)}

    def post_message(self, message: Message) -> bool:
        if type(message).__module__ == messages.__name__:
            said = {name: value for name, value in vars(message).items() if not name.startswith("_") and name != "time"}
            self.wanted.append({"wants": type(message), **said})
        return super().post_message(message)

    def now(self) -> datetime:
        return NOW

    def link_state(self, now: datetime) -> Line:
        return []

    def offers(self, uid: str) -> tuple[Offer, ...]:
        return ()

    def is_side(self, uid: str) -> bool:
        return False

    def traffic(self, uid: str) -> Mark | None:
        return None

    def countdown(self, now: datetime, uid: str = "") -> str:
        return ""

    def begin_anew(self) -> None: ...

    def connected(self, connection: Connection) -> None: ...

    def heard(self, changes: Iterable[Change]) -> None: ...

    def draw_soon(self) -> None: ...

    def action_retry(self) -> None: ...

    def hold_keys(self) -> None: ...

    def release_keys(self) -> None: ...

    def set_terminal_title(self, title: str) -> None: ...

    def notify_desktop(self, text: str, setting: str) -> None: ...


def a_live(*names: str) -> Live:
    live = Live()
    for name in names:
        meta = {"name": name, "namespace": "shop", "uid": f"uid-of-{name}", "resourceVersion": "1"}
        raw = {"metadata": meta, "spec": {"replicas": 1, "template": template("web:1.0")}}
        live.apply([Put(DEPLOYMENTS, decode(DEPLOYMENTS, raw))])
    live.apply([Listed(resource) for resource in (*WORKLOADS, REPLICASETS)])
    assert not any(live.refresh(NOW)), "nothing of what is new can wait"
    return live


async def wanted_by(screen: LiveScreen, live: Live, *keys: str) -> list[dict[str, object]]:
    app = Bare(live)
    host: Host = app  # what mypy checks: it has all that a screen may ask for
    assert host.live is live
    async with app.run_test(size=(120, 36)) as pilot:
        stylesheets.read_others(app.stylesheet)
        await app.push_screen(screen)
        await pilot.press(*keys)
        assert screen.is_front, "it did nothing by itself"
    return app.wanted


async def test_a_screen_says_what_it_wants() -> None:
    uid = "uid-of-cart"
    wanted = await wanted_by(TimelineScreen(uid), a_live("cart"), "h", "l", "u", "f", "b", "space", "A", "B")
    assert wanted == [
        {"wants": messages.Open, "view": messages.View.HISTORY, "uid": uid, "anew": False},
        {"wants": messages.OpenLogs, "uid": uid, "pod": "", "is_old": False},
        {"wants": messages.Open, "view": messages.View.RESOURCES, "uid": uid, "anew": False},
        {"wants": messages.OpenReport, "uid": uid, "only": None},
        {"wants": messages.Steer, "uid": uid, "key": "rollback", "revision": None},
        {"wants": messages.Steer, "uid": uid, "key": "toggle_pause", "revision": None},
        {"wants": messages.Guard, "uid": uid},
        {"wants": messages.OpenBlueGreen, "uid": uid},
    ]


async def test_the_overview_steers_what_is_selected() -> None:
    wanted = await wanted_by(OverviewScreen(), a_live("cart", "web"), "enter", "v", "j", "v", "b")
    assert wanted == [
        {"wants": messages.Open, "view": messages.View.DETAIL, "uid": "uid-of-cart", "anew": True},
        {"wants": messages.SteerAll, "uids": ["uid-of-cart", "uid-of-web"], "key": "rollback"},
    ]
