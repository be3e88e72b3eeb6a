"""A kind that exists in this file alone: all that one has to write for a kind, and no other place has to know."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from ktui.kinds.kind import Kind
from ktui.kinds.registry import added
from ktui.model import resources
from ktui.model.objects import Condition, Meta, condition_of
from ktui.model.policies import Policies
from ktui.model.resources import REPLICASETS, Resource
from ktui.model.store import Store
from ktui.model.structs import Struct
from ktui.model.template import PodTemplate
from ktui.plans import wording
from ktui.plans.acting import Acting
from ktui.plans.draft import draft_for
from ktui.plans.offers import Offer, Rights, offered
from ktui.plans.plan import Plan, Undo
from ktui.plans.request import Action, Request, Restart
from ktui.plans.template_change import RESTARTED
from ktui.rollout.bounds import Bounds
from ktui.rollout.detail import Capacity, Detail
from ktui.rollout.diagnosis.cause import Cause, Reason
from ktui.rollout.diagnosis.cause import Kind as Sort
from ktui.rollout.facts import Revision
from ktui.rollout.happenings import Stamp, What
from ktui.rollout.history import History, history
from ktui.rollout.progress import Observation, Progress, Side, Track, observe
from ktui.rollout.revisions import Refusal
from ktui.rollout.rollout import Phase, Rollout
from ktui.rollout.status import Verdict
from ktui.rollout.track_record import Accounts
from ktui.sim import SimulatedCluster
from tests.cli.conftest import Ktui

DEFINITION = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.made.example}
spec:
  group: made.example
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, shortNames: [wg]}
  versions:
  - {name: v2, served: true, storage: true}
""")


class WidgetSpec(Struct, frozen=True):
    template: PodTemplate
    replicas: int = 1
    min_ready_seconds: int = 0


class WidgetStatus(Struct, frozen=True):
    observed_generation: int = 0
    ready: int = 0
    conditions: tuple[Condition, ...] = ()


class Widget(Struct, frozen=True):
    metadata: Meta
    spec: WidgetSpec
    status: WidgetStatus = WidgetStatus()

    @property
    def observed(self) -> bool:
        return self.metadata.generation <= self.status.observed_generation


WIDGETS = Resource("made.example", "v1", "widgets", Widget, names=("widget", "wg"), short="wg")
"""In v1, which the cluster of this test does not serve: it has v2."""
del resources._BY_TYPE[Widget]  # known only while a test of this file runs


class WidgetKind(Kind[Widget]):
    resource = WIDGETS
    parts = (REPLICASETS,)

    def rollout(self, store: Store, workload: Widget, track: Track | None, now: datetime) -> tuple[Track, Rollout]:
        spec, ready = workload.spec, workload.status.ready
        is_done = workload.observed and ready >= spec.replicas
        side = Side(spec.replicas, spec.replicas, ready, ready)
        seen = Observation(
            spec.template.digest, ready, ready, ready, False, is_done, workload.metadata.creation_timestamp, None
        )
        track = observe(track, seen, now)
        broken = condition_of(workload.status.conditions, "Assembled")
        causes = (
            (Cause(Sort.CONTROLLER, broken.message, blocking=True, try_next="oil it", reason=Reason.CONTROLLER_FAILS),)
            if broken is not None and broken.status == "False"
            else ()
        )
        phase = Phase.STALLED if causes else Phase.COMPLETE if is_done else Phase.PROGRESSING
        meta = workload.metadata
        return track, Rollout(
            uid=meta.uid,
            kind="Widget",
            namespace=meta.namespace,
            name=meta.name,
            generation=meta.generation,
            phase=phase,
            verdict=self.verdict(workload),
            paused=False,
            progress=Progress(spec.replicas, side, Side(), 0, 0, 0, spec.replicas),
            revision=1,
            previous_revision=0,
            image=spec.template.containers[0].image,
            image_change=None,
            since=meta.creation_timestamp,
            started=track.started,
            seconds_left=None,
            lowest=None,
            lowest_at=None,
            causes=causes,
            provenance=None,
            change_cause="",
        )

    def verdict(self, workload: Widget) -> Verdict:
        ready, wanted = workload.status.ready, workload.spec.replicas
        is_done = workload.observed and ready >= wanted
        return Verdict("widget is assembled" if is_done else f"{ready} of {wanted} assembled", done=is_done)

    def revisions(self, store: Store, workload: Widget) -> tuple[Revision, ...]:
        return (Revision(number=1, uid=workload.metadata.uid, template=workload.spec.template, is_current=True),)

    def detail(self, store: Store, workload: Widget, track: Track, now: datetime, policies: Policies | None) -> Detail:
        _, rollout = self.rollout(store, workload, track, now)
        created = workload.metadata.creation_timestamp
        bounds, capacity = Bounds(0, 0), Capacity(track.samples, 0, workload.spec.replicas)
        return Detail(rollout, created, "Assembly", bounds, 0, None, (), (), (), capacity)

    def history(self, store: Store, workload: Widget, took: float | None, remembered: Accounts | None) -> History:
        return history(workload, self.revisions(store, workload), 0, took)

    def happened(self, store: Store, workload: Widget) -> Iterable[Stamp]:
        created = workload.metadata.creation_timestamp
        return [Stamp(created, What.NOTE, "the parts came")] if created is not None else []

    @property
    def acting(self) -> Acting[Any, Any]:
        return Acting(plan, offers, is_under_way, rollback_revision)


