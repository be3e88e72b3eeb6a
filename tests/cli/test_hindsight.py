"""What the demo remembers of its simulated history is what a ktui would have seen, had it watched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ktui.cli.demo.history import Hindsight
from ktui.figures.book import Book
from ktui.figures.record import Outcome, Record, Sight
from ktui.sim import SimulatedCluster

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

SCENARIO = """
description: one service with a failure in it
history: 2h
services:
  - {name: web, namespace: shop, image: registry.example/shop/web, versions: ["1.0"], replicas: 4, deadline: 60}
steps:
  - at: -60m
    set-image: {name: shop/web, image: "registry.example/shop/web:crash"}
  - at: -50m
    undo: {name: shop/web}
  - at: -30m
    set-image: {name: shop/web, image: "registry.example/shop/web:1.1"}
  - at: -1s
    set-image: {name: shop/web, image: "registry.example/shop/web:1.2"}
"""


PAUSED = """
description: one service that is changed while it is paused
history: 2h
services:
  - {name: web, namespace: shop, image: registry.example/shop/web, versions: ["1.0"], replicas: 4}
steps:
  - {at: -60m, pause: {name: shop/web}}
  - at: -50m
    set-image: {name: shop/web, image: "registry.example/shop/web:1.1"}
  - {at: -30m, resume: {name: shop/web}}
"""


def remembered(tmp_path: Path, story: str = SCENARIO) -> list[Record]:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(story)
    past = Hindsight()
    SimulatedCluster(start=START).load(scenario, past.hear)
    book = Book(tmp_path / "history.sqlite")
    with past.written_into(book):
        while not book.read():
            pass
    assert book.since() is not None
    return book.read()


def test_every_rollout_with_its_end_and_its_cause(tmp_path: Path) -> None:
    first, crashed, back, good, under_way = remembered(tmp_path)
    assert (first.outcome, first.sight) == (Outcome.COMPLETE, Sight.WATCHED)
    assert (crashed.outcome, crashed.cause) == (Outcome.FAILED, "crash")
    assert crashed.failed is not None
    assert crashed.started is not None
    assert timedelta(seconds=60) < crashed.failed - crashed.started < timedelta(seconds=90)
    assert (back.outcome, back.is_rollback) == (Outcome.COMPLETE, True)
    assert (good.outcome, good.image) == (Outcome.COMPLETE, "web:1.1")
    assert (under_way.outcome, under_way.image) == (Outcome.OPEN, "web:1.2")


def test_what_is_changed_while_paused_begins_when_it_is_resumed(tmp_path: Path) -> None:
    _, resumed = remembered(tmp_path, PAUSED)
    end = START + timedelta(hours=2)
    assert resumed.started is not None
    assert abs(resumed.started - (end - timedelta(minutes=30))) < timedelta(seconds=2)
    assert (resumed.outcome, resumed.waited) == (Outcome.COMPLETE, 0.0)
    assert resumed.duration is not None
    assert resumed.duration < 60


def test_a_demo_that_is_left_at_once_does_not_wait_for_its_history(tmp_path: Path) -> None:
    past = Hindsight()
    SimulatedCluster(start=START).load("demo", past.hear)
    book = Book()
    try:
        with past.written_into(book):
            pass
        assert book.read() == []
    finally:
        book.close()


def test_a_resource_of_another_group_is_not_taken_for_one_that_is_known(tmp_path: Path) -> None:
    other = (
        "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: web}, spec: {ports: 3, selector: none}}"
    )
    assert len(remembered(tmp_path, f"{SCENARIO}  - {{at: -5m, apply: {other}}}\ncontrollers: [knative]\n")) == 5
