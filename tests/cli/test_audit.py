"""`ktui audit`: what was done with ktui, from its log alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ktui.actions.audit import AuditLog, Entry, Operator, begun, ended
from ktui.actions.outcome import Done, Failed
from ktui.kinds.planning import plan
from ktui.plans.plan import Plan
from ktui.plans.request import RollBack
from tests.cli.conftest import Ktui
from tests.plans.builders import complete
from tests.simulated import Witness

NOW = datetime.now(UTC)
ANNA, BEN = Operator("prod-eu", "https://eu.example", "anna"), Operator("prod-us", "https://us.example", "ben")


@pytest.fixture
def log(state: Path) -> AuditLog:
    log = AuditLog(state / "audit.jsonl")
    rollback = plan(RollBack(30), complete())
    assert isinstance(rollback, Plan)

    def write(before: Entry, outcome: Done | Failed | None) -> None:
        log.append(before)
        if outcome is not None:
            log.append(ended(before, outcome, before.time))

    write(begun(rollback, ANNA, NOW - timedelta(days=30)), Done("long ago"))
    write(begun(rollback, ANNA, NOW - timedelta(hours=3)), Done("sent"))
    write(begun(rollback, BEN, NOW - timedelta(hours=2)), Failed("Forbidden: no."))
    write(begun(rollback, ANNA, NOW - timedelta(hours=1), automatic="3 of 3 pods crash"), Done("sent"))
    other = msgspec.structs.replace(begun(rollback, ANNA, NOW), name="db", resource="statefulsets", namespace="data")
    write(other, None)
    return log


def told(ktui: Ktui, *arguments: str) -> list[dict[str, Any]]:
    ran = ktui("audit", "-o", "json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    document = json.loads(ran.out)
    assert document["schema"] == "ktui.audit/1"
    actions: list[dict[str, Any]] = document["actions"]
    return actions


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("arguments", "outcomes"),
    [
        ((), ["done", "failed", "done", "begun"]),
        (("--since", "90m"), ["done", "begun"]),
        (("--since", "60d"), ["done", "done", "failed", "done", "begun"]),
        (("--context", "prod-us"), ["failed"]),
        (("--user", "anna"), ["done", "done", "begun"]),
        (("--outcome", "failed"), ["failed"]),
        (("--automatic",), ["done"]),
        (("-n", "data"), ["begun"]),
        (("cart", "--local"), ["done", "failed", "done"]),
        (("sts/db", "--local"), ["begun"]),
        (("sts/cart", "--local"), []),
    ],
)
def test_each_action_once_with_its_outcome_the_newest_last(
    ktui: Ktui, arguments: tuple[str, ...], outcomes: list[str]
) -> None:
    assert [each["outcome"] for each in told(ktui, *arguments)] == outcomes


@pytest.mark.usefixtures("log")
def test_a_line_says_who_did_what_and_why_it_failed(ktui: Ktui) -> None:
    ran = ktui("audit")
    title = "Roll back shop/cart to revision 30 (cart:4.9)"
    assert ran.lines[0].split() == ["TIME", "CONTEXT", "USER", "OUTCOME", "ACTION"]
    assert [line.split(maxsplit=2)[2] for line in ran.lines[1:4]] == [
        f"prod-eu   anna   done      {title}",
        f"prod-us   ben    failed    {title} · Forbidden: no.",
        f"prod-eu   anna   done      {title} · automatic: 3 of 3 pods crash",
    ]


@pytest.mark.usefixtures("log")
def test_nothing_that_fits_is_said_with_how_many_others_there_are(ktui: Ktui) -> None:
    ran = ktui("audit", "--user", "nobody")
    assert (ran.code, ran.out) == (0, "")
    assert "No such action is recorded since" in ran.err
    assert "The log has 4 other actions." in ran.err


def test_no_log_is_no_error_and_no_kubeconfig_is_needed(ktui: Ktui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    assert told(ktui) == []


def test_of_a_workload_that_is_named_it_also_says_who_wrote_what(ktui: Ktui, cart: Witness, state: Path) -> None:
    cart.patch({"spec": {"replicas": 5}})
    assert ktui("pause", "cart", "--yes").code == 0
    ran = ktui("audit", "cart")
    assert (ran.code, ran.err) == (0, "")
    columns = [line.split(maxsplit=5) for line in ran.lines[1:]]
    (mine,) = [each for each in columns if each[4] == "done"]
    assert "Pause shop/cart" in mine[-1]
    # What ktui did here is said once, with the fields that the server says it wrote.
    assert mine[-1].endswith(" · paused")
    others = [line for line in ran.lines[1:] if " wrote " in line]
    assert any("shop/cart: " in line and "replicas" in line for line in others), ran.out
    assert not any("ktui" in line for line in others)
    document = json.loads(ktui("audit", "cart", "-o", "json").out)
    assert [each["action"] for each in document["actions"]] == ["pause"]
    by_manager = {each["manager"]: each for each in document["writes"]}
    assert by_manager["ktui"]["fields"] == ["spec.paused"]
    assert len(by_manager) > 1
    # Filters are for both.
    only = json.loads(ktui("audit", "cart", "-o", "json", "--user", "ktui").out)
    assert [each["manager"] for each in only["writes"]] == ["ktui"]
    assert json.loads(ktui("audit", "cart", "-o", "json", "--outcome", "wrote").out)["actions"] == []
    assert json.loads(ktui("audit", "cart", "-o", "json", "--local").out)["writes"] == []


def test_a_workload_that_cannot_be_read_leaves_the_log(ktui: Ktui, log: AuditLog) -> None:
    ran = ktui("audit", "nothing-such")
    assert ran.code == 0
    assert ran.err.startswith(
        'ktui: Only ktui\'s log is shown: deployments.apps "nothing-such" not found in the namespace'
    )
