"""The audit log as a file: who can read it, what survives, what is said where it cannot be written."""

from __future__ import annotations

import json
import os
import resource
import stat
from pathlib import Path

import pytest

from ktui.actions.audit import BEGUN, AuditLog, Entry, Operator, begun, ended, entry
from ktui.actions.outcome import Done, Failed
from ktui.kinds.planning import plan
from ktui.plans.plan import Plan
from ktui.plans.request import RollBack, SetImage
from tests.plans.builders import NOW, complete, deployment, made, replicaset, template

OPERATOR = Operator("prod-eu", "https://api.example:6443", "anna")


def an_entry(number: int = 30) -> Entry:
    made_plan = plan(RollBack(number), complete())
    assert isinstance(made_plan, Plan)
    return entry(made_plan, Done(f"shop/cart: rollback to revision {number} sent."), OPERATOR, NOW)


def test_a_line_holds_who_did_what_to_what_and_how_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "a" / "audit.jsonl"
    log = AuditLog(path)
    assert log.append(an_entry()) == ""
    line = json.loads(path.read_text())
    assert line.pop("patch_sha256")
    assert line == {
        "time": "2026-11-23T12:00:00Z",
        "context": "prod-eu",
        "server": "https://api.example:6443",
        "user": "anna",
        "namespace": "shop",
        "name": "cart",
        "uid": "11111111-aaaa",
        "generation": 7,
        "request": {"action": "rollback", "change_cause": "", "revision": 30},
        "plan": "Roll back shop/cart to revision 30 (cart:4.9)",
        "outcome": "done",
        "sentence": "shop/cart: rollback to revision 30 sent.",
        "resource": "deployments",
        "automatic": "",
        "id": "",
        "pid": 0,
    }


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "audit.jsonl"
    log = AuditLog(path)
    log.append(an_entry())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_secret_of_a_template_gets_in(tmp_path: Path) -> None:
    pods = template("cart:4", nodeSelector={"x": "y"})
    pods["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": "hunter2"}]
    made_plan = plan(RollBack(), made(deployment(), replicaset(31, count=4), replicaset(30, pods)))
    assert isinstance(made_plan, Plan)
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.append(entry(made_plan, Failed("no."), OPERATOR, NOW))
    assert "hunter2" not in path.read_text()


def test_the_tail_is_what_was_written_last_and_reads_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    assert log.tail() == ()
    image = plan(SetImage((("cart", "cart:6"),)), complete())
    assert isinstance(image, Plan)
    entries = [an_entry(), entry(image, None, OPERATOR, NOW), an_entry()]
    for each in entries:
        log.append(each)
    assert log.tail(2) == tuple(entries[1:])
    assert entries[1].outcome == "interrupted"


def test_a_line_that_was_cut_or_comes_from_another_release_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.append(an_entry())
    with path.open("a") as file:
        file.write('{"time": "2026-11-2\n{"request": {"action": "levitate"}}\n')
    log.append(an_entry())
    assert len(log.tail()) == 2


def test_of_a_long_log_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = AuditLog(path)
    log.append(an_entry())
    line = path.read_bytes()
    path.write_bytes(line * 2000)
    assert len(log.tail(10)) == 10


@pytest.mark.parametrize("kind", ["the file is a folder", "the folder is a file"])
def test_where_it_cannot_be_written_that_is_a_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "state" / "audit.jsonl"
    if kind == "the file is a folder":
        path.mkdir(parents=True)
    else:
        path.parent.write_text("")
    said = AuditLog(path).append(an_entry())
    assert said.startswith(f"The audit log {path} cannot be written: ")


def test_an_action_is_begun_and_then_ended_and_counts_once(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    made_plan = plan(RollBack(30), complete())
    assert isinstance(made_plan, Plan)
    first, second = begun(made_plan, OPERATOR, NOW), begun(made_plan, OPERATOR, NOW)
    log.append(first)
    log.append(second)
    log.append(ended(first, Done("shop/cart rolled back."), NOW))
    assert [(each.id, each.outcome) for each in log.tail()] == [(second.id, BEGUN), (first.id, "done")]


def test_a_line_begins_anew_behind_one_that_was_cut(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    log.append(an_entry())
    whole = (tmp_path / "audit.jsonl").read_bytes()
    (tmp_path / "audit.jsonl").write_bytes(whole + whole[:-20])
    log.append(an_entry())
    assert log.tail() == (an_entry(), an_entry())
    assert len((tmp_path / "audit.jsonl").read_bytes().splitlines()) == 3


@pytest.mark.parametrize("written", [b"\xff\xfe\n", b"[" * 100_000 + b"\n", b'{"generation": ' + b"9" * 5000 + b"}\n"])
def test_nothing_that_stands_in_it_can_end_whoever_reads_it(tmp_path: Path, written: bytes) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    (tmp_path / "audit.jsonl").write_bytes(written)
    log.append(an_entry())
    assert log.tail() == (an_entry(),)


def test_a_pipe_in_its_place_keeps_nobody_waiting(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    os.mkfifo(tmp_path / "audit.jsonl")
    assert log.append(an_entry()) == f"The audit log {tmp_path / 'audit.jsonl'} cannot be written: it is not a file."
    with pytest.raises(OSError, match="it is not a file"):
        log.tail()


def test_without_a_place_for_it_nothing_is_kept() -> None:
    log = AuditLog(None)
    assert (log.append(an_entry()), log.tail()) == ("", ())


def test_a_full_disk_is_a_sentence_and_loses_no_other_line(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit.jsonl")
    log.append(an_entry())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "audit.jsonl").stat().st_size + 50, before[1]))
    try:
        said = log.append(an_entry())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert said == f"The audit log {tmp_path / 'audit.jsonl'} cannot be written: No space left on device."
    log.append(an_entry())
    assert log.tail() == (an_entry(), an_entry())
