"""What pods use, by keys, on a simulated cluster: in the detail, on a screen of its own, and what questions warn of."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from ktui.kube.auth.access import Access
from ktui.tui.app import KtuiApp
from ktui.tui.draw.widgets import Pages, Painting
from ktui.tui.options import Options
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

Snap = Callable[..., bool]
Steps = Callable[[Screen], Awaitable[None]]
JSON = dict[str, Any]
METRICS = "metrics.k8s.io"


def template(image: str, memory: str) -> JSON:
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    container = {"name": "cart", "image": f"registry.example/shop/{image}", "resources": resources}
    meta = {"labels": {"app": "cart"}, "annotations": {"sim.ktui/memory": memory}}
    return {"metadata": meta, "spec": {"containers": [container]}}


@pytest.fixture
def rolling(stage: Stage) -> Stage:
    """shop/cart, paused half-way: the new pods use nearly all that they may, the old ones half of it."""
    stage.deploy("cart", "cart:1.0", replicas=8, template=template("cart:1.0", "60Mi"))
    stage.advance(600)
    stage.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"template": template("cart:1.1", "120Mi")}})
    stage.advance(0.5)
    stage.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"paused": True}})
    stage.advance(42.5)
    return stage


def quota(stage: Stage, **hard: str) -> None:
    named = {name.replace("_", "."): amount for name, amount in hard.items()}
    meta = {"name": "team", "namespace": "shop"}
    stage.cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": named}})
    stage.advance(1)


async def opened(screen: Screen, *keys: str) -> None:
    await screen.sees("1 rollout", "i set image")
    await screen.press(*keys)


def use(screen: Screen) -> str:
    return screen.app.screen.query_one("#use", Pages).text


async def test_new_against_old_in_the_detail_and_on_a_screen_of_its_own(rolling: Stage, dashboard: Dashboard) -> None:
    async with dashboard(size=(130, 44)) as screen:
        await opened(screen, "enter")
        await screen.sees("RESOURCES  13s ago", "memory new", "of limit 128Mi", "CPU    new", "of request 100m")
        assert "u more" in screen.text
        assert screen.text.count("old ") >= 2
        await screen.press("u")
        await screen.sees("× the memory of an old one", "limit 128Mi.", "one that goes beyond it is killed", "PODS")
        await screen.sees("measured 13s ago, over 15s")
        assert "● 2 new" in use(screen)
        assert "○ 1 old" in use(screen)
        await screen.press("u")
        await screen.sees("REVISIONS AND PODS")


async def test_pods_that_have_just_started_are_not_measured_yet(rolling: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen, "u")
        await screen.sees("PODS")
        assert "not measured" not in use(screen)
        rolling.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"paused": False}})
        rolling.advance(5)
        await screen.sees("new pods measured so far", "not measured yet")


async def test_old_pods_that_are_gone_by_the_time_that_new_ones_are_measured(
    stage: Stage, dashboard: Dashboard
) -> None:
    stage.deploy("cart", "cart:1.0", template=template("cart:1.0", "60Mi"))
    stage.advance(60)
    async with dashboard() as screen:
        await screen.sees("1 rollout", "s scale")
        await screen.press("u")
        await screen.sees("● 1 new")
        stage.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"template": template("cart:1.1", "120Mi")}})
        stage.advance(0.4)
        await screen.sees("○ 1 old", "● 2 new")
        stage.advance(60)
        await screen.sees("complete")
        await screen.press("r")
        await screen.sees("× the memory of an old one", "when it was last measured", "○ 1 gone", "● 2 new")


async def test_at_80_columns_it_is_one_line(rolling: Stage, dashboard: Dashboard) -> None:
    async with dashboard(size=(80, 24)) as screen:
        await opened(screen, "enter")
        await screen.sees("use new memory ", "% of limit), old ", "CPU ", "u more", "EVENTS")
        assert all(len(line) <= 80 for line in screen.text.splitlines())
        await screen.press("u")
        page = screen.app.screen.query_one("#use", Pages)
        await screen.until(lambda: "PODS" in page.text, "the pods")
        pods = page.text.partition("PODS")[2].splitlines()[1:]
        assert pods
        assert all(re.search(r"\d[smhd]$", line) and len(line) <= 78 for line in pods), pods


async def test_without_a_metrics_server_one_screen_says_so_and_nobody_asks_again(
    rolling: Stage, dashboard: Dashboard
) -> None:
    quota(rolling, pods="9")
    rolling.cluster.faults.fail_next(1, 404, path=METRICS)
    async with dashboard() as screen:
        await opened(screen, "enter")
        await screen.sees("REVISIONS AND PODS", "EVENTS")
        await screen.press("u")
        await screen.sees("This cluster has no metrics server: what pods use is not known.", "QUOTA team", "of 9")
        await screen.press("escape")
        await screen.sees("REVISIONS AND PODS")
        assert screen.app.screen.query_one("#use", Painting).text == ""
        # The server would answer by now.
        await screen.press("u")
        await screen.sees("This cluster has no metrics server")
        await screen.press("r")
        await screen.sees("PODS  ")


async def test_a_metrics_server_that_is_down_and_one_that_refuses(rolling: Stage, dashboard: Dashboard) -> None:
    for code, said in ((503, "The metrics server is not available: "), (403, "You may not read what pods use in shop")):
        rolling.cluster.faults.fail_next(1, code, path=METRICS)
        async with dashboard() as screen:
            await opened(screen, "u")
            await screen.sees(said)


async def test_numbers_that_nobody_renews_are_called_stale(rolling: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen, "u")
        await screen.sees("RESOURCES  measured 13s ago")
        rolling.advance(300)
        await screen.sees("RESOURCES  stale: measured 5m13s ago", "× the memory of an old one")


async def test_keys_work_while_nothing_is_answered(rolling: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("1 rollout", "a abort")
        with rolling.cluster.faults.silence():
            await screen.press("u")
            await screen.sees("asking what the pods use")
            await screen.press("question_mark")
            await screen.sees("Keys and signs", "resources: CPU and memory")
            await screen.press("escape", "escape")
            await screen.sees("NAMESPACE")
        await screen.press("u")
        await screen.sees("× the memory of an old one")


async def test_it_is_read_only_while_it_is_seen(rolling: Stage, dashboard: Dashboard) -> None:
    def is_reading() -> bool:
        return any(worker.group == "use" and worker.is_running for worker in screen.app.workers)

    async with dashboard() as screen:
        await opened(screen)
        assert not is_reading()
        await screen.press("enter")
        await screen.until(is_reading, "that it is read")
        await screen.press("e")
        await screen.sees("TIMELINE")
        await screen.until(lambda: not is_reading(), "that it is not read behind another screen")
        await screen.press("escape")
        await screen.until(is_reading, "that it is read again")
        await screen.press("escape")
        await screen.sees("NAMESPACE")
        await screen.until(lambda: not is_reading(), "that it is not read for the overview")


async def test_what_a_quota_leaves_and_what_the_rollout_needs(rolling: Stage, dashboard: Dashboard) -> None:
    quota(rolling, pods="5", limits_memory="2Gi", requests_nvidia="1")
    async with dashboard(size=(130, 44)) as screen:
        await opened(screen, "u")
        await screen.sees("QUOTA team", "10 of 5", "room for 0 pods", "1.3Gi of 2Gi", "room for 6 pods", "nvidia")


async def test_a_quota_that_is_short_is_told_of_once_in_the_detail(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=8, template=template("cart:1.0", "60Mi"))
    stage.advance(60)
    quota(stage, limits_memory="1100Mi")
    stage.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"template": template("cart:crash", "60Mi")}})
    stage.advance(20)
    async with dashboard(size=(130, 44)) as screen:
        await opened(screen, "enter")
        await screen.sees("quota team: ")
        await screen.until(lambda: getattr(screen.app.screen, "use", None), "what the quotas leave")
        assert "the rollout needs" not in screen.text
        await screen.press("u")
        await screen.sees("! room for 0 pods; the rollout needs 2")


async def test_questions_warn_where_a_quota_has_no_room(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(30)
    quota(stage, pods="5")
    async with dashboard() as screen:
        await screen.sees("1 rollout", "s scale")
        await screen.press("s")
        await screen.sees("New number:")
        await screen.press("backspace", "9", "enter")
        await screen.sees("! The quota team has no room for 5 extra pods: pods 4 of 5 is used, so 1 would start.")
        await screen.press("n")
        quota(stage, pods="4")
        for key in ("R", "i"):
            await screen.press(key)
            if key == "i":
                await screen.sees("Set the image of")
                await screen.press("end", "1", "enter")
            await screen.sees("! The quota team has no room for 1 extra pod: pods 4 of 4 is used, so none would")
            await screen.press("n")
            await screen.sees_no("The quota team")


async def test_a_statefulset(stage: Stage, dashboard: Dashboard) -> None:
    spec = {
        "replicas": 2,
        "serviceName": "cart",
        "selector": {"matchLabels": {"app": "cart"}},
        "template": template("cart:1.0", "60Mi"),
    }
    meta = {"name": "cart", "namespace": "shop"}
    stage.cluster.apply({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta, "spec": spec})
    stage.advance(120)
    async with dashboard() as screen:
        await screen.sees("1 rollout", "sts/cart")
        await screen.press("u")
        await screen.sees("● 1 new", "cart-0", "cart-1", "of 128Mi")


async def test_it_is_in_the_palette(rolling: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen, "ctrl+p")
        await screen.type("resources")
        await screen.sees("Resources: CPU, memory, quota", "key u")
        await screen.press("enter")
        await screen.sees("× the memory of an old one")


@pytest.fixture
def look(stage: Stage, options: Options, snap_compare: Snap) -> Callable[..., bool]:
    def look(steps: Steps, size: tuple[int, int], **changes: Any) -> bool:
        async def before(pilot: Pilot[None]) -> None:
            assert isinstance(pilot.app, KtuiApp)
            await steps(Screen(pilot.app, pilot))
            await stillness(pilot)

        options_ = replace(options, access=Access(kubeconfig=str(stage.kubeconfig())), **changes)
        return snap_compare(KtuiApp(options_), run_before=before, terminal_size=size)

    return look


async def _shown(screen: Screen) -> None:
    await opened(screen, "u")
    await screen.sees("× the memory of an old one")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)], ids=str)
def test_what_it_looks_like(rolling: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    quota(rolling, pods="6", limits_memory="700Mi", requests_cpu="2")
    assert look(_shown, size)


def test_what_it_looks_like_in_a_light_theme(rolling: Stage, look: Callable[..., bool]) -> None:
    assert look(_shown, (120, 36), theme="textual-light")


def test_what_it_looks_like_without_colours(
    rolling: Stage, look: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert look(_shown, (120, 36))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
def test_what_the_detail_looks_like(rolling: Stage, look: Callable[..., bool], size: tuple[int, int]) -> None:
    async def steps(screen: Screen) -> None:
        await opened(screen, "enter")
        await screen.sees("u more")

    assert look(steps, size)
