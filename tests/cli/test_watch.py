"""`ktui get --watch`: what a program and a person are told, and how it ends."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.notify.hook import SECRET, Hook
from tests.simulated import OLD, STUCK, Witness, image_patch, manifest
from tests.terminal import Terminal

Start = Callable[..., subprocess.Popen[str]]
Line = dict[str, Any]


@contextmanager
def watching(start: Start, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = start("get", "--watch", *arguments)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def told(process: subprocess.Popen[str], until: Callable[[Line], object]) -> list[Line]:
    """The lines up to the first for which that holds."""
    assert process.stdout is not None
    lines = []
    for text in process.stdout:
        lines.append(json.loads(text))
        if until(lines[-1]):
            return lines
    raise AssertionError(f"it ended before that: {lines}")


def is_listed(line: Line) -> bool:
    return bool(line["type"] == "listed")


def test_first_what_there_is_then_what_changes(
    ktui: Ktui, cart: Witness, cluster: SimulatedCluster, ktui_process: Start
) -> None:
    cluster.apply(manifest(OLD, name="assets", replicas=1))
    cluster.settle()
    with watching(ktui_process, "-o", "json") as process:
        first = told(process, is_listed)
        assert [(line["schema"], line["type"]) for line in first] == [
            ("ktui.watch/1", "added"),
            ("ktui.watch/1", "added"),
            ("ktui.watch/1", "listed"),
        ]
        assert first[-1]["count"] == 2
        # One rollout is told in the same words as by a plain `get`.
        plain = {each["name"]: each for each in json.loads(ktui("get", "-o", "json").out)["rollouts"]}
        assert {line["rollout"]["name"]: line["rollout"].keys() for line in first[:-1]} == {
            name: each.keys() for name, each in plain.items()
        }

        cart.patch(image_patch(STUCK))
        changes = told(process, lambda line: line["rollout"]["phase"] == "stalled")
        assert {(line["type"], line["rollout"]["name"]) for line in changes} == {("changed", "cart")}
        assert changes[-1]["rollout"]["causes"][0]["kind"] == "image"

        cluster.apply(manifest(OLD, name="billing", replicas=1))
        assert told(process, lambda line: line["type"] == "added")[-1]["rollout"]["name"] == "billing"

        cart.delete("assets")
        gone = told(process, lambda line: line["type"] == "gone")[-1]
        assert (gone["rollout"]["name"], gone["rollout"]["image"]) == ("assets", "cart:4.9")


def test_nothing_is_said_while_only_time_passes(cart: Witness, stuck: Witness, ktui_process: Start) -> None:
    with watching(ktui_process, "cart", "-o", "json") as process:
        lines = told(process, is_listed)
        # The pods of a rollout that is stuck are tried again and again; the object that is marked ends the wait.
        stuck.patch({"metadata": {"annotations": {"kubernetes.io/change-cause": "marked"}}})
        lines += told(process, lambda line: line["rollout"]["changeCause"] == "marked")
    rollouts = [line["rollout"] for line in lines if "rollout" in line]
    for before, after in itertools.pairwise(rollouts):
        assert any(before[key] != after[key] for key in before.keys() - {"secondsLeft", "why"})


def test_only_the_names_that_were_given(cart: Witness, cluster: SimulatedCluster, ktui_process: Start) -> None:
    cluster.apply(manifest(OLD, name="assets", replicas=1))
    with watching(ktui_process, "deploy/cart", "-o", "json") as process:
        assert [line.get("rollout", {}).get("name") for line in told(process, is_listed)] == ["cart", None]


def test_a_name_that_does_not_exist_is_an_error(ktui: Ktui, cart: Witness) -> None:
    ran = ktui("get", "--watch", "basket", "-o", "json")
    assert ran.code == 1
    assert [json.loads(line)["type"] for line in ran.lines] == ["listed"]
    assert ran.err == 'ktui: deployments.apps "basket" not found in the namespace shop.\n'


def test_a_watch_that_breaks_is_taken_up_again(cart: Witness, cluster: SimulatedCluster, ktui_process: Start) -> None:
    with watching(ktui_process, "-o", "json") as process:
        told(process, is_listed)
        cluster.faults.drop_watches()
        cart.patch(image_patch("registry.example/shop/cart:6.0"))
        lines = told(process, lambda line: line["rollout"]["image"] == "cart:6.0")
        assert {line["type"] for line in lines} == {"changed"}


def test_pods_and_events_that_may_not_be_read_are_done_without(
    stuck: Witness, cluster: SimulatedCluster, ktui_process: Start
) -> None:
    for resource in ("pods", "events"):
        for verb in ("list", "watch"):
            cluster.faults.forbid(verb, resource)
    process = ktui_process("get", "--watch", "-o", "json")
    assert told(process, is_listed)[-1]["count"] == 1
    process.terminate()
    _, err = process.communicate(timeout=30)
    assert len(err.splitlines()) == 2


def test_deployments_that_may_not_be_read_are_an_error(ktui: Ktui, cart: Witness, cluster: SimulatedCluster) -> None:
    for verb in ("list", "watch"):
        cluster.faults.forbid(verb, "deployments")
    ran = ktui("get", "--watch", "-o", "json")
    assert (ran.code, ran.out) == (1, "")
    assert "deployments" in ran.err


def test_for_a_person_it_is_a_table_and_then_rows(cart: Witness, ktui_process: Start) -> None:
    with watching(ktui_process) as process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == ["NAME", "PHASE", "NEW", "READY", "REV", "IMAGE", "FOR", "WHY"]
        assert process.stdout.readline().split()[:2] == ["cart", "complete"]
        cart.patch(image_patch(STUCK))
        rows = iter(process.stdout.readline, "")
        stalled = next(row for row in rows if row.split()[1] == "stalled")
        assert "image cart:nopull cannot be pulled" in stalled
        cart.delete()
        assert next(row for row in rows if row.split()[1] == "gone").split() == ["cart", "gone"]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("output", ["text", "json"])
def test_a_signal_ends_it_without_a_word(
    cart: Witness, ktui_process: Start, sent: signal.Signals, code: int, output: str
) -> None:
    process = ktui_process("get", "--watch", "-o", output)
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(sent)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, "")


def test_a_reader_that_has_gone_ends_it_even_where_nothing_changes(cart: Witness, ktui_process: Start) -> None:
    process = ktui_process("get", "--watch", "-o", "json")
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.wait(timeout=30) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


def test_yaml_is_refused(ktui: Ktui, cart: Witness) -> None:
    assert ktui("get", "--watch", "-o", "yaml").code == 2


def test_notify_goes_with_watch(ktui: Ktui) -> None:
    ran = ktui("get", "--notify")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "Error: --notify goes with --watch: without it, nothing changes.",
    )


def test_notify_announces_without_a_screen(
    cart: Witness, cluster: SimulatedCluster, kubeconfig: Path, own_folders: Path
) -> None:
    config, hook = own_folders / "config" / "ktui" / "config.toml", Hook()
    config.parent.mkdir(parents=True)
    folders = {"XDG_CONFIG_HOME": str(own_folders / "config"), "TERM_PROGRAM": "WezTerm"}
    with hook.in_a_thread() as address:
        config.write_text('[notify]\nwebhook = { address_env = "HOOK", form = "slack" }\n')
        arguments = ("-m", "ktui", "--kubeconfig", str(kubeconfig), "-n", "shop", "get", "--watch", "--notify")
        environment = folders | {"HOOK": address}
        with Terminal.python(*arguments, home=own_folders, environment=environment) as terminal:
            terminal.sees("complete")
            cart.patch(image_patch(STUCK))
            terminal.sees("stalled")
            terminal.waits_for(lambda: hook.bodies, "the webhook")
            terminal.send_signal(signal.SIGTERM)
            terminal.ends()
    sent = terminal.raw.decode()
    assert re.findall(r"\x1b\]777;notify;ktui;(▲ shop/cart: stalled): [^\x07]*\x07\x07", sent), sent
    assert "\x1b]9;" not in sent
    assert sent.index("\x1b[22;2t") < sent.index("\x1b]2;▲1 ktui\x1b\\") < sent.index("\x1b[23;2t")
    assert SECRET not in sent
    assert hook.bodies[0]["text"].splitlines()[0].startswith("▲ shop/cart: stalled: ")
