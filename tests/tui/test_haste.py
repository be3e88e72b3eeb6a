"""Keys that come faster than the screens: each is a person's decision once, and none of them ends the dashboard."""

from __future__ import annotations

import pytest
from textual import events
from textual.command import CommandList
from textual.widgets import Input, OptionList

from ktui.tui.dialogs.question import Readable
from ktui.tui.door import Field
from ktui.tui.palette import Palette
from ktui.tui.screen import LiveScreen
from tests.tui.conftest import Dashboard, Screen, Stage


def hastily(screen: Screen, *keys: str) -> None:
    """Press keys without waiting for what each of them does, as a terminal delivers what was typed ahead."""
    for key in keys:
        screen.app.post_message(events.Key(key, None))


@pytest.fixture
def stage(stage: Stage) -> Stage:
    for name in ("cart", "web"):
        stage.deploy(name, f"{name}:1.0")
    stage.advance(20)
    return stage


@pytest.mark.parametrize("opens", ["n", "s", "i", "question_mark", "space"])
async def test_a_dialog_ends_once(stage: Stage, dashboard: Dashboard, opens: str) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press(opens)
        await screen.until(lambda: len(screen.app.screen_stack) == 3, "a dialog")
        hastily(screen, *["escape"] * 5)
        await screen.until(lambda: len(screen.app.screen_stack) == 2, "the overview")
        await screen.pilot.pause()
        await screen.sees("2 rollouts", "q quit")


