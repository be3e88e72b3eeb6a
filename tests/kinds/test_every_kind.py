"""What holds for every kind in the registry, at moments of its recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ktui.actions.read import Reader
from ktui.kinds.advanced_daemonset.objects import ADVANCED_DAEMONSETS
from ktui.kinds.advanced_statefulset.objects import ADVANCED_STATEFULSETS
from ktui.kinds.cloneset.objects import CLONESETS
from ktui.kinds.kind import Kind
from ktui.kinds.kruise_rollout.objects import KRUISE_ROLLOUTS
from ktui.kinds.planning import offers, plan
from ktui.kinds.registry import EXTENSIONS, KINDS, kind_of
from ktui.kube.api import Api
from ktui.live.snapshot import read_store
from ktui.model.reference import namesakes, read_reference, reference_to
from ktui.model.resources import Resource
from ktui.plans.plan import Plan
from ktui.plans.request import PLAIN
from ktui.plans.subject import AnySubject
from ktui.rollout.revisions import Refusal
from tests.kinds.argo_rollout import operator
from tests.kinds.flagger_canary import operator as of_flagger
from tests.kinds.knative_service import replay as of_knative
from tests.kinds.open_kruise import replay
from tests.recorded import FOLDER, clock
from tests.replayed import Replayed, served

EVERY = [*KINDS, *EXTENSIONS]
RECORDINGS = ["rolling-update", "pause-resume", "statefulset-daemonset"]
OF_KRUISE = [
    (CLONESETS, "cloneset-partition", 2.8),
    (CLONESETS, "cloneset-partition", 9.0),
    (CLONESETS, "cloneset-paused", 6.0),
    (CLONESETS, "cloneset-in-place", 8.9),
    (CLONESETS, "cloneset-failing-undo", 20.0),
    (CLONESETS, "cloneset-on-delete", 8.0),
    (ADVANCED_STATEFULSETS, "statefulset-partition", 16.0),
    (ADVANCED_STATEFULSETS, "statefulset-max-unavailable", 26.0),
    (ADVANCED_STATEFULSETS, "statefulset-in-place", 9.0),
    (ADVANCED_DAEMONSETS, "daemonset-partition", 9.0),
    (ADVANCED_DAEMONSETS, "daemonset-partition", 18.0),
    (ADVANCED_DAEMONSETS, "daemonset-surge", 16.0),
    (KRUISE_ROLLOUTS, "rollout-of-statefulset", 28.0),
    (KRUISE_ROLLOUTS, "rollout-partition-steps", 4.0),
    (KRUISE_ROLLOUTS, "rollout-partition-steps", 17.0),
    (KRUISE_ROLLOUTS, "rollout-partition-steps", 13.0),
    (KRUISE_ROLLOUTS, "rollout-jump-pause", 20.0),
    (KRUISE_ROLLOUTS, "rollout-canary-deployment", 13.0),
    (KRUISE_ROLLOUTS, "rollout-blue-green", 14.0),
    (KRUISE_ROLLOUTS, "rollout-undo", 19.0),
    (KRUISE_ROLLOUTS, "rollout-disable-delete", 24.0),
]
OF_ARGO = [("canary-steps", 8.0), ("canary-abort-retry-undo", 25.0), ("blue-green-manual", 12.0)]


OF_FLAGGER = [
    ("weights", 6.9),
    ("weights", 16.5),
    ("weights", 25.0),
    ("gates", 30.0),
    ("suspend", 20.0),
    ("skip-analysis", 12.0),
    ("metric-rollback", 29.0),
    ("promotion-fails", 30.0),
    ("edits-by-hand", 3.0),
]


def agrees(subject: AnySubject) -> Iterator[str]:
    """The actions of which offer and plan agree; raises AssertionError for one of which they do not."""
    for offer in offers(subject):
        if offer.action not in PLAIN:
            continue
        choices = [choice.request for choice in kind_of(subject.workload).acting.choices(offer.action, subject)]
        for request in choices or [PLAIN[offer.action]()]:
            made = plan(request, subject)
            if offer.open:
                assert isinstance(made, Plan), (offer, made)
                assert made.effects, offer
                assert made.patch, offer
        if not offer.open:
            assert isinstance(made, Refusal), (offer, made)
            assert offer.why_not, offer
        yield offer.action


@pytest.mark.parametrize("name", RECORDINGS)
async def test_what_is_offered_can_be_planned_and_what_is_not_has_a_reason(name: str, tmp_path: Path) -> None:
    replayed, seen = Replayed(FOLDER / f"{name}.jsonl.gz"), set()
    async with served(replayed, tmp_path) as connection:
        for part in (0.3, 0.6, 1.0):
            replayed.at = replayed.end * part
            now: Callable[[], Any] = lambda: clock(name)  # noqa: E731
            store = await read_store(connection, replayed.namespace, "", (), now, note=pytest.fail)
            for workload in store.workloads():
                if not workload.observed:
                    continue
                reference = reference_to(workload)
                seen |= {
                    (reference.kind, act)
                    for act in agrees(await Reader(Api(connection)).subject(replayed.namespace, reference))
                }
                kind = kind_of(workload)
                revisions = kind.revisions(store, workload)
                numbers = [each.number for each in revisions]
                assert numbers == sorted(numbers, reverse=True)
                assert sum(each.is_current for each in revisions) <= 1
                assert [each.number for each in kind.history(store, workload, None, None).revisions] == [
                    n for n in numbers if n
                ]
                assert kind.verdict(workload).line.isprintable()
    assert seen


@pytest.mark.parametrize(("name", "at"), OF_ARGO)
def test_what_is_offered_of_a_rollout_of_argo_can_be_planned(name: str, at: float) -> None:
    assert set(agrees(operator.subject(name, at)))


@pytest.mark.parametrize(("resource", "name", "at"), OF_KRUISE)
def test_what_is_offered_of_a_workload_of_open_kruise_can_be_planned(resource: Resource, name: str, at: float) -> None:
    assert set(agrees(replay.acted_on(name, at, resource)))


@pytest.mark.parametrize(("name", "at"), OF_FLAGGER)
def test_what_is_offered_of_a_canary_of_flagger_can_be_planned(name: str, at: float) -> None:
    assert set(agrees(of_flagger.on(name, at)))


@pytest.mark.parametrize(
    ("name", "at"),
    [("ksvc-traffic-split", 9.0), ("ksvc-gradual-rollout", 11.5), ("ksvc-crash", 20.0), ("ksvc-breaks-later", 20.0)],
)
def test_what_is_offered_of_a_knative_service_can_be_planned(name: str, at: float) -> None:
    assert set(agrees(of_knative.subject(name, at)))


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.resource.kind)
def test_its_names_lead_to_it(kind: Kind[Any]) -> None:
    resource = kind.resource
    for word in (*resource.names, resource.plural):
        found = read_reference(f"{word}/web")
        assert found is not None
        assert found.resource is resource or resource.plural == found.resource.plural, "of another group"
    for word in (f"{resource.plural}.{resource.group}", f"{resource.kind.lower()}.{resource.group}"):
        found = read_reference(f"{word}/web")
        assert found is not None
        assert found.resource is resource
        assert namesakes(found) == (resource,), "with its group it means one kind"
    assert kind.parts, "something keeps its revisions"


def test_no_two_kinds_are_called_the_same() -> None:
    titles = [kind.resource.title for kind in (*KINDS, *EXTENSIONS)]
    assert len(set(titles)) == len(titles), titles
    assert {"Deployment", "Argo Rollout", "Kruise Rollout", "Knative Service", "Advanced StatefulSet"} <= set(titles)
