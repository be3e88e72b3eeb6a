"""`ktui report`: what commands saw of rollouts is remembered, and told without the cluster."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ktui.cli.report.document import Report, report_document
from ktui.figures.record import Record
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui
from tests.cli.sets import Sets
from tests.simulated import NEW, OLD, STUCK, Witness, image_patch, manifest

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

MEMBERS = {
    of: names.split()
    for of, names in {
        "document": "schema context namespace names since until watchedSince figures services rollouts",
        "figures": "changes changesADay told succeeded failed successRate outcomes duration recovery rollBacks "
        "availability causes steps",
        "duration": "count median p95 longest stoodStill",
        "rollout": "uid revision namespace kind name previousRevision image previousImage sight outcome rollBack "
        "deployedBy started finished troubled failed cause sentence seconds stoodStill lowest promised desired",
    }.items()
}
"""What scripts read (docs/report.md): members may be added here, and only a new schema takes one away."""

Start = Callable[..., subprocess.Popen[str]]


def reported(ktui: Ktui, *arguments: str) -> Any:
    ran = ktui("report", "-o", "json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def newest(told: Any) -> Any:
    """By revision: the simulated cluster's clock runs twenty times as fast as that of the watcher."""
    return max(told["rollouts"], key=lambda each: each["revision"])


def file(state: Path) -> Path:
    (path,) = (state / "figures").glob("*.sqlite")
    return path


def test_a_rollout_that_a_gate_waited_for(ktui: Ktui, cart: Witness, ktui_process: Start) -> None:
    template = image_patch(OLD)["spec"]["template"] | {"metadata": {"annotations": {"sim.ktui/startup-seconds": "30"}}}
    cart.patch({"spec": {"paused": True, "template": template}})
    with ktui_process("status", "cart", "--timeout", "60s") as gate:
        assert gate.stderr is not None
        assert "it is paused" in gate.stderr.readline()
        cart.patch({"spec": {"paused": False}})
        assert gate.wait(60) == 0
    told = reported(ktui)
    assert (told["schema"], told["namespace"], told["names"]) == ("ktui.report/1", "shop", [])
    (service,) = told["services"]
    assert (service["kind"], service["name"], service["figures"]["changes"]) == ("Deployment", "cart", 3)
    last = newest(told)
    assert (last["revision"], last["sight"], last["outcome"]) == (3, "joined", "complete")
    assert (last["lowest"], last["promised"], last["previousRevision"]) == (3, 3, 2)


def test_a_failure_and_the_roll_back_after_it(ktui: Ktui, cart: Witness) -> None:
    cart.patch(image_patch(STUCK))
    cart.patch({"spec": {"progressDeadlineSeconds": 30}})
    assert ktui("status", "cart", "--rollback-on-failure", "--timeout", "60s").code == 1
    told = reported(ktui, "cart")
    by_revision = {each["revision"]: each for each in told["rollouts"]}
    assert (by_revision[3]["outcome"], by_revision[3]["cause"]) == ("failed", "image")
    assert "cart:nopull cannot be pulled" in by_revision[3]["sentence"]
    assert (by_revision[4]["outcome"], by_revision[4]["rollBack"]) == ("complete", True)
    figures = told["figures"]
    assert (figures["succeeded"], figures["failed"], figures["recovery"]["count"]) == (1, 1, 1)
    assert [each["kind"] for each in figures["causes"]] == ["image"]


def test_the_members_of_the_first_schema_stay() -> None:
    made = Record(uid="u", revision=2, namespace="shop", name="cart", started=NOW)
    period: dict[str, Any] = {"since": NOW, "until": NOW, "watched_since": None}
    document = report_document(Report(context="prod", namespace=None, names=(), rollouts=[made], **period))
    figures, (rollout,) = document["figures"], document["rollouts"]
    assert (document["schema"], rollout["sight"], figures["told"]) == ("ktui.report/1", "told", 1)
    assert [*document] == MEMBERS["document"]
    assert [*figures] == MEMBERS["figures"]
    assert [*figures["duration"]] == MEMBERS["duration"]
    assert [*rollout] == MEMBERS["rollout"]


def test_it_needs_no_server(cluster: SimulatedCluster, ktui: Ktui, cart: Witness, kubeconfig: Path) -> None:
    cart.patch(image_patch(OLD))
    assert ktui("status", "cart", "--timeout", "60s").code == 0
    text = kubeconfig.read_text()
    kubeconfig.write_text(text.replace("127.0.0.1", "192.0.2.1"))
    told = ktui("report")
    assert told.code == 0
    assert "cart" in told.out
    assert max(map(len, told.lines)) <= 80
    assert "\x1b" not in told.out
    assert ktui("report", "-o", "html").out.startswith("<!doctype html>")
    one = ktui("report", "cart", "--since", "2w")
    assert "cart:4.9" in one.out
    assert max(map(len, one.lines)) <= 80


def test_a_watch_remembers_what_began_and_ended_before_its_eyes(ktui: Ktui, cart: Witness, ktui_process: Start) -> None:
    with ktui_process("get", "--watch", "-o", "json") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["type"] == "listed":
                cart.patch(image_patch(OLD))
            elif (rollout := json.loads(line)["rollout"])["revision"] == 3 and rollout["phase"] == "complete":
                break
        process.terminate()
        assert process.wait(30) == 143
    last = newest(reported(ktui))
    assert (last["revision"], last["sight"], last["outcome"]) == (3, "watched", "complete")
    assert last["seconds"] > 0


