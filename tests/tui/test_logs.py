from __future__ import annotations

import re
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ktui.tui.logs.buffer import MOST_BYTES, MOST_LINES
from ktui.tui.logs.pane import LogPane
from ktui.tui.logs.screen import LogsScreen
from tests.tui.conftest import Dashboard, Screen, Stage

Opened = Callable[[Screen], Awaitable[LogsScreen]]


async def opened(screen: Screen) -> LogsScreen:
    await screen.knows_all()
    await screen.press("l")
    await screen.until(lambda: isinstance(screen.app.screen, LogsScreen), "the logs")
    logs = screen.app.screen
    assert isinstance(logs, LogsScreen)
    return logs


def lines_of(pane: LogPane) -> list[str]:
    return [entry.text for entry in pane.buffer.shown]


def written(stage: Stage) -> int:
    """How many lines the only pod has written."""
    (pod,) = stage.core.list_namespaced_pod("shop").items
    return len(stage.core.read_namespaced_pod_log(pod.metadata.name, "shop").splitlines())


def names(stage: Stage, image: str) -> list[str]:
    """The short names of the pods that run an image."""
    pods = stage.core.list_namespaced_pod("shop").items
    return [p.metadata.name.rsplit("-", 1)[1] for p in pods if p.spec.containers[0].image.endswith(image)]


