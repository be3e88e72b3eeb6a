"""StatefulSets and DaemonSets on the screens, by keys, on a simulated cluster."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from ktui.kube.auth.access import Access
from ktui.tui.app import KtuiApp
from ktui.tui.options import Options
from tests.tui.conftest import Dashboard, Screen, Stage, stillness

Snap = Callable[..., bool]
Steps = Callable[[Screen], Awaitable[None]]


def workload(kind: str, name: str, image: str, **spec: Any) -> dict[str, Any]:
    container = {"name": name, "image": f"registry.example/{image}"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            **spec,
        },
    }


def new_image(name: str, image: str) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": name, "image": f"registry.example/{image}"}]}}}}


@pytest.fixture
def sets(stage: Stage) -> Stage:
    """shop/db: a StatefulSet held by its partition with one pod new; shop/agent: a DaemonSet that is complete."""
    stage.deploy("cart", "cart:1.0")
    stage.cluster.apply(workload("StatefulSet", "db", "db:1", replicas=4, serviceName="db"))
    stage.cluster.apply(workload("DaemonSet", "agent", "agent:1"))
    stage.advance(3600)
    update = new_image("db", "db:2")
    update["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}
    stage.apps.patch_namespaced_stateful_set("db", "shop", update)
    stage.advance(30)
    return stage


async def detail_of(screen: Screen, name: str) -> None:
    await screen.sees("3 rollouts")
    await screen.press("/")
    await screen.type(name)
    await screen.press("enter")
    await screen.press("enter")
    await screen.sees("REVISIONS AND PODS")


async def test_all_kinds_are_in_one_list(sets: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("sts/db", "◆ held", "1/4", "canary of 1 held, ready")
        await screen.sees("ds/agent", "3/3", "cart:1.0", "◆ 1 held   ✔ 2 complete")


async def test_a_statefulset_in_full(sets: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await detail_of(screen, "sts/db")
        await screen.sees("shop/db  StatefulSet  ◆ held", "db:1  →  db:2   revision 1 → 2")
        await screen.sees("from the highest ordinal down, 1 at a time   partition 3: those below stay")
        await screen.sees("db:2  1 of 1 ready", "db:1  3 of 3 ready", "db-0 ■", "db-3 ■")
        await screen.sees("partitioned roll out complete: 1 new pods have")


async def test_a_rollout_of_a_statefulset_is_seen_pod_by_pod(sets: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await detail_of(screen, "sts/db")
        await screen.sees("1 of 4", "3 left")
        whole = {"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}}
        sets.apps.patch_namespaced_stateful_set("db", "shop", whole)
        reached = [await until_new_pods(sets, screen, number) for number in (2, 3, 4)]
        assert reached == [2, 3, 4]
        sets.advance(30)
        await screen.sees("✔ complete", "db:2  4 of 4 ready")


async def until_new_pods(stage: Stage, screen: Screen, number: int) -> int:
    """Let the cluster go on until so many pods of db are new; the screen says the same."""
    for _ in range(600):
        status = stage.apps.read_namespaced_stateful_set("db", "shop").status
        if status.updated_replicas == number and status.replicas == 4:
            break
        stage.advance(0.1)
    await screen.sees(f"  {number} of 4   ")
    return number


async def test_its_time_line_and_its_logs(sets: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await detail_of(screen, "sts/db")
        await screen.press("e")
        await screen.sees("the StatefulSet was made", "revision 2 was made: db:2", "pod …3 of db was asked to stop")
        await screen.sees("pod …3 of revision 2 became ready")
        await screen.press("e", "l")
        await screen.sees("● 2 db:2  1 pod", "following")


async def test_its_history_and_what_changed(sets: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await detail_of(screen, "sts/db")
        await screen.press("h")
        await screen.sees(
            "●   2  live  –         db:2", "○   1  undo  –         db:1", "WHAT CHANGED", "db:1 → registry.example/db:2"
        )
        await screen.press("y")
        await screen.sees("-     image: registry.example/db:1", "+     image: registry.example/db:2")


async def test_a_daemonset_that_crashes_is_told_by_its_pods(sets: Stage, dashboard: Dashboard) -> None:
    sets.apps.patch_namespaced_daemon_set("agent", "shop", new_image("agent", "agent:crash"))
    sets.advance(120)
    async with dashboard() as screen:
        await screen.sees("ds/agent", "▲ stalled", "new pod crashes")
        await detail_of(screen, "ds/agent")
        await screen.sees("shop/agent  DaemonSet  ▲ stalled", "surge 0   unavailable 1", "CrashLoopBackOff")


async def test_one_that_goes_while_it_is_open_stays_as_it_was(sets: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await detail_of(screen, "ds/agent")
        sets.apps.delete_namespaced_daemon_set("agent", "shop")
        sets.advance(60)
        await screen.sees("shop/agent  DaemonSet  × deleted", "this is its last known state")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_overview_snapshot(size: tuple[int, int], sets: Stage, options: Options, snap_compare: Snap) -> None:
    async def before(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, KtuiApp)
        await Screen(pilot.app, pilot).sees("3 rollouts", "sts/db")
        await stillness(pilot)

    assert snap_compare(KtuiApp(replace(options)), run_before=before, terminal_size=size)


def test_detail_snapshot(sets: Stage, options: Options, snap_compare: Snap) -> None:
    async def before(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, KtuiApp)
        await detail_of(Screen(pilot.app, pilot), "sts/db")
        await stillness(pilot)

    assert snap_compare(KtuiApp(replace(options)), run_before=before, terminal_size=(120, 36))


async def test_who_may_see_deployments_alone_sees_these_and_is_told_what_is_hidden(
    sets: Stage, dashboard: Dashboard
) -> None:
    access = Access(kubeconfig=str(sets.kubeconfig("releaser")))
    async with dashboard(access=access) as screen:
        hidden = "You may not see StatefulSets and DaemonSets here."
        await screen.sees(hidden, "● live", "1 rollout ", "cart")
        sets.deploy("billing", "billing:1.0")
        await screen.sees("2 rollouts", hidden)
        assert "sts/db" not in screen.text