def test_two_at_once_count_a_rollout_once(ktui: Ktui, cart: Witness, ktui_process: Start) -> None:
    cart.patch(image_patch(OLD))
    gates = [ktui_process("status", "cart", "--timeout", "60s") for _ in range(3)]
    for gate in gates:
        _, said = gate.communicate(timeout=60)
        assert (gate.returncode, said) == (0, "")
    assert sorted(each["revision"] for each in reported(ktui)["rollouts"]) == [1, 2, 3]


def test_the_file_is_its_owners_alone(ktui: Ktui, cart: Witness, state: Path) -> None:
    ktui("status", "cart")
    assert stat.S_IMODE(file(state).stat().st_mode) == 0o600
    assert stat.S_IMODE(file(state).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


@pytest.mark.parametrize("how", ["setting", "environment"])
@pytest.mark.usefixtures("cart")
def test_it_can_be_switched_off(ktui: Ktui, state: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "setting":
        config = state.parent.parent / "config" / "ktui" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text("history = false\n")
    else:
        monkeypatch.setenv("KTUI_HISTORY", "off")
    assert ktui("status", "cart").code == 0
    assert not (state / "figures").exists()


def test_what_makes_figures_is_said_where_there_are_none(ktui: Ktui, kubeconfig: Path) -> None:
    ran = ktui("report")
    assert (ran.code, ran.out) == (0, "")
    assert "No rollout of the namespace shop in" in ran.err
    assert "ktui records rollouts while it runs" in ran.err


def test_other_namespaces_are_pointed_to(cluster: SimulatedCluster, ktui: Ktui, cart: Witness) -> None:
    ktui("status", "cart")
    ran = ktui("report", "-n", "ops")
    assert (ran.code, ran.out) == (0, "")
    assert "-A reports on all namespaces." in ran.err
    assert "shop/cart" in ktui("report", "-A").out


@pytest.mark.parametrize("since", ["yesterday", "7x", "-3d", "2999-01-01", "0d", ""])
def test_a_period_that_is_none(ktui: Ktui, since: str) -> None:
    ran = ktui("report", "--since", since)
    assert ran.code == 2
    assert "write 30m, 24h, 7d, 2w, or a date" in ran.err


def test_a_name_and_all_namespaces_do_not_go_together(ktui: Ktui) -> None:
    assert ktui("report", "cart", "-A").code == 2


def test_a_context_that_is_gone_is_reported_on_by_its_name(ktui: Ktui, cart: Witness, kubeconfig: Path) -> None:
    ktui("status", "cart")
    context = reported(ktui)["context"]
    kubeconfig.write_text("apiVersion: v1\nkind: Config\n")
    assert reported(ktui, "--context", context)["rollouts"]


# What may be wrong with the file harms nothing


def broken_by(path: Path, how: str) -> None:
    match how:
        case "damaged":
            path.write_bytes(b"this is no database, whatever its name says" * 100)
        case "newer":
            with sqlite3.connect(path) as database:
                database.execute("PRAGMA user_version = 99")
            database.close()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [("damaged", "was damaged: it was renamed to"), ("newer", "a newer ktui wrote it (schema 99")],
)
def test_a_file_that_cannot_be_used_does_not_harm_the_gate(
    ktui: Ktui, cart: Witness, state: Path, how: str, sentence: str
) -> None:
    ktui("status", "cart")
    path = file(state)
    broken_by(path, how)
    before = path.read_bytes()
    ran = ktui("status", "cart")
    assert ran.code == 0
    assert ran.err.count(sentence) == 1
    kept = path if how == "newer" else next(path.parent.glob("*.damaged-*"))
    assert kept.read_bytes() == before
    if how == "newer":
        told = ktui("report")
        assert (told.code, told.out) == (1, "")
        assert sentence in told.err


def test_a_state_folder_that_is_none(ktui: Ktui, cart: Witness, state: Path) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    state.write_text("a file where a folder should be")
    ran = ktui("status", "cart")
    assert ran.code == 0
    assert "The history of rollouts" in ran.err


def test_a_name_that_could_be_a_path(ktui: Ktui, cluster: SimulatedCluster, kubeconfig: Path, state: Path) -> None:
    cluster.apply(manifest(NEW))
    cluster.settle()
    text = kubeconfig.read_text()
    name = "../../etc/passwd\\x00"
    config = json.loads(json.dumps(__import__("yaml").safe_load(text)))
    config["contexts"][0]["name"] = config["current-context"] = name
    kubeconfig.write_text(json.dumps(config))
    assert ktui("status", "cart").code == 0
    assert file(state).parent == state / "figures"
    assert file(state).name.startswith("etc-passwd")
    assert reported(ktui)["context"] == name


# Other kinds


@pytest.mark.parametrize(("name", "written"), [("db", "sts/db"), ("agent", "ds/agent")])
def test_statefulsets_and_daemonsets(ktui: Ktui, sets: Sets, ktui_process: Start, name: str, written: str) -> None:
    cluster = sets.cluster
    cluster.pause()
    for image, revision in (("2", 2), ("1", 3)):
        cluster.pause()
        sets.image(name, image)
        with ktui_process("status", written) as gate:
            assert gate.stdout is not None
            gate.stdout.readline()
            cluster.resume()
            gate.communicate(timeout=60)
            assert gate.returncode == 0
        told = reported(ktui, written)
        last = newest(told)
        assert (last["kind"], last["revision"], last["outcome"]) == (sets_kind(written), revision, "complete")
    # The same template as the first has come back.
    assert last["rollBack"]
    assert [service["name"] for service in told["services"]] == [name]
    assert written in ktui("report").out
    assert reported(ktui, "cart")["rollouts"] == []


def sets_kind(written: str) -> str:
    return {"sts": "StatefulSet", "ds": "DaemonSet"}[written.partition("/")[0]]