async def test_l_follows_the_pods_of_the_new_revision(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(10)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("● 1 cart:1.0  2 pods", "● following", *names(stage, "1.0"), "listening on :8080")
        await screen.sees("F stop following", "space pause", "V old", "esc back")
        before = len(lines_of(logs.pane))
        stage.advance(10)
        await screen.until(lambda: len(lines_of(logs.pane)) > before + 10, "more lines")
        found = [(entry.source.short, entry.text) for entry in logs.pane.buffer.shown]
        assert len(set(found)) == len(found)
        await screen.press("escape")
        await screen.sees("enter open")


async def test_l_on_the_detail_screen_and_back(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS", "l logs")
        await screen.press("l")
        await screen.sees("● following", "listening on :8080")
        await screen.press("escape")
        await screen.sees("REVISIONS AND PODS")


async def test_of_a_container_that_crashed_the_previous_instance_comes_first(
    stage: Stage, dashboard: Dashboard
) -> None:
    stage.deploy("cart", "cart:crash", replicas=1)
    stage.advance(8)
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("previous instance, ", "starting cart crash", "FATAL exiting with code 1")
        await screen.sees("ended with exit code 1")


async def test_a_container_that_has_not_started_says_so_and_then_writes(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(0.2)
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("The container has not started: 1 ContainerCreating", "appears here as soon as it has")
        await screen.sees("○ waiting")
        await screen.press("S")
        await screen.hears("There is nothing to save: no line is shown.")
        stage.advance(10)
        await screen.sees("listening on :8080")


async def test_an_image_that_cannot_be_pulled_is_told(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:nopull", replicas=2)
    stage.advance(20)
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("The container has not started: 2 ImagePullBackOff")


async def test_pods_join_as_they_come_and_pods_that_end_are_marked(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("1 cart:1.0  1 pod", "listening")
        (first,) = names(stage, "1.0")
        stage.apps.patch_namespaced_deployment_scale("cart", "shop", {"spec": {"replicas": 2}})
        stage.advance(20)
        (second,) = set(names(stage, "1.0")) - {first}
        await screen.sees("1 cart:1.0  2 pods", second)
        (pod,) = [
            p.metadata.name for p in stage.core.list_namespaced_pod("shop").items if p.metadata.name.endswith(first)
        ]
        stage.core.delete_namespaced_pod(pod, "shop")
        stage.advance(5)
        gone = f"── {first}/cart: the pod is gone"
        await screen.until(lambda: any("the pod is gone" in text for text in lines_of(logs.pane)), gone)
        assert any("SIGTERM received" in text for text in lines_of(logs.pane))


async def test_new_and_old_stand_side_by_side_or_alternate(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=2)
    stage.advance(30)
    stage.set_image("cart", "cart:crash")
    stage.advance(10)
    async with dashboard(size=(160, 40)) as screen:
        await opened(screen)
        await screen.sees("● 2 cart:crash", "cannot start")
        assert "1 cart:1.0" not in screen.text
        await screen.press("V")
        await screen.sees("○ 1 cart:1.0", "200", "ms trace=")
        assert "2 cart:crash" not in screen.text
        await screen.press("V")
        await screen.until(lambda: re.search(r"● 2 cart:crash .* ○ 1 cart:1.0", screen.text), "both")
        await screen.sees("cannot start", "ms trace=")
        await screen.pilot.resize_terminal(100, 30)
        await screen.sees("● 2 cart:crash", "tab to old")
        await screen.sees_no("1 cart:1.0")
        await screen.press("tab")
        await screen.sees("○ 1 cart:1.0", "tab to new")
        await screen.sees_no("2 cart:crash")


async def test_one_pod_and_one_container_can_be_chosen(stage: Stage, dashboard: Dashboard) -> None:
    spec: dict[str, Any] = {"template": {"metadata": {"labels": {"app": "cart"}}, "spec": {
        "initContainers": [{"name": "migrate", "image": "migrate:3"}],
        "containers": [{"name": "cart", "image": "cart:1.0"}, {"name": "proxy", "image": "envoy:2"}],
    }}}  # fmt: skip
    stage.deploy("cart", "cart:1.0", replicas=2, **spec)
    stage.advance(10)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("container cart of 3", "listening on :8080")
        assert {entry.source.container for entry in logs.pane.buffer.shown} == {"cart"}
        await screen.press("K")
        await screen.sees("every container")
        await screen.type("every")
        await screen.press("enter")
        await screen.sees("3 containers of 3", "/proxy")
        await screen.until(lambda: any("schema is at 42" in text for text in lines_of(logs.pane)), "the init container")
        await screen.press("O")
        await screen.sees("all 2 pods")
        one = names(stage, "1.0")[0]
        await screen.type(one)
        await screen.press("enter")
        await screen.sees(f"pod {one}")
        await screen.until(lambda: lines_of(logs.pane), "lines")
        assert {entry.source.short for entry in logs.pane.buffer.shown} == {one}


async def test_f_stops_following_and_space_pauses_the_rollout(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(60)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("ms trace=")
        view = logs.pane.view
        await screen.until(lambda: view.max_scroll_y > 0 and view.scroll_offset.y == view.max_scroll_y, "the end")
        await screen.press("F")
        await screen.sees("‖ not following", "F follow")
        top = view.scroll_offset.y
        stage.advance(20)
        await screen.until(lambda: re.search(r"not following, \d\d new below", screen.text), "how many are new")
        assert view.scroll_offset.y == top
        assert not stage.read("cart").spec.paused
        await screen.press("G")
        await screen.sees("● following")
        await screen.until(lambda: view.scroll_offset.y == view.max_scroll_y, "the end again")
        # The keys that steer the rollout do so here too.
        await screen.press("space")
        await screen.sees("Pause shop/cart", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.read("cart").spec.paused, "the rollout to be paused")
        # Logs are opened once: from the history that was opened on them, l goes back to them.
        await screen.press("h")
        await screen.sees("WHAT CHANGED")
        await screen.press("l")
        await screen.until(lambda: screen.app.screen is logs, "the logs again")


async def test_who_scrolls_up_reads_in_peace_and_the_top_can_be_reached(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(120)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("ms trace=")
        await screen.press("g")
        await screen.sees("starting cart 1.0", "‖ not following")
        stage.advance(20)
        await screen.sees("new below")
        assert "starting cart 1.0" in screen.text
        await screen.press("pagedown", "k", "end")
        await screen.sees("● following")
        view = logs.pane.view
        await screen.until(lambda: view.scroll_offset.y == view.max_scroll_y, "the end again")


async def test_search_jumps_counts_filters_and_is_cleared(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(200)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.until(lambda: len(lines_of(logs.pane)) == written(stage), "every line")
        await screen.press("slash")
        await screen.type("post")
        await screen.press("enter")
        found = len(logs.pane.buffer.matches)
        await screen.sees(f"lines with “post”: {found} of {found}", "‖ not following")
        await screen.press("comma")
        await screen.sees(f"{found - 1} of {found}")
        await screen.press("full_stop", "full_stop")
        await screen.sees(f": 1 of {found}")
        await screen.press("ampersand")
        await screen.sees("only lines with “post”")
        assert all("post" in text.lower() for text in lines_of(logs.pane))
        await screen.press("escape")
        await screen.sees_no("“post”")
        assert len(lines_of(logs.pane)) > found
        await screen.press("slash")
        await screen.type("nowhere")
        await screen.press("enter")
        await screen.sees("nothing has “nowhere”")
        await screen.press("escape", "escape")
        await screen.sees("enter open")


async def test_times_wrap_and_moving_sideways(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(8)
    async with dashboard(size=(80, 24)) as screen:
        logs = await opened(screen)
        await screen.sees("INFO  listening on :8080")
        await screen.press("t")
        await screen.until(lambda: re.search(r"\d+s INFO  listening", screen.text), "how long ago")
        await screen.press("t")
        await screen.until(lambda: re.search(r"12:00:0\d\.\d{3} INFO  listening", screen.text), "at what time")
        await screen.press("t")
        await screen.until(lambda: not re.search(r"\d INFO  listening", screen.text), "no time")
        await screen.press("right")
        await screen.sees("from column 17")
        await screen.sees_no("INFO  starting")
        await screen.press("W")
        await screen.sees("INFO  starting")
        assert logs.pane.view.virtual_size.height >= len(lines_of(logs.pane))


async def test_save_writes_a_file_for_the_owner_alone_and_says_where(
    stage: Stage, dashboard: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.until(lambda: len(lines_of(logs.pane)) == written(stage), "every line")
        await screen.press("F", "S")
        await screen.hears("saved to")
        (path,) = (tmp_path / "state" / "ktui" / "logs").iterdir()
        assert str(path) in screen.told
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        saved = path.read_text().splitlines()
        assert len(saved) == len(lines_of(logs.pane))
        assert re.match(r"2026-11-23T12:00:0\d\.\d{9}Z cart-\w+-\w+/cart INFO  starting cart 1.0", saved[0])
        await screen.press("S")
        await screen.until(lambda: len(list(path.parent.iterdir())) == 2, "a second file")


async def test_who_may_not_read_logs_is_told(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    stage.cluster.faults.forbid("get", "pods/log")
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("✖ Not allowed: pods", "Nothing can be read.")
        stage.cluster.faults.allow("get", "pods/log")
        await screen.press("r")
        await screen.sees("listening on :8080")


async def test_a_connection_that_breaks_is_told_and_comes_back_without_a_line_twice(
    stage: Stage, dashboard: Dashboard
) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("listening on :8080")
        with stage.cluster.faults.refusing_connections():
            await screen.sees("▲ Nothing listens at", "Trying again by itself")
            stage.advance(10)
        await screen.press("r")
        await screen.sees_no("▲ Nothing listens at")
        last = lines_of(logs.pane)[-1]
        stage.advance(10)
        await screen.until(lambda: lines_of(logs.pane)[-1] != last, "more lines")
        assert len(set(lines_of(logs.pane))) == len(lines_of(logs.pane))


async def test_a_rollout_deleted_meanwhile_keeps_what_was_read(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("listening on :8080")
        stage.apps.delete_namespaced_deployment("cart", "shop")
        stage.advance(10)
        await screen.sees("× deleted", "SIGTERM received", "the pod is gone")
        await screen.press("escape")
        await screen.sees("There are no Deployments")


async def test_a_flood_keeps_memory_bounded_and_keys_working(stage: Stage, dashboard: Dashboard) -> None:
    noisy = {"labels": {"app": "cart"}, "annotations": {"sim.ktui/log-rate": "10000"}}
    container = {"name": "cart", "image": "registry.example/shop/cart:1.0"}
    stage.deploy("cart", "cart:1.0", replicas=3, template={"metadata": noisy, "spec": {"containers": [container]}})
    stage.advance(5)
    async with dashboard() as screen:
        logs = await opened(screen)
        await screen.sees("ms trace=")
        while not logs.pane.buffer.has_dropped:
            before = logs.pane.feed.lines
            stage.advance(0.5)
            await screen.until(lambda before=before: logs.pane.feed.lines >= before + 10_000, "thousands of lines")  # type: ignore[misc]
            assert len(logs.pane.buffer) <= MOST_LINES
            assert logs.pane.buffer.bytes <= MOST_BYTES
        await screen.press("F")
        await screen.sees("‖ not following")
        stage.advance(1)
        await screen.press("W", "t", "slash")
        await screen.type("slow")
        await screen.press("enter")
        await screen.sees("lines with “slow”")
        await screen.press("escape", "G")
        await screen.sees("● following", "only the newest")
        await screen.press("escape")
        await screen.sees("enter open")