async def test_what_waits_for_a_drawing_is_let_go_with_its_screen(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("question_mark")
        await screen.until(lambda: len(screen.app.screen_stack) == 3, "a dialog")
        dialog = screen.app.screen
        happened: list[str] = []
        dialog.dismiss()
        dialog.call_after_refresh(happened.append, "on a screen that has gone")
        screen.app.screen.call_after_refresh(happened.append, "on one that is there")
        await screen.until(lambda: happened, "something to happen")
        await screen.pilot.pause()
        assert happened == ["on one that is there"]


async def test_whatever_is_opened_may_be_left_at_once(stage: Stage, dashboard: Dashboard) -> None:
    opens = [
        "n",
        "x",
        "s",
        "i",
        "question_mark",
        "slash",
        "enter",
        "h",
        "e",
        "u",
        "f",
        "l",
        "B",
        "c",
        "C",
        "b",
        "R",
        "space",
    ]
    opens += ["A", "ctrl+p"]
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        for at, key in enumerate(opens):
            hastily(screen, *([key, "escape"] * 2 if at % 2 else [key, key, "escape", "escape"]))
            await screen.pilot.pause()
        while len(screen.app.screen_stack) > 2:
            await screen.press("escape")
        await screen.sees("2 rollouts", "q quit")


async def test_a_choice_is_made_once(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("n")
        await screen.sees("type to narrow")
        hastily(screen, *["enter"] * 5)
        await screen.sees_no("type to narrow")
        await screen.press("escape")
        await screen.sees("2 rollouts", "q quit")


async def test_an_action_is_asked_about_once(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        with stage.cluster.faults.silence():
            await screen.press("space", "space", "b")
            await screen.hears("One action at a time")
        await screen.sees("Pause shop/cart", "y yes")
        await screen.press("n")
        await screen.sees_no("Pause shop/cart")
        assert len(screen.app.screen_stack) == 2


@pytest.mark.parametrize("goes_on", ["slash", "n", "enter", "question_mark"])
async def test_no_question_comes_up_under_the_fingers_of_someone_who_went_on(
    stage: Stage, dashboard: Dashboard, goes_on: str
) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        with stage.cluster.faults.silence():
            await screen.press("space", goes_on)
        await screen.hears("You moved on before the server answered")
        assert "Pause shop/cart" not in screen.text


async def test_a_plan_for_one_cluster_does_not_come_up_in_another(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        stage.cluster.faults.silent_requests = True
        await screen.press("space", "x")
        await screen.sees("Context")
        await screen.type("viewer")
        await screen.press("enter")
        await screen.sees_no("type to narrow")
        stage.cluster.faults.clear()
        await screen.sees("viewer", "2 rollouts")
        assert "Pause shop/cart" not in screen.text


async def test_who_goes_to_another_cluster_by_the_palette_leaves_the_plan_behind(
    stage: Stage, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("space")
        await screen.sees("Pause shop/cart", "y yes")
        await screen.press("ctrl+p")
        await screen.type("context")
        await screen.sees("another cluster")
        await screen.press("enter")
        await screen.sees("type to narrow")
        await screen.type("viewer")
        await screen.press("enter")
        await screen.sees("viewer", "2 rollouts")
        assert "Pause shop/cart" not in screen.text
    assert not stage.read("cart").spec.paused


async def test_a_number_of_any_length_is_read(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("s")
        await screen.sees("Scale shop/cart")
        screen.app.post_message(events.Paste("9" * 5000))
        await screen.press("enter")
        await screen.sees("Not a number of pods")


@pytest.mark.parametrize("opens", [["enter"], ["h"], ["l"], ["enter", "l"]])
async def test_back_goes_to_the_overview_and_no_further(stage: Stage, dashboard: Dashboard, opens: list[str]) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press(*opens)
        await screen.until(lambda: len(screen.app.screen_stack) == 2 + len(opens), "the screen")
        hastily(screen, *["escape"] * 5)
        await screen.until(lambda: len(screen.app.screen_stack) == 2, "the overview")
        await screen.sees("2 rollouts", "q quit")
        await screen.press("q")
    assert screen.app.return_code == 0


@pytest.mark.parametrize("ends", [["q"], ["enter", "q"]])
async def test_what_is_pressed_after_quit_is_not_an_error(stage: Stage, dashboard: Dashboard, ends: list[str]) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press(*ends[:-1])
        hastily(screen, ends[-1], *["escape", "j", "o", "slash", "enter", "space"] * 3)
        await screen.until(lambda: screen.app.return_code is not None, "the end")
    assert screen.app.return_code == 0


async def test_a_page_of_a_list_that_has_no_room_is_none(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        app = screen.app
        await screen.sees("2 rollouts", "8 pods")
        for opens in ("ctrl+p", "n"):
            await screen.press(opens)
            await screen.until(lambda: app.screen.query(OptionList), "a list")
            choices = app.screen.query(OptionList).first()
            await screen.until(lambda of=choices: of.option_count and of.size, "choices")  # type: ignore[misc]
            choices.styles.height = 0
            choices.styles.border = None
            await screen.until(lambda of=choices: not of.scrollable_content_region, "no room")  # type: ignore[misc]
            await screen.press("pagedown", "pageup")
            choices.focus()
            await screen.press("pagedown", "pageup", "escape")
            await screen.until(lambda: len(app.screen_stack) == 2, "the overview")


async def test_a_palette_that_is_dismissed_while_it_searches_ends_nothing(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("ctrl+p")
        palette = screen.app.screen
        assert isinstance(palette, Palette)

        async def search() -> None:
            palette.dismiss()
            palette.query_one("#what-went-with-it")

        await screen.until(lambda: palette.query(CommandList), "its list")
        palette.run_worker(search)
        await screen.until(lambda: len(screen.app.screen_stack) == 2, "the overview")
        await screen.sees("2 rollouts", "q quit")


async def test_what_is_typed_right_after_slash_is_a_filter_and_no_action(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        hastily(screen, "slash", *"webby")
        await screen.sees("webby")
        assert screen.app.screen.query_one("#filter", Field).value == "webby"
        await screen.press("escape")
        hastily(screen, "slash", *"web", "enter")
        await screen.sees("1 of 2", "▸ shop")
        await screen.press("l")
        await screen.until(lambda: screen.app.screen.query("#search"), "the logs")
        hastily(screen, "slash", *"bys")
        await screen.until(lambda: screen.app.screen.query_one("#search", Field).value == "bys", "the term")


async def test_a_click_beside_the_palette_closes_it_and_one_beside_the_screen_means_nothing(
    stage: Stage, dashboard: Dashboard
) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("ctrl+p")
        await screen.until(lambda: screen.app.screen.query(CommandList), "the palette")
        palette = screen.app.screen
        for x, closes in ((500, False), (1, True)):
            palette.post_message(events.Click(palette, x, 20, 0, 0, 1, False, False, False, x, 20))
            await screen.pilot.pause()
            assert (screen.app.screen is palette) is not closes
        await screen.sees("2 rollouts", "q quit")


async def test_a_key_that_goes_back_to_a_screen_comes_late(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("l")
        await screen.until(lambda: screen.app.screen.query("#search"), "the logs")
        await screen.press("h")
        await screen.until(lambda: len(screen.app.screen_stack) == 4, "the history")
        history = screen.app.screen
        assert isinstance(history, LiveScreen)
        await screen.press("ctrl+p")
        await screen.until(lambda: isinstance(screen.app.screen, Palette), "the palette")
        history.action_logs()
        await screen.until(lambda: len(screen.app.screen_stack) == 3, "the logs again")
        assert screen.app.screen.query("#search")


@pytest.mark.parametrize(("opens", "typed"), [("s", "12"), ("x", "viewer"), ("n", "ship"), ("ctrl+p", "restart")])
async def test_what_is_typed_before_a_dialog_opens_is_for_the_dialog(
    stage: Stage, dashboard: Dashboard, opens: str, typed: str
) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        hastily(screen, opens, *typed)
        await screen.until(
            lambda: [field.value for field in screen.app.screen.query(Input)] == [typed], "what was typed, in its order"
        )
        assert len(screen.app.screen_stack) == 3, "and nothing else was opened by it"
        await screen.press("escape")
        await screen.sees("2 rollouts", "q quit")
        assert "selected" not in screen.text


async def test_a_namespace_is_typed_while_the_server_is_asked_for_them(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("till", "till:1.0", namespace="pay")
    stage.advance(20)
    async with dashboard() as screen:
        await screen.sees("3 rollouts", "12 pods")
        with stage.cluster.faults.silence():
            hastily(screen, "n", *"pay", "enter")
            await screen.sees("asking the server", "pay")
        await screen.sees("pay", "1 rollout ")


async def test_keys_are_let_go_where_no_dialog_comes(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard(read_only=True) as screen:
        await screen.sees("2 rollouts", "8 pods")
        hastily(screen, "s", "j", "question_mark")
        await screen.sees("Keys and signs", "ON shop/web")


async def test_what_is_pressed_before_a_question_could_be_read_is_no_yes(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard(to_read=3600) as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("space")
        await screen.sees("Pause shop/cart", "spec.paused", "(y …)")
        await screen.press("y", "y")
        await screen.sees("Pause shop/cart", "(y …)")
        await screen.press("n")
        await screen.sees_no("Pause shop/cart")
    async with dashboard(to_read=0.01) as screen:
        await screen.sees("2 rollouts", "8 pods")
        await screen.press("space")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.sees("‖ paused")
    assert stage.read("cart").spec.paused


async def test_enter_that_takes_a_form_does_not_agree_to_what_follows(stage: Stage, dashboard: Dashboard) -> None:
    async with dashboard() as screen:
        await screen.sees("2 rollouts", "8 pods")
        hastily(screen, "s", "9", "enter")
        await screen.sees("Scale shop/cart from 4 to 9", "y yes")
        await screen.press("enter", "enter")
        await screen.hears("Press y to send this")
        await screen.sees("Scale shop/cart from 4 to 9", "y yes")
        await screen.press("n")
        await screen.sees_no("Scale shop/cart from 4 to 9")
    assert stage.read("cart").spec.replicas == 4


def test_a_question_is_answered_once_it_was_there_to_read_and_a_key_too_early_starts_that_again() -> None:
    question = Readable(0.5)
    assert not question.takes(9.0), "there is nothing to read yet"
    question.asked(10.0)
    assert not question.takes(10.3)
    # A key that is held down, or tapped again and again, is never an answer.
    assert not any(question.takes(10.3 + 0.03 * times) for times in range(100))
    assert not question.holds(13.6)
    assert question.takes(13.8)
    question.withdrawn()
    assert not question.takes(99.0)
