"""The history screen by its keys, on a simulated cluster, with the official client as the witness."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ktui.redaction import MASK
from tests.tui.conftest import Dashboard, Screen, Stage

JSON = dict[str, Any]
ARGO = {"argocd.argoproj.io/tracking-id": "shop-cart:apps/Deployment:shop/cart"}
CAUSE = "kubernetes.io/change-cause"
SECRET = "hunter2"


def cart(image: str, cause: str = "", *, annotations: JSON | None = None, **container: Any) -> JSON:
    labels = {"app": "cart"}
    notes = {**({CAUSE: cause} if cause else {}), **(annotations or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cart", "namespace": "shop", "labels": labels, "annotations": notes},
        "spec": {
            "replicas": 4,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "cart", "image": f"registry.example/shop/{image}", **container}]},
            },
        },
    }


def token(value: str) -> list[JSON]:
    return [{"name": "LOG", "value": "info"}, {"name": "API_TOKEN", "value": value}]


@pytest.fixture
def three(stage: Stage) -> Stage:
    """shop/cart with three revisions: another image, then another secret and a memory limit."""
    for manifest in (
        cart("cart:1.0", "release 1.0"),
        cart("cart:2.0", "release 2.0", env=token(SECRET)),
        cart("cart:2.0", "release 2.0", env=token("hunter3"), resources={"limits": {"memory": "512Mi"}}),
    ):
        stage.cluster.apply(manifest)
        stage.advance(3600)
    return stage


async def opened(screen: Screen) -> None:
    await screen.knows_all()
    await screen.press("h")
    await screen.sees("WHAT CHANGED")
    await screen.sees_no("asking the server")


async def test_revisions_with_what_is_known_of_them_and_what_the_live_one_changed(
    three: Stage, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await opened(screen)
        rows = [line for line in screen.text.splitlines() if "cart:" in line and ("●" in line or "○" in line)]
        told = [" ".join(row.split()) for row in rows]
        assert re.match(r"▸ ● 3 live complete cart:2.0 4/4 1h \S+s? kubectl-client-… stale: release 2.0", told[0])
        assert told[1].startswith("○ 2 undo – cart:2.0 - 2h – release 2.0")
        assert told[2].startswith("○ 1 – cart:1.0 - 3h – release 1.0")
        await screen.sees("revision 2 → revision 3 (live)", "rolled out in", "template last written by")
        await screen.sees("resources.limits.memory: 512Mi", f"{MASK} → {MASK} (another value)")
        assert "hunter" not in screen.text


async def test_the_cursor_compares_with_the_live_template_and_a_mark_with_another_revision(
    three: Stage, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("G")
        await screen.sees("revision 1 → revision 3 (live)", "registry.example/shop/cart:1.0")
        await screen.press("v", "k")
        await screen.sees("revision 1 → revision 2", "env[LOG].name: LOG")
        await screen.sees_no("512Mi")
        await screen.press("g")
        await screen.sees("revision 1 → revision 3 (live)", "512Mi")
        await screen.press("G", "v", "g")
        await screen.sees("revision 2 → revision 3 (live)")


async def test_y_shows_the_difference_as_yaml(three: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("j", "y")
        await screen.sees("spec › containers › cart", "+         memory: 512Mi", "- name: API_TOKEN")
        await screen.sees(f"-       value: {MASK}", f"+       value: {MASK} (another value)")
        assert "hunter" not in screen.text
        await screen.press("Y")
        await screen.sees(
            "TEMPLATE  revision 2", "containers:", "- name: cart", "image: registry.example/shop/cart:2.0"
        )
        assert "hunter" not in screen.text
        await screen.press("Y", "y")
        await screen.sees("resources.limits.memory: 512Mi")


async def test_b_brings_exactly_the_template_of_the_selected_revision_back(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.apply(cart("cart:1.0", "release 1.0", env=token(SECRET)))
    stage.advance(60)
    first = stage.read("cart").spec.template
    stage.cluster.apply(cart("cart:2.0", "release 2.0", annotations=ARGO, args=["serve"]))
    stage.advance(60)
    stage.cluster.apply(cart("cart:3.0", "release 3.0", annotations={**ARGO, "team": "checkout"}, args=["serve"]))
    stage.advance(60)
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("G")
        await screen.sees("b roll back to 1 (cart:1.0)")
        await screen.press("b")
        await screen.sees("Roll back shop/cart to revision 1 (cart:1.0)", "Argo CD (shop-cart) deployed this")
        await screen.sees("Revision 1 will be numbered 4.", "y yes")
        await screen.press("y")
        await screen.hears("rollback to revision 1 (cart:1.0) sent")
        after = stage.read("cart")
        assert after.spec.template == first
        kept = {key: value for key, value in after.metadata.annotations.items() if "kubernetes.io" not in key}
        assert kept == {**ARGO, "team": "checkout"}
        assert after.metadata.annotations[CAUSE] == "release 1.0"
        stage.advance(60)
        await screen.sees("revision 1 before")
        await screen.until(
            lambda: any("live" in line and "cart:1.0" in line for line in screen.text.splitlines()), "the live revision"
        )
        newest = next(line for line in screen.text.splitlines() if "live" in line and "cart:1.0" in line)
        assert newest.split()[:2] == ["▸", "●"]
        assert " 4 " in newest


async def test_the_live_revision_is_no_place_to_roll_back_to(three: Stage, dashboard: Dashboard) -> None:
    generation = three.read("cart").metadata.generation
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("b")
        await screen.hears("current template already matches revision 3")
    assert three.read("cart").metadata.generation == generation


async def test_a_new_revision_appears_and_the_cursor_stays_on_its_own(three: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.press("j")
        await screen.sees("revision 2 → revision 3 (live)")
        three.set_image("cart", "cart:3.0")
        three.advance(0.5)
        await screen.sees("revision 2 → revision 4 (live)", "cart:3.0", "◐ progressing")
        assert next(line for line in screen.text.splitlines() if "▸" in line).split()[2] == "2"
        three.advance(60)
        await screen.sees("✔ complete")


async def test_what_cannot_be_read_is_said_and_r_asks_again(three: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("1 rollout")
        three.cluster.faults.forbid("list", "replicasets")
        await screen.press("h")
        await screen.sees("● ", "forbidden", "r asks again")
        three.cluster.faults.allow("list", "replicasets")
        await screen.press("r")
        await screen.sees("512Mi")


async def test_it_opens_from_the_detail_too_and_goes_back_there(three: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("1 rollout")
        await screen.press("enter")
        await screen.sees("REVISIONS AND PODS")
        await screen.press("h")
        await screen.sees("WHAT CHANGED")
        await screen.press("escape")
        await screen.sees("REVISIONS AND PODS")
        await screen.press("escape")
        await screen.sees("1 rollout")


async def test_a_deployment_deleted_while_it_is_open_stays_as_it_was(three: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        three.apps.delete_namespaced_deployment("cart", "shop")
        three.advance(5)
        await screen.sees("× deleted: this is its last known state", "512Mi")
        await screen.press("b")
        await screen.hears("This rollout is gone")


async def test_a_change_while_paused_is_compared_though_it_has_no_revision(three: Stage, dashboard: Dashboard) -> None:
    three.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"paused": True}})
    three.set_image("cart", "cart:3.0")
    three.advance(5)
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("revision 3 → the live template", "it has not been rolled out yet")
        await screen.sees("cart:2.0 → registry.example/shop/cart:3.0")
        await screen.press("j")
        await screen.sees("kubectl rollout undo leads here, one too far back")


async def test_hostile_text_is_only_text(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.apply(cart("cart:1.0", "[red]markup[/] \x1b[2J[/", args=["[bold]", "\x1b]0;title\x07"]))
    stage.advance(60)
    stage.cluster.apply(cart("cart:2.0", "[/nope]", args=["[/", "\u202eabc"]))
    stage.advance(60)
    async with dashboard() as screen:
        await opened(screen)
        await screen.sees("[/nope]", "[red]markup[/]", "[bold] → [/")
        await screen.press("y")
        await screen.sees("'[/'")
        assert all(line.isprintable() for line in screen.text.splitlines())


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_revisions_and_difference_are_both_in_sight(
    three: Stage, dashboard: Dashboard, size: tuple[int, int]
) -> None:
    async with dashboard(size=size) as screen:
        await opened(screen)
        lines = screen.text.splitlines()
        changed = next(line for line in lines if "WHAT CHANGED" in line)
        revisions = next(line for line in lines if "CHANGE-CAUSE" in line)
        assert (changed == revisions) == (size[0] == 200)
        await screen.sees("limits.memory: 512Mi", "esc back")


async def test_pages_of_the_difference_turn_while_the_cursor_stays(stage: Stage, dashboard: Dashboard) -> None:
    stage.cluster.apply(cart("cart:1.0"))
    stage.advance(60)
    stage.cluster.apply(cart("cart:2.0", env=[{"name": f"V{number:03}", "value": "x"} for number in range(60)]))
    stage.advance(60)
    async with dashboard(size=(80, 24)) as screen:
        await opened(screen)
        await screen.sees("env[V000]")
        await screen.press(*["pagedown"] * 20)
        await screen.sees("env[V059].value: x")
        await screen.sees_no("env[V000]")
        await screen.press("j")
        await screen.sees("revision 1 → revision 2 (live)", "env[V000]")


async def test_a_click_chooses_and_a_double_click_marks(three: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await opened(screen)
        await screen.pilot.click("#revisions", offset=(10, 2))
        await screen.sees("revision 1 → revision 3 (live)")
        await screen.pilot.click("#revisions", offset=(10, 1), times=2)
        await screen.sees("◆")
        await screen.press("G")
        await screen.sees("revision 1 → revision 2")
