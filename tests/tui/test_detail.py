from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ktui.rollout.detail import Revision
from ktui.rollout.podstatus import Health, PodState
from ktui.tui.detail.transitions import FADE, FLASH, Transitions
from ktui.tui.draw.widgets import Pages
from ktui.tui.terminal.clipboard import COPIED
from tests.tui.conftest import Dashboard, Screen, Stage

BORN = datetime(2026, 11, 23, tzinfo=UTC)


async def _opened(screen: Screen) -> None:
    await screen.knows_all()
    await screen.press("enter")
    await screen.sees("REVISIONS AND PODS")


async def test_pods_change_state_under_their_revisions(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=6)
    stage.advance(20)
    async with dashboard() as screen:
        await _opened(screen)
        await screen.sees("■■■■■■", "6 of 6 ready", "nothing is wrong")
        stage.set_image("cart", "cart:1.1")
        stage.advance(0.3)
        await screen.sees("cart:1.0  →  cart:1.1", "revision 1 → 2", "◧", "▨", "Terminating")
        await screen.sees("surge 25% (2)", "unavailable 25% (1)", "5 available, minimum 5", "lowest 5")
        stage.advance(30)
        await screen.sees("✔ complete", "revision 2", "6 of 6 ready", "lowest 5")


async def test_causes_conditions_and_events_of_a_failed_rollout(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", progressDeadlineSeconds=20)
    stage.advance(20)
    stage.set_image("cart", "cart:nopull")
    stage.advance(40)
    async with dashboard(size=(160, 44)) as screen:
        await _opened(screen)
        await screen.sees("✖ failed", "image cart:nopull cannot be pulled", "no progress within its deadline of 20s")
        await screen.sees('kubectl: deployment "cart" exceeded its progress deadline')
        await screen.sees("✖ Progressing False  ProgressDeadlineExceeded", "ImagePullBackOff", "try ")
        await screen.sees("BackOff")


async def test_t_lists_every_pod_by_name(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=3)
    stage.advance(20)
    names = [pod.metadata.name.rsplit("-", 1)[1] for pod in stage.core.list_namespaced_pod("shop").items]
    async with dashboard(size=(80, 24)) as screen:
        await _opened(screen)
        await screen.sees("■■■")
        assert not any(f"{name} " in screen.text and "1/1" in screen.text for name in names)
        await screen.press("z")
        await screen.sees(*names, "1/1", "node-")


async def test_a_deployment_deleted_while_open_stays_as_it_was_and_is_marked(
    stage: Stage, dashboard: Dashboard
) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await _opened(screen)
        await screen.sees("■■■■")
        stage.apps.delete_namespaced_deployment("cart", "shop")
        stage.advance(5)
        await screen.sees("× deleted: this is its last known state")
        await screen.press("space", "b")
        await screen.sees_no("h history")
        for key in "hleuf":
            await screen.press(key)
            await screen.sees("× deleted: this is its last known state", "REVISIONS AND PODS")
            await screen.hears("This rollout is gone")
        stage.deploy("cart", "cart:2.0")
        stage.advance(5)
        await screen.sees("another Deployment has its name now")
        await screen.press("escape")
        await screen.sees("cart:2.0")


async def test_narrow_and_wide_show_the_same_things(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    stage.set_image("cart", "cart:crash")
    stage.advance(10)
    for size in ((80, 24), (200, 60)):
        async with dashboard(size=size) as screen:
            await _opened(screen)
            await screen.sees("▲ stalled", "✖✖", "crash: exit 1", "EVENTS", "esc back", "capacity")


def _pod(uid: str, health: Health, word: str = "Running") -> PodState:
    born = BORN + timedelta(seconds=int(uid))
    return PodState(name=f"p-{uid}", uid=uid, word=word, health=health, ready="1/1", restarts=0, node="n", created=born)


def _revision(*pods: PodState) -> Revision:
    return Revision(
        number=1, uid="rs", name="p", images=(), created=BORN, change_cause="", wanted=len(pods), existing=len(pods),
        ready=0, available=0, min_ready_seconds=0, former=(), is_current=True, pods=pods,
    )  # fmt: skip


def test_a_pod_flashes_when_its_state_changes_and_not_at_the_first_look() -> None:
    cells = Transitions()
    assert [cell.flashes for cell in cells.cells([_revision(_pod("1", Health.STARTING))], 100.0)["rs"]] == [False]
    assert not cells.is_moving()
    assert [cell.flashes for cell in cells.cells([_revision(_pod("1", Health.READY))], 101.0)["rs"]] == [True]
    assert cells.is_moving(), "until it was looked at again, however long that takes"
    assert not cells.cells([_revision(_pod("1", Health.READY))], 101.0 + FLASH)["rs"][0].flashes
    assert not cells.is_moving()


def test_a_pod_that_comes_flashes_and_one_that_goes_fades_in_its_place() -> None:
    cells = Transitions()
    one, two, three = (_pod(uid, Health.READY) for uid in "123")
    cells.cells([_revision(one, three)], 0.0)
    assert [cell.flashes for cell in cells.cells([_revision(one, two, three)], 5.0)["rs"]] == [False, True, False]
    after = cells.cells([_revision(one, three)], 10.0)["rs"]
    assert [(cell.pod.uid, cell.is_ghost) for cell in after] == [("1", False), ("2", True), ("3", False)]
    assert cells.is_moving()
    assert len(cells.cells([_revision(one, three)], 10.1 + FADE)["rs"]) == 2
    assert not cells.is_moving()


async def test_pods_are_listed_by_themselves_if_there_is_room(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=3)
    stage.advance(20)
    async with dashboard() as screen:
        await _opened(screen)
        for pod in stage.core.list_namespaced_pod("shop").items:
            await screen.sees(pod.metadata.name.rsplit("-", 1)[1])


async def test_a_pod_is_opened_read_and_copied(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    """What is cut in a row stands on the page of the pod in full: its containers, how they ended, its events."""
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(20)
    stage.set_image("cart", "cart:crash")
    stage.advance(90)
    async with dashboard() as screen:
        await _opened(screen)
        await screen.sees("CrashLoopBackOff", "WHY")
        await screen.press("j")
        await screen.press("enter")
        await screen.sees("Pod shop/cart-", "CONTAINERS", "registry.example/shop/cart:crash", "ended with exit code 1")
        page = screen.app.screen.query_one(Pages)
        await screen.until(lambda: "Back-off restarting failed container" in page.text, "the events of the pod")
        await screen.press("y")
        await screen.until(lambda: "restartPolicy: Always" in page.text, "the pod as YAML")
        assert "managedFields" not in page.text
        await screen.press("c")
        copied = tmp_path / COPIED
        await screen.until(copied.exists, "the copy")
        assert copied.stat().st_mode & 0o777 == 0o600
        assert "kind: Pod" in copied.read_text()
        await screen.press("y", "l")
        await screen.sees("● 2 cart:crash  pod ", "previous instance")
        await screen.press("escape")
        await screen.sees("REVISIONS AND PODS")
        await screen.press("y")
        await screen.sees("Pod shop/cart-", "apiVersion: v1", "y text")
        await screen.press("escape", "g", "y")
        await screen.sees("y shows the YAML of a pod: move the cursor to one.")


async def test_causes_and_events_are_read_in_full_at_any_size(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(20)
    stage.set_image("cart", "cart:nopull")
    stage.advance(90)
    async with dashboard(size=(80, 24)) as screen:
        await _opened(screen)
        await screen.press("tab")
        await screen.sees("WHY")
        await screen.press("enter")
        await screen.sees("CAUSE", "WHAT THE CLUSTER SAYS")
        await screen.press("escape", "tab", "enter")
        await screen.sees("Events: ", "EVENTS")


async def test_pods_that_a_node_refused_are_one_line_below_those_that_live(stage: Stage, dashboard: Dashboard) -> None:
    """CASES 109: the pod that lives is not the last of eighty rows."""
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(20)
    fates = stage.cluster.plane.fates
    stage.cluster.call(lambda: fates.know("registry.example/shop/cart:1.1", {"fate": "turnedaway", "run-seconds": "1"}))
    stage.set_image("cart", "cart:1.1")
    stage.advance(12)
    async with dashboard() as screen:
        await _opened(screen)
        await screen.sees("pods · OutOfcpu", "the newest")
        listed = [line for line in screen.text.splitlines() if "OutOfcpu" in line and "node-" in line]
        assert len(listed) == 1
        await screen.press("j")
        await screen.press("enter")
        await screen.sees("Pod shop/cart-")
