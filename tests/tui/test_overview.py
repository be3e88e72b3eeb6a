from __future__ import annotations

import pytest
from rich.cells import cell_len

from ktui.kube.auth.access import Access
from ktui.tui.draw.widgets import Pages
from tests.tui.conftest import Dashboard, Screen, Stage


def _three(stage: Stage) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.deploy("api", "api:1.0", namespace="search", replicas=6)
    stage.deploy("checkout", "checkout:1.0", progressDeadlineSeconds=30)
    stage.advance(20)
    stage.set_image("checkout", "checkout:crash")
    stage.advance(40)
    stage.set_image("api", "api:1.1", namespace="search")
    stage.advance(0.5)


def _rows(screen: Screen) -> list[str]:
    """The rollouts in the order in which the table shows them."""
    words = [line.replace("▸", " ").split() for line in screen.text.splitlines()]
    return [line[1] for line in words if line and line[0] in ("shop", "search")]


async def test_rollouts_are_listed_worst_first_with_what_is_wrong(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("● live", "3 rollouts", "✖ 1 failed", "◐ 1 progressing", "✔ 1 complete")
        await screen.sees("prod-eu · all namespaces")
        await screen.sees("new pods crash: exit 1")
        await screen.sees("▸ shop", "✖ shop/checkout", "roll back")
        await screen.until(lambda: _rows(screen) == ["checkout", "api", "cart"], "the rows, worst first")
        await screen.press("G")
        await screen.sees('kubectl deployment "cart" successfully rolled out')


async def test_a_rolling_update_is_seen_as_it_happens(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=8)
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("✔ complete")
        stage.set_image("cart", "cart:1.1")
        stage.advance(0.5)
        await screen.sees("◐ progressing", "cart:1.1", "▒", "░")
        stage.advance(30)
        await screen.sees("✔ complete")
        await screen.sees_no("◐ progressing")


async def test_filter_narrows_and_escape_clears(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "cart:1.0")
        await screen.press("slash")
        await screen.type("search api")
        await screen.sees("1 of 3 match “search api”")
        await screen.sees_no("checkout")
        await screen.press("enter", "enter")
        await screen.sees("search/api  Deployment")
        await screen.press("escape", "escape")
        await screen.sees("checkout")
        await screen.press("slash")
        await screen.type("nothing-like-it")
        await screen.sees("Nothing matches")
        await screen.press("escape")
        await screen.sees("checkout")


async def test_sort_orders_take_turns(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "checkout")
        await screen.press("o")
        await screen.sees("by name")
        await screen.until(lambda: _rows(screen) == ["api", "cart", "checkout"], "the rows in order")
        for told in ("latest change first", "least done first"):
            await screen.press("o")
            await screen.sees(told)


async def test_the_cursor_stays_on_its_rollout_when_rows_move(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("aaa", "aaa:1.0")
    stage.deploy("bbb", "bbb:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("j")
        await screen.until(lambda: "shop/bbb" in screen.text, "the cursor on bbb")
        stage.set_image("aaa", "aaa:nopull")
        stage.advance(10)
        await screen.sees("▲ stalled")
        assert "shop/bbb" in screen.text
        await screen.press("g")
        await screen.sees("shop/aaa")
        await screen.press("G")
        await screen.sees("shop/bbb")


async def test_an_empty_namespace_says_so(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("There are no Deployments, StatefulSets or DaemonSets in any namespace.", "another namespace")


async def test_a_namespace_is_picked_from_a_list(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts")
        await screen.press("n")
        await screen.sees("type to narrow", "  search")
        await screen.type("sea")
        await screen.press("enter")
        await screen.sees("prod-eu · search", "1 rollout")
        await screen.sees_no("checkout")


async def test_a_namespace_typed_in_full_is_not_taken_for_a_longer_one(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", namespace="shop-eu")
    stage.deploy("mail", "mail:1.0", namespace="shop")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("2 rollouts")
        await screen.press("n")
        await screen.sees("type to narrow", "shop-eu")
        await screen.type("shop")
        await screen.press("enter")
        await screen.sees("prod-eu · shop ", "mail", "1 rollout")
        await screen.press("n")
        await screen.sees("type to narrow")
        await screen.type("shop-")
        await screen.sees("shop-, as typed")
        await screen.press("escape")


async def test_a_context_is_picked_from_a_list(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts")
        screen.app.notify("This is about the context before.")
        await screen.hears("about the context before")
        await screen.press("x")
        await screen.sees("type to narrow", "prod-eu-viewer")
        await screen.type("viewer")
        await screen.press("enter")
        await screen.sees("prod-eu-viewer · all namespaces", "3 rollouts")
        assert "about the context before" not in screen.told


async def test_who_may_not_see_the_cluster_sees_the_namespace_of_the_context(
    stage: Stage, dashboard: Dashboard
) -> None:
    _three(stage)
    access = Access(kubeconfig=str(stage.kubeconfig("developer")))
    async with dashboard(access=access) as screen:
        await screen.sees("You may not list deployments of the whole cluster", "prod-eu-developer · shop", "2 rollouts")


async def test_who_may_see_nothing_is_told_so(stage: Stage, dashboard: Dashboard) -> None:
    access = Access(kubeconfig=str(stage.kubeconfig("stranger")))
    async with dashboard(access=access) as screen:
        await screen.sees(
            "refused", "stranger", "Ask an administrator", "kubectl auth can-i --list", "another namespace"
        )


async def test_a_missing_kubeconfig_is_a_sentence_and_retry_finds_it(stage: Stage, dashboard: Dashboard) -> None:
    path = stage.folder / "not-there"
    async with dashboard(access=Access(kubeconfig=str(path))) as screen:
        await screen.sees("✖ not connected", "not-there", "r tries again now")
        stage.deploy("cart", "cart:1.0")
        path.write_text(stage.kubeconfig().read_text())
        await screen.press("r")
        await screen.sees("● live", "1 rollout")


async def test_a_server_that_goes_away_leaves_what_was_known_and_says_how_old_it_is(
    stage: Stage, dashboard: Dashboard
) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("✔ complete", "4 pods")
        with stage.cluster.faults.refusing_connections():
            await screen.sees("▲ stale by", "What is shown may be stale", "cart")
        await screen.press("r")
        await screen.sees("● live")


async def test_hostile_text_moves_nothing_and_means_nothing(stage: Stage, dashboard: Dashboard) -> None:
    cause = "[red]boo[/] [/] \x1b[31mred\x1b[0m \u202eevil"
    stage.deploy("cart", "cart:1.0", metadata={"annotations": {"kubernetes.io/change-cause": cause}})
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("[red]boo[/] [/]")
        await screen.press("enter")
        await screen.sees("[red]boo[/] [/]")
        assert "\x1b" not in screen.text
        assert "\u202e" not in screen.text


async def test_help_tells_keys_signs_and_why_an_action_is_closed(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0")
    stage.advance(20)
    async with dashboard(size=(120, 50)) as screen:
        await screen.sees("1 rollout", "✔ complete")
        await screen.press("question_mark")
        await screen.sees("Keys and signs", "ON shop/cart", "nothing to promote")
        await screen.until(lambda: "PHASES" in screen.app.screen.query_one(Pages).text, "the signs")
        await screen.press("escape")
        await screen.sees_no("Keys and signs")


async def test_the_palette_opens_a_rollout(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts")
        await screen.press("ctrl+p")
        await screen.type("open search")
        await screen.sees("Open search/api")
        await screen.press("enter")
        await screen.sees("search/api  Deployment")


async def test_the_palette_names_every_key_and_what_it_would_do_now(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "18 pods", "b roll back")
        await screen.press("ctrl+p")
        await screen.sees("Pause", "key space", "key p · closed: ", "Timeline", "key e")
        await screen.type("timeline")
        await screen.sees_no("key space")
        await screen.press("enter")
        await screen.sees("TIMELINE", "the Deployment was made")


async def test_the_palette_begins_an_action(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "18 pods", "R restart")
        await screen.press("ctrl+p")
        await screen.type("restart")
        await screen.sees("key R")
        await screen.press("enter")
        await screen.sees("Restart shop/", "y yes")


async def test_a_click_chooses_and_a_second_one_opens(stage: Stage, dashboard: Dashboard) -> None:
    _three(stage)
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.sees("3 rollouts", "18 pods", "  cart ")
        row = next(y for y, line in enumerate(screen.text.splitlines()) if "  cart " in line)
        await screen.pilot.click(offset=(10, row))
        await screen.sees("shop/cart")
        await screen.pilot.click(offset=(10, row), times=2)
        await screen.sees("shop/cart  Deployment")


async def test_what_is_down_stands_first_and_is_counted(stage: Stage, dashboard: Dashboard) -> None:
    """A quota that holds a rollout harms nobody; a service without a pod that is available does."""
    _three(stage)
    stage.deploy("zeta", "zeta:1.0", progressDeadlineSeconds=3000)
    stage.deploy("yard", "yard:1.0", strategy={"type": "Recreate"})
    stage.advance(20)
    stage.set_image("yard", "yard:crash")
    stage.advance(40)
    async with dashboard(size=(80, 24)) as screen:
        await screen.sees("‼ 1 down", "READY", "0/4", "0 of 4 pods serve")
        await screen.until(lambda: _rows(screen)[0] == "yard", "the one that is down at the top")


async def test_the_filter_selects_the_best_match_by_name(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("other", "web:1.0")
    stage.deploy("web", "nginx:1.0")
    stage.deploy("web-cache", "cache:1.0")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "web-cache")
        await screen.press("slash")
        await screen.type("web")
        await screen.sees("3 of 3 match “web”")
        await screen.press("enter", "enter")
        await screen.sees("shop/web  Deployment")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_help_cuts_nothing_and_begins_with_what_can_be_done_now(
    stage: Stage, dashboard: Dashboard, size: tuple[int, int]
) -> None:
    _three(stage)
    async with dashboard(size=size) as screen:
        await screen.sees("3 rollouts", "roll back")
        await screen.press("question_mark")
        await screen.sees("Keys and signs", "ON shop/checkout")
        page = screen.app.screen.query_one(Pages)
        await screen.until(lambda: "ON EVERY SCREEN" in page.text, "the help")
        lines = page.text.splitlines()
        assert lines[0] == "ON shop/checkout"
        assert max(map(cell_len, lines)) <= page.scrollable_content_region.width
        text = " ".join(page.text.split())
        for end in ("while ktui runs", "room in quotas", "the next action is for all of them"):
            assert end in text
        assert text.index("ON THIS SCREEN (overview)") < text.index("ON EVERY SCREEN") < text.index("IN THE logs")
