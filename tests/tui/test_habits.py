"""What a person is used to: own keys, columns, order and filters, and short words in the palette."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from ktui.cli.habits import habits_of
from ktui.settings import Settings, SettingsError, load
from ktui.tui.keymap import IDS, MEANINGS
from ktui.tui.options import Habits
from ktui.tui.overview.screen import OverviewScreen
from ktui.tui.own_keys import READY, read_own_keys, shown
from ktui.tui.palette import meant
from tests.tui.conftest import Dashboard, Stage

HABITS = Habits(
    keys=read_own_keys({"set": "k9s", "pause": "+"}),
    columns=("phase", "rollout", "why"),
    sort="name",
    filters={"mine": "shop Cart"},
)


def test_every_meaning_but_those_of_the_program_can_have_own_keys() -> None:
    assert set(IDS.values()) <= set(MEANINGS)
    without = {meaning for key, meaning in MEANINGS.items() if meaning not in {MEANINGS[each] for each in IDS.values()}}
    assert without == {MEANINGS[key] for key in ("ctrl+c", "ctrl+t", "ctrl+z")}


@pytest.mark.parametrize("ready", READY)
def test_a_ready_set_takes_no_key_away(ready: str) -> None:
    keys = read_own_keys({"set": ready})
    assert keys
    assert not set(keys) & set(MEANINGS)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"promote": "b"}, 'the key "b" cannot be "promote": it is "roll back" already'),
        ({"promote": "ctrl+c"}, "the terminal or ktui needs it"),
        ({"promote": "ctrl+i"}, "the terminal or ktui needs it"),
        ({"promote": "hyper+x"}, '"hyper+x" is not a key'),
        ({"promote": "\x1b[2J"}, "is not a key"),
        ({"promote": ""}, '"" is not a key'),
        ({"promot": "+"}, 'the closest is "promote"'),
        ({"promote": "+", "abort": ["-", "+"]}, 'the key "+" is both "promote" and "abort"'),
        ({"set": "emacs"}, "available: k9s"),
    ],
)
def test_a_key_that_cannot_be_had_is_named(table: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=r".+") as error:
        read_own_keys(table)
    assert says in str(error.value)
    assert "\x1b" not in str(error.value)


def test_an_own_key_counts_more_than_one_of_a_ready_set() -> None:
    assert read_own_keys({"set": "k9s", "promote": "d"})["d"] == "p"
    assert ("+ f5", "promote") in shown(read_own_keys({"promote": ["+", "f5"]}))


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"columns": ("rollout", "age")}, 'There is no column "age"'),
        ({"columns": ("phase", "why")}, 'The column "rollout" is missing'),
        ({"columns": ("rollout", "rollout")}, "named twice"),
        ({"sort": "random"}, 'There is no order "random"'),
        ({"filters": {"a b": "x"}}, 'The filter "a b" cannot be used'),
        ({"filters": {"mine": " "}}, 'The filter "mine" cannot be used'),
        ({"keys": {"promote": "b"}}, "The keys in config.toml cannot be used"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(setting: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as error:
        habits_of(Settings(**setting))
    assert says in str(error.value)
    assert error.value.hint


def test_they_come_from_the_file_and_the_words_also_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        'sort = "newest"\ncolumns = ["rollout", "why"]\n[keys]\npromote = ["+"]\n[filters]\nmine = "cart"\n'
    )
    found = habits_of(load({}, {"KTUI_SORT": "name", "KTUI_KEYS": "promote"}, file))
    assert found == Habits({"plus": "p"}, ("rollout", "why"), "name", {"mine": "cart"})


def test_the_first_word_in_the_palette_may_be_a_short_one() -> None:
    assert meant("ns shop") == "namespace shop"
    assert meant("ctx") == "context"
    assert meant("nsx") == "nsx"


async def test_the_dashboard_is_as_a_person_is_used_to(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("web", "web:1.0")
    stage.deploy("cart", "cart:1.0")
    stage.deploy("api", "api:1.0", namespace="search")
    stage.advance(20)
    async with dashboard(habits=HABITS) as screen:
        await screen.sees("3 rollouts", "12 pods", "✔ complete")
        assert isinstance(screen.app.screen, OverviewScreen)
        heading = next(line for line in screen.text.splitlines() if "ROLLOUT" in line)
        assert heading.split() == ["PHASE", "ROLLOUT", "WHY"]
        assert [word for word in screen.text.split() if word in ("api", "cart", "web")][:3] == ["api", "cart", "web"]
        # An own key, two of the set (ctrl+space as terminals send it), and in a question none.
        await screen.press("slash")
        await screen.type("@mine")
        await screen.sees("1 of 3 match")
        await screen.press("enter", "plus")
        await screen.sees("Pause shop/cart", "y yes")
        await screen.press("d")
        assert "Pause shop/cart" in screen.text
        await screen.press("escape", *(each.key for each in XTermParser().feed("\x00") if isinstance(each, events.Key)))
        await screen.sees("✓ 1 selected")
        await screen.press("escape", "d")
        await screen.sees("REVISIONS AND PODS")
        await screen.press("question_mark")
        await screen.sees("YOUR OWN KEYS")
        await screen.press("escape", "left_square_bracket")
        await screen.sees("1 of 3 match")
        await screen.press("escape")
        await screen.sees("api")
        # From the palette to another namespace, by the words of k9s.
        await screen.press("ctrl+a")
        await screen.sees("Search for commands")
        await screen.type("ns search")
        await screen.sees("Namespace search")
        await screen.press("enter")
        await screen.sees("1 rollout", "api")
        assert screen.app.namespace == "search"
        # Nothing is read again for the one that is shown already.
        known = screen.app.live
        await screen.press("ctrl+a")
        await screen.sees("Search for commands")
        await screen.type("ns search")
        await screen.sees("Namespace search")
        await screen.press("enter")
        await screen.sees_no("Search for commands")
        await screen.press("question_mark")
        await screen.sees("YOUR OWN KEYS")
        assert screen.app.live is known


async def test_the_order_and_how_rows_look_are_there_the_next_time(stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:nopull")
    stage.advance(60)
    below = "cannot be pulled"
    async with dashboard(size=(80, 24)) as screen:
        await screen.sees("1 rollout", below)
        assert "image cart:nopull canno…" not in screen.text
        await screen.press("o", "colon")
        await screen.sees("Search for commands")
        await screen.type("rows")
        await screen.sees("Rows: one line each")
        await screen.press("enter")
        await screen.sees("by name", "image cart:nopull canno…")
    async with dashboard(size=(80, 24)) as screen:
        await screen.sees("1 rollout", "by name", "image cart:nopull canno…")
