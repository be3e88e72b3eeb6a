"""A rollout that was started here, or is followed, says when it ends or gets into trouble."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ktui.notify.preferences import Preferences
from ktui.sim import SimulatedCluster
from tests.notify.hook import SECRET, Hook
from tests.terminal import Terminal
from tests.tui.conftest import Dashboard, Stage


async def test_what_was_started_here_is_announced_and_nothing_else(stage: Stage, dashboard: Dashboard) -> None:
    for name in ("cart", "web"):
        stage.deploy(name, f"{name}:1.0", replicas=2)
    stage.advance(20)
    async with dashboard() as screen:
        await screen.knows_all()
        await screen.press("R")
        await screen.sees("y yes")
        await screen.press("y")
        await screen.until(lambda: stage.read("cart").metadata.generation > 1, "the restart")
        stage.set_image("web", "web:2.0")
        stage.advance(60)
        await screen.until(lambda: "✔ shop/cart: complete" in screen.told, "to be told")
        assert "shop/web: complete" not in screen.told


async def test_what_is_followed_is_announced_until_it_is_no_longer(stage: Stage, dashboard: Dashboard) -> None:
    for name in ("cart", "web"):
        stage.deploy(name, f"{name}:1.0", replicas=2)
    stage.advance(20)
    async with dashboard() as screen:
        await screen.knows_all()
        # What is selected is followed together.
        await screen.press("asterisk", "w")
        await screen.hears("Followed: 2 rollouts.")
        await screen.sees("followed")
        await screen.press("escape", "g", "w")
        await screen.hears("No longer followed: shop/cart.")
        stage.set_image("cart", "cart:2.0")
        stage.set_image("web", "web:nopull")
        stage.advance(60)
        await screen.until(lambda: "▲ shop/web: stalled: " in screen.told, "to be told")
        # An earlier template comes back before that was complete.
        stage.set_image("web", "web:1.0")
        stage.advance(60)
        await screen.hears("↶ shop/web: aborted: the template of an earlier revision is back (web:1.0)")
        await screen.hears("✔ shop/web: complete")
        assert "shop/cart: complete" not in screen.told
        await screen.press("M")
        await screen.sees("Messages", "▲ shop/web: stalled", "↶ shop/web: aborted")


@pytest.mark.parametrize(
    ("rollouts", "says"),
    [("all", 'Every rollout that is shown is followed: [notify] rollouts is "all"'), ("started", "Not followed: ")],
)
async def test_the_setting_decides(rollouts: str, says: str, stage: Stage, dashboard: Dashboard) -> None:
    stage.deploy("cart", "cart:1.0", replicas=1)
    stage.advance(20)
    async with dashboard(notify=Preferences(rollouts=rollouts)) as screen:
        await screen.knows_all()
        await screen.press("w")
        await screen.hears(says)
        stage.set_image("cart", "cart:2.0")
        stage.advance(60)
        await screen.sees("cart:2.0", "✔ complete")
        await screen.until(lambda: ("shop/cart: complete" in screen.told) is (rollouts == "all"), "what is told")


def bells(sent: str) -> int:
    """How often the bell rings; a sequence may end with the same character."""
    return re.sub(r"\x1b\][^\x07\x1b]*\x07", "", sent).count("\x07")


@pytest.mark.timeout(240)
def test_terminal_program_and_server_are_told_and_no_secret_is(tmp_path: Path) -> None:
    """One dashboard in a pseudo-terminal: bell, title, desktop through tmux, a command and a webhook."""
    hook, told = Hook(), tmp_path / "told"
    with SimulatedCluster(seed=3, name="prod-eu").serving() as cluster, hook.in_a_thread() as address:
        stage = Stage(cluster, tmp_path)
        stage.deploy("cart", "cart:1.0", replicas=2)
        stage.deploy("web", "web:nopull", replicas=2)
        stage.advance(120)
        folder = tmp_path / "config" / "ktui"
        folder.mkdir(parents=True)
        (tmp_path / "address").write_text(address)
        # No shell: the words are what they are.
        command = ["tee", "-a", str(told)]
        (folder / "config.toml").write_text(
            f'[notify]\nrollouts = "all"\ndesktop = "both"\ncommand = {json.dumps(command)}\n'
            f"[notify.webhook]\naddress_file = {json.dumps(str(tmp_path / 'address'))}\n"
        )
        environment = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "TMUX": "/tmp/tmux-0/default,1,0"}
        with Terminal.python(
            "-m", "ktui", "--kubeconfig", str(stage.kubeconfig()), home=tmp_path, environment=environment
        ) as terminal:
            terminal.sees("▲ stalled")
            terminal.until(lambda _: "\x1b]2;▲1 ktui\x1b\\".encode() in terminal.raw, "the title")
            terminal.sees("✔ complete")
            # What was so before is no news; news begins once all lists are there, those that nothing shows too.
            terminal.rests()
            assert bells(terminal.raw.decode()) == 0
            stage.set_image("cart", "cart:nopull")
            stage.advance(120)
            terminal.until(lambda _: "\x1b]2;▲2 ktui\x1b\\".encode() in terminal.raw, "the title")
            terminal.waits_for(lambda: hook.bodies and told.exists() and told.read_text().endswith("\n"), "the ways")
            terminal.press("q")
            assert terminal.ends() == 0
        assert terminal.raw.index(b"\x1b[22;2t") < terminal.raw.index(b"\x1b[23;2t")
        sent = terminal.raw.decode()
        for begins in ("9;ktui: ", "777;notify;ktui;"):
            wrapped = re.findall(rf"\x1bPtmux;\x1b\x1b\]{begins}([^\x07]*)\x07\x1b\\", sent)
            assert [each.split(": ")[:2] for each in wrapped] == [["▲ shop/cart", "stalled"]]
        assert bells(sent) == 1
        (body,) = hook.bodies
        said = [(each["event"], each["name"], each["context"]) for each in body["events"]]
        assert said == [("stalled", "cart", "prod-eu")]
        assert json.loads(told.read_text())["sentence"] == body["events"][0]["sentence"]
        files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "address"]
        assert len(files) > 2
        assert SECRET not in sent
        assert not [path for path in files if SECRET.encode() in path.read_bytes()]
        stage.close()
