"""Nothing that strangers wrote acts on a terminal: the raw bytes of a pseudo-terminal are the witness."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ktui.sim import SimulatedCluster
from tests.masquerade import Masquerade, masquerade
from tests.terminal import PATIENCE, Terminal
from tests.tui.conftest import Stage

ATTACKS: Final = (
    "\x1b]52;c;UFdORUQ=\x07",  # the clipboard
    "\x1b]0;PWNED\x07",  # the title
    "\x1b]8;;http://PWNED\x1b\\",
    "\x1bP+q7777\x1b\\",
    "\x1b[7777;7777H",
    "\x1b[7777J",
    "\x1b[?7777h",
    "\x1b[38;5;7777m",
    "\x1b",
    "\x9b7777J",
    "\x9d0;PWNED\x9c",
    "\x07",
    "\x08\x08\x08\x08",
    "\x7f",
    "\x0e",
    "\r",
    "\n",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u115f\u3164\u2800\ufe0f",
    "\U000e0041",
    "\u0338",
    "e\u0301\u0301\u0301\u0301\u0301\u0301",
    "漢字",
    "👩‍💻",
    "[red]bold[/]",
)
WORDS: Final = ("evil0x", "evil1x", "evil2x", "evil3x", "evil4x", "evil5x")
"""A Deployment's name, a namespace, a container, an image, an annotation, a line of a log."""

_OWN: Final = re.compile(
    r"\x1b\]8;id=[0-9-]+;(?P<link>https?://[!-~]+?)\x1b\\(?=(?:\x1b\[[0-9;:]*m)*(?P=link))|\x1b\]8;;\x1b\\|"
    r"\x1b\[[0-9:;<=>?]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[78=>c]|\x1b\]22;[a-z-]*\x07|\x1b\]2;ktui\x1b\\"
)
"""What a terminal program writes: sequences that move, colour and ask, Textual's for pointer and title, and links.

A link leads to nothing but the address that is on the screen.
"""


def obeyed(raw: bytes) -> list[str]:
    """What in a terminal's bytes ktui did not write."""
    text = raw.decode("utf-8")
    found = [each[0] for each in _OWN.finditer(text) if "7777" in each[0]]
    rest = _OWN.sub("", text)
    return found + [letter for letter in rest if not (letter.isprintable() or letter in "\r\n")]


@st.composite
def disguises(draw: st.DrawFn) -> dict[str, str]:
    """A hostile text for each word, each attack being used somewhere."""
    order = draw(st.permutations(ATTACKS))
    share = len(order) // len(WORDS) + 1
    return {word: f"{word[4]}{''.join(order[at * share : (at + 1) * share])}." for at, word in enumerate(WORDS)}


@pytest.fixture(scope="module")
def party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Masquerade, Stage]]:
    folder = tmp_path_factory.mktemp("party")
    cluster = SimulatedCluster(seed=11, name="prod-eu")
    with cluster.serving():
        stage = Stage(cluster, folder)
        cause = {"annotations": {"kubernetes.io/change-cause": "because evil4x", "evil4x": "evil4x"}}
        for name in ("web", "evil0x"):
            for namespace in ("shop", "evil1x"):
                stage.deploy(name, "evil3x:1.0", namespace=namespace, replicas=2, metadata=cause)
        cluster.settle()
        stage.set_image("web", "evil3x:2.0-nopull")
        stage.advance(30)
        cluster.pause()
        with masquerade(
            str(yaml.safe_load(stage.kubeconfig().read_text())["clusters"][0]["cluster"]["server"])
        ) as guise:
            yield guise, stage
        stage.close()


def kubeconfig(guise: Masquerade, stage: Stage, folder: Path, name: str) -> Path:
    """One whose names are as hostile as the rest."""
    config = yaml.safe_load(stage.kubeconfig().read_text())
    config["clusters"][0]["cluster"]["server"] = guise.url
    context = config["contexts"][0]
    config["contexts"] = [{**context, "name": name}, {**context, "name": f"other {name}"}]
    config["current-context"] = name
    path = folder / "hostile"
    path.write_text(yaml.safe_dump(config))
    return path


few = settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

COMMANDS: Final = (
    ("get", "-A"),
    ("get", "-A", "-o", "json"),
    ("get", "-A", "-o", "yaml"),
    ("-n", "shop", "status", "web", "--no-watch"),
    ("-n", "shop", "history", "web"),
    ("-n", "shop", "history", "web", "--revision", "1"),
    ("-n", "shop", "diff", "web"),
    ("-n", "shop", "diff", "web", "--yaml"),
    ("-n", "shop", "resources", "web"),
    ("-n", "shop", "rollback", "web", "--dry-run"),
    ("-n", "shop", "pause", "web", "--dry-run"),
    ("--context", "\x1b]0;PWNED\x07", "get"),
)


