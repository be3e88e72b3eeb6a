"""Actions on StatefulSets and DaemonSets by their keys; the official client is the witness of what each did."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.actions.audit import AuditLog
from tests.tui.conftest import Dashboard, Screen, Stage
from tests.tui.test_sets import new_image, workload


@pytest.fixture
def db(stage: Stage) -> Stage:
    """shop/db: a StatefulSet of four pods, complete."""
    stage.cluster.apply(workload("StatefulSet", "db", "db:1", replicas=4, serviceName="db"))
    stage.advance(120)
    return stage


def pods(stage: Stage) -> list[str]:
    listed = stage.core.list_namespaced_pod("shop").items
    running = [pod for pod in listed if pod.metadata.deletion_timestamp is None]
    return [pod.spec.containers[0].image.rpartition(":")[2] for pod in sorted(running, key=lambda p: p.metadata.name)]


def spec(stage: Stage) -> Any:
    return stage.apps.read_namespaced_stateful_set("db", "shop").spec


def roll_out(stage: Stage, image: str, wanted: list[str]) -> None:
    stage.apps.patch_namespaced_stateful_set("db", "shop", new_image("db", image))
    for _ in range(300):
        if pods(stage) == wanted:
            return
        stage.advance(0.2)
    raise AssertionError(f"never {wanted}, but {pods(stage)}")


async def agreed(screen: Screen, key: str, *texts: str) -> None:
    """Press the key, see what is asked, and say yes."""
    await screen.press(key)
    await screen.sees(*texts, "y yes")
    await screen.press("y")


async def test_a_pause_in_mid_rollout_lets_no_further_pod_go(db: Stage, dashboard: Dashboard) -> None:
    roll_out(db, "db:2", ["1", "1", "1", "2"])
    async with dashboard() as screen:
        await screen.sees("sts/db", "◐ progressing")
        await agreed(screen, "space", "Pause StatefulSet shop/db by a partition of 3", "no further one is replaced")
        await screen.hears("StatefulSet shop/db paused: its partition is 3.")
        db.advance(120)
        await screen.sees("‖ paused", "paused with 1 of 4 pods new", "space resume")
        assert pods(db) == ["1", "1", "1", "2"]
        await agreed(screen, "space", "Resume StatefulSet shop/db: all 4 pods at db:2")
        await screen.hears("resumed")
        db.advance(120)
        await screen.sees("✔ complete")
    assert pods(db) == ["2"] * 4
    assert spec(db).update_strategy.rolling_update.partition == 0


async def test_a_canary_promoted_and_aborted(db: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.sees("sts/db", "✔ complete")
        await screen.press("C")
        await screen.sees("Canary of StatefulSet shop/db")
        await screen.sees("holds 1 of 4 pods, then all; it replaces an old one")
        await screen.sees_no("Surge")
        await screen.type("2")
        await screen.press("enter")
        await screen.sees("Hold a canary of 1 of 4 pods", "StatefulSet has no surge, so no pod is added", "y yes")
        await screen.press("y")
        await screen.hears("canary of")
        db.advance(60)
        await screen.sees("◆ held", "canary of 1 of 4 held, by admin", "p promote to all 4", "a abort")
        assert pods(db) == ["1", "1", "1", "2"]
        await agreed(screen, "a", "Abort: roll back StatefulSet shop/db to revision 1 (db:1)")
        await screen.hears("rollback to revision")
        db.advance(60)
        await screen.sees("✔ complete")
    assert pods(db) == ["1"] * 4


async def test_a_roll_back_deletes_the_pod_that_would_be_waited_for(db: Stage, dashboard: Dashboard) -> None:
    roll_out(db, "db:crash", ["1", "1", "1", "crash"])
    db.advance(60)
    async with dashboard(size=(120, 44)) as screen:
        await screen.sees("▲ stalled", "b roll back to 1")
        await agreed(
            screen, "b", "Roll back StatefulSet shop/db to revision 1 (db:1)", "db-3 is not ready", "delete pod"
        )
        await screen.until(lambda: spec(db).template.spec.containers[0].image.endswith(":1"), "the patch")
        assert pods(db)[3] == "crash"  # the controller has not seen it yet
        await screen.sees("… rolling")
        db.advance(1)
        await screen.hears("Deleted pods: db-3.")
        db.advance(60)
        await screen.sees("✔ complete", "db:1")
    assert pods(db) == ["1"] * 4


async def test_auto_abort_of_a_statefulset(db: Stage, dashboard: Dashboard) -> None:
    roll_out(db, "db:crash", ["1", "1", "1"])
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.sees("◐ progressing")
        await screen.press("A")
        await screen.hears("Auto-abort is on for StatefulSet shop/db while ktui runs")
        db.advance(90)
        await screen.until(lambda: spec(db).template.spec.containers[0].image.endswith(":1"), "the old template")
        db.advance(1)
        await screen.hears("This was automatic, because ")
        db.advance(60)
        await screen.sees("✔ complete")
    assert pods(db) == ["1"] * 4


async def test_what_a_daemonset_cannot_do_is_said(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.apply(workload("DaemonSet", "agent", "agent:1"))
    stage.advance(60)
    async with dashboard() as screen:
        await screen.sees("ds/agent", "✔ complete")
        for key, said in (("space", "cannot be held"), ("p", "rolls out by itself"), ("s", "no number of pods")):
            await screen.press(key)
            await screen.hears(said)
        await agreed(screen, "R", "Restart DaemonSet shop/agent", "One node after another")
        await screen.hears("DaemonSet shop/agent: restart sent.")
        stage.advance(60)
        await screen.sees("✔ complete")
    template = stage.apps.read_namespaced_daemon_set("agent", "shop").spec.template
    assert "kubectl.kubernetes.io/restartedAt" in template.metadata.annotations


async def test_a_selection_may_mix_kinds(db: Stage, dashboard: Dashboard) -> None:
    db.deploy("cart", "cart:1.0")
    db.cluster.apply(workload("DaemonSet", "agent", "agent:1"))
    db.advance(60)
    async with dashboard(size=(120, 44)) as screen:
        await screen.sees("3 rollouts", "sts/db", "ds/agent")
        await screen.press("v", "v", "v")
        await screen.sees("✓ 3 selected")
        await screen.press("space")
        await screen.sees(
            "Pause shop/cart", "Pause StatefulSet shop/db", "× DaemonSet shop/agent", "yes, to 2 rollouts"
        )
        await screen.press("y")
        await screen.hears("StatefulSet shop/db paused: its partition is 4.")
        await screen.until(lambda: db.read("cart").spec.paused, "cart to be paused")


async def test_what_was_sent_stays_in_sight_while_something_else_is_asked(stage: Stage, dashboard: Dashboard) -> None:
    """The stream has not reported the first action yet: a second key on that row does not hide it."""
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("✔ complete")
        for verb in ("list", "watch"):
            stage.cluster.faults.forbid(verb, "deployments")
        stage.cluster.faults.drop_watches()
        await agreed(screen, "R", "Restart shop/cart")
        await screen.hears("shop/cart: restart sent.")
        await screen.sees("… restarting")
        await screen.press("space")
        await screen.sees("Pause shop/cart", "y yes")
        await screen.press("n")
        await screen.sees_no("Pause shop/cart")
        await screen.sees("… restarting")


async def test_deeds_are_dated_by_the_clock_of_the_screen(db: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.sees("sts/db", "✔ complete")
        at = db.now()
        await agreed(screen, "R", "Restart StatefulSet shop/db")
        await screen.hears("restart sent")
        log = AuditLog(screen.app.options.audit)
        await screen.until(log.tail, "an entry")
        assert [entry.time for entry in log.tail()] == [at]
