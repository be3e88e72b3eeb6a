"""Actions by their keys. The official client is the witness of what each did, and that a refused one did nothing."""

from __future__ import annotations

from pathlib import Path

from ktui.kube.auth.access import Access
from tests.audited import audited
from tests.tui.conftest import Dashboard, Screen, Stage


async def _at_rest(stage: Stage, screen: Screen, name: str = "cart") -> None:
    await screen.sees("1 rollout", f"shop/{name}", "4 pods")
    await screen.knows_all()


def _deployed(stage: Stage, name: str = "cart") -> None:
    stage.deploy(name, f"{name}:1.0")
    stage.advance(20)


async def test_pause_and_resume_in_mid_rollout(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        stage.set_image("cart", "cart:1.1")
        stage.advance(0.4)
        await screen.sees("◐ progressing")
        await screen.press("space")
        await screen.sees("Pause shop/cart", "+ spec.paused: true", "rollout pause deployment/cart", "y yes")
        assert not stage.read("cart").spec.paused
        await screen.press("y")
        await screen.hears("paused")
        assert stage.read("cart").spec.paused
        stage.advance(5)
        await screen.sees("‖ paused", "space resume", "paused with 2 of 4 pods new")
        await screen.press("space")
        await screen.sees("Resume shop/cart", "y yes")
        await screen.press("y")
        await screen.hears("resumed")
        stage.advance(30)
        await screen.sees("✔ complete", "cart:1.1")
    assert not stage.read("cart").spec.paused
    assert stage.read("cart").status.updated_replicas == 4


async def test_no_is_no(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    before = stage.read("cart").metadata.generation
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        for no in ("n", "escape", "q"):
            await screen.press("space")
            await screen.sees("Pause shop/cart", "y yes")
            await screen.press(no)
            await screen.sees_no("Pause shop/cart")
    assert stage.read("cart").metadata.generation == before


async def test_roll_back_of_a_rollout_that_crashes(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    stage.set_image("cart", "cart:crash")
    stage.advance(10)
    async with dashboard(size=(120, 44)) as screen:
        await screen.knows_all()
        await screen.sees("▲ stalled", "b roll back to 1")
        await screen.press("b")
        await screen.sees("Roll back shop/cart to revision 1 (cart:1.0)", "cart:crash →", "UNDONE BY", "y yes")
        await screen.press("y")
        await screen.hears("rollback to revision 1")
        stage.advance(30)
        await screen.sees("✔ complete", "cart:1.0")
    assert stage.image("cart") == "cart:1.0"
    assert stage.read("cart").metadata.annotations["deployment.kubernetes.io/revision"] == "3"


async def test_roll_back_of_a_paused_rolling_update_resumes_it(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    stage.set_image("cart", "cart:1.1")
    stage.advance(0.4)
    stage.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"paused": True}})
    stage.advance(5)
    async with dashboard(size=(120, 44)) as screen:
        await screen.sees("‖ paused", "a abort")
        await screen.knows_all()
        await screen.press("a")
        await screen.sees("roll back shop/cart to revision 1", "spec.paused", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.image("cart") == "cart:1.0", "the old image")
        stage.advance(30)
        await screen.sees("✔ complete")
    assert not stage.read("cart").spec.paused


async def test_promote_takes_a_paused_rolling_update_to_its_end(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    stage.set_image("cart", "cart:1.1")
    stage.advance(0.4)
    stage.apps.patch_namespaced_deployment("cart", "shop", {"spec": {"paused": True}})
    stage.advance(5)
    async with dashboard() as screen:
        await screen.sees("‖ paused", "space resume", "a abort")
        # One plan has one name: the footer offers it once, and the other key asks the same question.
        await screen.sees_no("p promote")
        await screen.sees_no("b roll back")
        await screen.press("p")
        await screen.sees("Resume shop/cart", "y yes")
        await screen.press("y")
        await screen.until(lambda: not stage.read("cart").spec.paused, "resumed")
        stage.advance(30)
        await screen.sees("✔ complete", "cart:1.1")


async def test_set_image_asks_for_it_and_shows_the_plan(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        await screen.press("i")
        await screen.sees("Set the image of shop/cart", "registry.example/shop/cart:1.0")
        await screen.press("end", "backspace")
        await screen.type("7")
        await screen.press("enter")
        await screen.sees("cart:1.0 →", "cart:1.7", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.image("cart") == "cart:1.7", "the new image")
        stage.advance(30)
        await screen.sees("cart:1.7", "✔ complete")


async def test_only_the_tag_is_selected_and_a_tag_alone_keeps_the_repository(
    stage: Stage, dashboard: Dashboard
) -> None:
    _deployed(stage)
    async with dashboard(size=(120, 40)) as screen:
        await _at_rest(stage, screen)
        await screen.press("i")
        await screen.sees("Set the image of shop/cart", "registry.example/shop/cart:1.0")
        await screen.press("backspace")
        await screen.sees("registry.example/shop/cart: ")
        await screen.press("enter")
        await screen.sees('The tag after ":" is missing.')
        await screen.type("1.2")
        await screen.press("enter")
        await screen.sees("registry.example/shop/cart:1.2", "y yes")
        await screen.press("n")
        await screen.sees_no("y yes")
        await screen.press("i")
        await screen.sees("Set the image of shop/cart")
        await screen.press("ctrl+u")
        await screen.type("1.3")
        await screen.press("enter")
        await screen.sees("registry.example/shop/cart:1.3", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.image("cart") == "cart:1.3", "the new image")
        assert stage.read("cart").spec.template.spec.containers[0].image == "registry.example/shop/cart:1.3"


async def test_images_of_earlier_revisions_can_be_chosen(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    for tag in ("1.1", "1.2"):
        stage.advance(60)
        stage.set_image("cart", f"cart:{tag}")
    stage.advance(30)
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        await screen.press("i")
        await screen.sees("registry.example/shop/cart:1.2", "runs now")
        await screen.sees("2  registry.example/shop/cart:1.1  1m30s  last good")
        await screen.sees("1  registry.example/shop/cart:1.0")
        await screen.type("1.9")
        await screen.press("down", "down")
        await screen.sees("▸ 1  registry.example/shop/cart:1.0")
        # Past the last one there is nothing else to go to; above the first one is what was typed.
        await screen.press("down", "up", "up")
        await screen.sees("registry.example/shop/cart:1.9", "replaces cart:1.2")
        await screen.press("down", "enter")
        await screen.sees("Set the image of shop/cart to cart:1.1", "This is the template of revision 2", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.image("cart") == "cart:1.1", "the earlier image")


async def test_scale_takes_numbers_only(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        await screen.press("s")
        await screen.sees("Scale shop/cart", "Currently 4 replicas")
        await screen.type("-1")
        await screen.press("enter")
        await screen.sees("Not a number of pods")
        await screen.press("end", "backspace", "backspace")
        await screen.type("6")
        await screen.press("enter")
        await screen.sees("spec.replicas", "4 → 6", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.read("cart").spec.replicas == 6, "six replicas")
        stage.advance(10)
        await screen.sees("6/6", "6 pods")


async def test_restart_replaces_every_pod(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    before = {pod.metadata.uid for pod in stage.core.list_namespaced_pod("shop").items}
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        await screen.press("R")
        await screen.sees("Restart shop/cart", "kubectl.kubernetes.io/restartedAt", "y yes")
        await screen.press("m")
        await screen.sees("Why? The history shows it")
        await screen.type("a new certificate")
        await screen.press("enter")
        await screen.sees("a new certificate", "y yes")
        await screen.press("y")
        await screen.until(lambda: stage.read("cart").metadata.generation == 2, "a new generation")
        stage.advance(30)
        await screen.sees("✔ complete")
    after = {pod.metadata.uid for pod in stage.core.list_namespaced_pod("shop").items}
    assert not before & after
    assert stage.read("cart").metadata.annotations["kubernetes.io/change-cause"] == "a new certificate"


async def test_what_is_not_open_says_why_and_asks_nothing(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        await screen.press("p")
        await screen.hears("nothing to promote")
        await screen.press("b")
        await screen.hears('no rollout history found for deployment "cart"')
        assert "y yes" not in screen.text


async def test_read_only_closes_everything(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    before = stage.read("cart").metadata.resource_version
    async with dashboard(read_only=True) as screen:
        await _at_rest(stage, screen)
        await screen.sees("read-only")
        for key in ("space", "b", "a", "p", "i", "s", "R"):
            await screen.press(key)
        await screen.hears("ktui is read-only")
        assert "y yes" not in screen.text
    assert stage.read("cart").metadata.resource_version == before


async def test_who_may_only_look_is_told_what_right_is_missing(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    before = stage.read("cart").metadata.resource_version
    async with dashboard(access=Access(kubeconfig=str(stage.kubeconfig("viewer")))) as screen:
        await _at_rest(stage, screen)
        await screen.until(lambda: {offer.open for offer in screen.app.offers(_uid(stage))} == {False}, "all closed")
        await screen.press("space")
        await screen.hears("not allowed: you may not patch deployments")
    assert stage.read("cart").metadata.resource_version == before


async def test_a_target_that_changed_meanwhile_is_planned_and_shown_again(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard(size=(120, 44)) as screen:
        await _at_rest(stage, screen)
        await screen.press("space")
        await screen.sees("Pause shop/cart", "y yes")
        stage.set_image("cart", "cart:1.1")
        await screen.press("y")
        await screen.sees("This is the new plan.", "y yes")
        assert not stage.read("cart").spec.paused
        await screen.press("y")
        await screen.hears("paused")
    assert stage.read("cart").spec.paused


async def test_a_lost_answer_is_looked_up_and_nothing_is_sent_twice(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard() as screen:
        await _at_rest(stage, screen)
        await screen.press("space")
        await screen.sees("Pause shop/cart", "y yes")
        stage.cluster.faults.lose_answers(1, "PATCH")
        await screen.press("y")
        await screen.until(lambda: screen.told, "to be told how it ended")
        assert "pause" in screen.told
    assert stage.read("cart").spec.paused
    assert stage.read("cart").metadata.generation == 2


async def test_each_action_is_in_the_audit_log(stage: Stage, dashboard: Dashboard, tmp_path: Path) -> None:
    _deployed(stage)
    path = tmp_path / "state" / "audit.jsonl"
    async with dashboard(audit=path) as screen:
        await _at_rest(stage, screen)
        await screen.press("space")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.hears("paused")
    entries = audited(path)
    assert [(entry["namespace"], entry["name"], entry["outcome"]) for entry in entries] == [("shop", "cart", "done")]
    assert "token" not in path.read_text()


def _uid(stage: Stage) -> str:
    return str(stage.read("cart").metadata.uid)


async def test_the_revision_that_just_failed_is_named_and_asked_about_twice(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    async with dashboard(size=(120, 44)) as screen:
        await _at_rest(stage, screen)
        stage.set_image("cart", "cart:crash")
        stage.advance(40)
        await screen.sees("▲ stalled", "b roll back to 1")
        await screen.press("b")
        await screen.sees("Roll back shop/cart to revision 1 (cart:1.0)", "y yes")
        await screen.press("y")
        await screen.hears("rollback to revision 1")
        stage.advance(30)
        await screen.sees("✔ complete", "b roll back to 2")
        await screen.press("b")
        await screen.sees("Roll back shop/cart to revision 2", "! Revision 2 failed", "crash", "y yes")
        await screen.press("y")
        await screen.sees("Apply anyway?", "y yes")
        await screen.press("n")
        await screen.sees_no("Roll back shop/cart")
        await screen.press("h")
        await screen.sees("✖   2  undo  failed")
    assert stage.image("cart") == "cart:1.0"


async def test_the_last_revision_that_was_good_is_what_b_goes_back_to(stage: Stage, dashboard: Dashboard) -> None:
    _deployed(stage)
    stage.set_image("cart", "cart:1.1")
    stage.advance(30)
    async with dashboard(size=(120, 44)) as screen:
        await _at_rest(stage, screen)
        stage.set_image("cart", "cart:crash")
        stage.advance(40)
        await screen.sees("▲ stalled", "b roll back to 2")
        stage.set_image("cart", "cart:1.2")
        stage.advance(40)
        await screen.sees("✔ complete", "cart:1.2", "b roll back to 2")