@pytest.mark.timeout(240)
@few
@given(words=disguises())
def test_no_command_lets_it_through(
    words: dict[str, str], party: tuple[Masquerade, Stage], tmp_path_factory: pytest.TempPathFactory
) -> None:
    guise, stage = party
    guise.words = words
    home = tmp_path_factory.mktemp("home")
    config = kubeconfig(guise, stage, home, words["evil0x"])
    script = home / "run.py"
    script.write_text(
        "import sys\nfrom ktui.cli.root import main\n"
        f"for arguments in {COMMANDS!r}:\n"
        f"    code = main(['--kubeconfig', {str(config)!r}, *arguments])\n"
        "    assert code in (0, 1, 3), (code, arguments)\n"
        "print('that was all')\n"
    )
    with Terminal.python(str(script), home=home, columns=200, rows=60) as terminal:
        assert terminal.ends() == 0, terminal.text
        assert b"that was all" in terminal.raw
        assert b"web" in terminal.raw
        assert terminal.raw.count(b"<U+") > 5
        assert obeyed(bytes(terminal.raw)) == []


@pytest.mark.timeout(240)
@few
@given(words=disguises())
def test_no_screen_lets_it_through(
    words: dict[str, str], party: tuple[Masquerade, Stage], tmp_path_factory: pytest.TempPathFactory
) -> None:
    guise, stage = party
    guise.words = words
    home = tmp_path_factory.mktemp("home")
    config = kubeconfig(guise, stage, home, words["evil1x"])
    with Terminal.python("-m", "ktui", "--kubeconfig", str(config), home=home, columns=160, rows=40) as terminal:
        terminal.sees("● live", "4 rollouts", "web")
        terminal.press("\r")
        terminal.sees("REVISIONS AND PODS")
        for keys, seen in (
            ("i", "Set the image of"),
            ("C", "Canary of"),
            (" ", "THE SAME WITH KUBECTL"),
            ("h", "REV  "),
            ("e", "newest"),
            ("l", "following"),
            ("?", "Keys"),
            ("n", "type to narrow"),
            ("x", "type to narrow"),
            ("\x10", "Search for commands"),
        ):
            terminal.press(keys)
            terminal.sees(seen)
            if keys == " ":
                terminal.press("c")
                terminal.sees("is on the clipboard")
            terminal.press("\x1b")
            terminal.until(lambda screen, seen=seen: seen not in screen, f"no {seen!r}")  # type: ignore[misc]
        terminal.press("\x1b")
        terminal.sees("4 rollouts")
        terminal.press("q")
        assert terminal.ends() == 0
        copied = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", terminal.raw)
        assert len(copied) == 1
        assert obeyed(bytes(terminal.raw).replace(b"\x1b]52;c;" + copied[0] + b"\x07", b"")) == []


BATCH: Final = 100
MANY: Final = int(os.environ.get("KTUI_FUZZ", "1000"))
"""How many texts are made up and shown; `make fuzz` has 100,000."""

ANY = st.text(st.characters(exclude_categories=[]), max_size=8)
TEXTS = st.lists(
    ANY | st.lists(st.sampled_from(ATTACKS) | ANY, max_size=4).map("".join),
    min_size=BATCH,
    max_size=BATCH,
)
fuzz = settings(
    max_examples=MANY // BATCH,
    deadline=None,
    derandomize="KTUI_FUZZ" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(60 + MANY // 5)
def test_no_text_is_obeyed_in_whatever_way_it_is_shown(tmp_path: Path) -> None:
    everything: list[str] = []
    rounds = 0
    with Terminal.python("-m", "tests.shown", str(tmp_path), home=tmp_path, columns=160, rows=50) as terminal:
        terminal.sees("ready for a key")
        terminal.is_drawn = False

        @fuzz
        @given(texts=TEXTS)
        def shown(texts: list[str]) -> None:
            nonlocal rounds
            rounds += 1
            everything.extend(texts)
            (tmp_path / "texts").write_text(json.dumps(texts))
            terminal.press("n")
            title = b"\x1b]2;shown %d\x1b\\" % rounds
            terminal.waits_for(lambda: title in terminal.raw, "to be shown")
            drawn, _, rest = bytes(terminal.raw).partition(title)
            terminal.raw[:] = rest
            assert obeyed(re.sub(rb"\x1b\]2;ktui [^\x00-\x1f]*\x1b\\", b"", drawn)) == []

        shown()
        assert rounds * BATCH >= MANY - BATCH
        terminal.press("q")
        assert terminal.ends() == 0
    (tmp_path / "texts").write_text(json.dumps(everything))
    with Terminal.python("-m", "tests.shown", str(tmp_path), "print", home=tmp_path, columns=200) as terminal:
        terminal.is_drawn = False
        assert terminal.ends(PATIENCE + MANY / 100) == 0, terminal.raw[-2000:]
        assert len(terminal.raw) > 20 * len(everything)
        assert obeyed(bytes(terminal.raw.replace(b"\t", b""))) == []


def test_the_witness_sees_what_is_let_through() -> None:
    for attack in ATTACKS[:-5]:
        assert attack in ("\r", "\n", "\u0338", "\u115f\u3164\u2800\ufe0f") or obeyed(attack.encode()), attack