def plan(request: Request, subject: Any) -> Plan | Refusal:
    if not isinstance(request, Restart):
        return Refusal("a widget can only be restarted")
    draft = draft_for(subject)
    draft.put(RESTARTED, subject.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return draft.plan(
        request,
        title=f"Restart {draft.target}",
        begun="restart",
        effects=("It is assembled once more.",),
        undo=Undo("Nothing to undo."),
        commands=(wording.command(subject, "annotate", f"widget/{draft.target.name}"),),
    )


def offers(known: Any, *, read_only: bool = False, rights: Rights | None = None) -> tuple[Offer, ...]:
    offer = offered(WIDGETS, Action.RESTART, "restart", "R", None, read_only=read_only, rights=rights or {})
    return (offer,)


def is_under_way(known: Any) -> bool:
    return False


def rollback_revision(known: Any) -> int | Refusal:
    return Refusal("a widget has no earlier revision")


@pytest.fixture(autouse=True)
def known() -> Iterator[None]:
    resources._BY_TYPE[Widget] = WIDGETS
    with added(WidgetKind()):
        yield
    del resources._BY_TYPE[Widget]


def widget(name: str, ready: int, *conditions: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "made.example/v2",
        "kind": "Widget",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {"spec": {"containers": [{"name": "w", "image": "shop/widget:1"}]}},
        },
        "status": {"observedGeneration": 1, "ready": ready, "conditions": list(conditions)},
    }


BROKEN = {"type": "Assembled", "status": "False", "message": "a spring is missing"}


@pytest.fixture
def assembled(cluster: SimulatedCluster) -> SimulatedCluster:
    cluster.apply(DEFINITION)
    cluster.apply(widget("clock", 2))
    cluster.apply(widget("lamp", 1, BROKEN))
    return cluster


def test_it_is_listed_and_diagnosed(assembled: SimulatedCluster, ktui: Ktui) -> None:
    found = {each["name"]: each for each in json.loads(ktui("get", "-o", "json").out)["rollouts"]}
    assert {name: (each["kind"], each["phase"], each["why"]) for name, each in found.items()} == {
        "clock": ("Widget", "complete", None),
        "lamp": ("Widget", "stalled", "a spring is missing"),
    }
    assert found["lamp"]["status"] == {"line": "1 of 2 assembled", "done": False, "failed": False}
    assert "wg/clock" in ktui("get").out


@pytest.mark.parametrize("name", ["widget/clock", "wg/clock", "widgets.made.example/clock"])
def test_a_gate_follows_it(assembled: SimulatedCluster, ktui: Ktui, name: str) -> None:
    ran = ktui("status", name)
    assert (ran.code, ran.out) == (0, "widget is assembled\n")


def test_its_story_is_told(assembled: SimulatedCluster, ktui: Ktui) -> None:
    assert "the parts came" in ktui("timeline", "wg/clock").out
    assert "widget:1" in ktui("history", "wg/clock").out


def test_it_is_restarted(assembled: SimulatedCluster, ktui: Ktui) -> None:
    ran = ktui("restart", "wg/clock", "--yes")
    assert ran.code == 0, ran.err
    after = assembled.get("widgets", "clock", "shop")
    assert after is not None
    assert "kubectl.kubernetes.io/restartedAt" in after["spec"]["template"]["metadata"]["annotations"]
    assert "a widget can only be restarted" in ktui("pause", "wg/clock", "--yes").err


def test_a_cluster_without_it_says_so(cluster: SimulatedCluster, ktui: Ktui) -> None:
    ran = ktui("status", "widget/clock")
    assert ran.code == 1
    assert "widgets.made.example" in ran.err
    assert ktui("get").code == 0
