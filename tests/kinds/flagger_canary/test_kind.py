"""The page, the history and the timeline of a Canary, and what else the kind answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ktui.kinds.flagger_canary.kind import FlaggerCanaryKind
from ktui.kinds.flagger_canary.objects import Canary
from ktui.kinds.registry import detail_of, history_of, revisions_of, rollout_of, timeline_of
from ktui.model.changes import Put
from ktui.model.claims import Place
from ktui.model.resources import CONTROLLER_REVISIONS, DAEMONSETS, PODS
from ktui.model.store import Store
from ktui.rollout.detail import Detail, Tone
from ktui.rollout.rollout import Phase
from tests.kinds.flagger_canary import replay
from tests.recorded import decode


def _detail(name: str, t: float) -> Detail:
    moment = replay.moment(name, t)
    track, _ = rollout_of(moment.store, moment.canary, None, moment.now)
    return detail_of(moment.store, moment.canary, track, moment.now)


def _lines(found: Detail, title: str) -> list[tuple[str, Tone, str]]:
    section = next(each for each in found.sections if each.title.startswith(title))
    return [(line.text, line.tone, line.note) for line in section.lines]


def test_the_page_says_who_serves_and_how_far_the_analysis_is() -> None:
    found = _detail("metric-rollback", 21.0)
    assert [section.title for section in found.sections] == [
        "Who serves",
        "Canary, weight 50 of 75, 2 of 3 failed checks",
        "What Flagger said last",
    ]
    assert _lines(found, "Who serves") == [
        ("the canary serves 50%, the primary 50%", Tone.GOOD, ""),
        ("web-primary: 3 of 3 pods available, web:1.0", Tone.PLAIN, "3 ready endpoints"),
        ("web: 3 of 3 pods available, web:1.1", Tone.PLAIN, "3 ready endpoints"),
    ]
    assert _lines(found, "Canary")[1:] == [
        ("weight 25%", Tone.GOOD, ""),
        ("weight 50%", Tone.NOW, ""),
        ("weight 75%", Tone.PLAIN, ""),
        ("request-success-rate: at least 99", Tone.PLAIN, "1m"),
        ("request-duration: at most 500", Tone.PLAIN, "1m"),
        ("success rate 87.50% < 99%", Tone.BAD, "2×"),
    ]
    assert _lines(found, "What Flagger")[0][:2] == ("success rate 87.50% < 99%", Tone.WAIT)


def test_the_page_names_the_hooks_and_what_the_status_leaves_out() -> None:
    found = _detail("gates-weights", 26.0)
    assert _lines(found, "Hooks") == [
        ("confirm-traffic-increase: increase", Tone.PLAIN, "increase is open"),
        ("confirm-promotion: promote", Tone.WAIT, "shut: it waits"),
    ]
    assert ("the route has 50% for the canary; the status says 0%", Tone.PLAIN, "") in _lines(found, "Who serves")


def test_nothing_serves_is_bad() -> None:
    assert _lines(_detail("primary-never-ready", 20.0), "Who serves")[0][:2] == ("nothing serves", Tone.BAD)


@pytest.mark.parametrize(
    ("name", "t", "numbers", "pods"),
    [
        ("weights", 8.0, [2, 1], [0, 3]),
        ("weights", 16.5, [2, 1], [3, 3]),
        ("weights", 34.5, [2, 1], [3, 0]),
        ("edits-by-hand", 17.0, [1, 0], [0, 2]),
    ],
)
def test_the_pods_of_the_primary_are_those_of_the_targets_revision(
    name: str, t: float, numbers: list[int], pods: list[int]
) -> None:
    moment = replay.moment(name, t)
    found = revisions_of(moment.store, moment.canary)
    assert [each.number for each in found] == numbers
    running = [[pod for pod in each.pods if pod.metadata.deletion_timestamp is None] for each in found]
    assert [len(each) for each in running] == pods


def test_its_history_is_that_of_the_target() -> None:
    moment = replay.moment("metric-rollback", 57.0)
    found = history_of(moment.store, moment.canary)
    assert [(each.number, each.is_current, each.images[0].short) for each in found.revisions] == [
        (3, True, "web:1.2"),
        (2, False, "web:1.1"),
        (1, False, "web:1.0"),
    ]
    assert (found.kind, found.back) == ("Canary", 2)


def test_its_timeline_has_flaggers_words_and_both_sides() -> None:
    moment = replay.moment("metric-rollback", 29.0)
    found = [each.sentence for each in timeline_of(moment.store, moment.canary)]
    for sentence in (
        "new revision: the canary is started",
        "50% of the traffic to the canary",
        "success rate 87.50% < 99%",
        "rolled back: 3 failed checks",
        "revision 2 was made: web:1.1",
        "the primary was made: web:1.0",
    ):
        assert sentence in found


def test_a_canary_claims_what_it_names() -> None:
    made = replay.canary({"service": {"name": "front"}, "targetRef": {"kind": "DaemonSet", "name": "agent"}})
    assert set(made.claims) == {
        Place("", "Service", "shop", "front"),
        Place("", "Service", "shop", "front-primary"),
        Place("", "Service", "shop", "front-canary"),
        Place("gateway.networking.k8s.io", "HTTPRoute", "shop", "front"),
        Place("apps", "DaemonSet", "shop", "agent"),
        Place("apps", "DaemonSet", "shop", "agent-primary"),
    }
    of_service = replay.canary({"targetRef": {"apiVersion": "v1", "kind": "Service", "name": "web"}})
    assert {place.kind for place in of_service.claims} == {"Service", "HTTPRoute"}


def _daemonset(name: str, image: str, nodes: int) -> list[Put]:
    """A DaemonSet with its revision, and a pod on each node."""
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "a", "image": image}]}}
    meta = {"name": name, "namespace": "shop", "uid": name, "generation": 1}
    fields = ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    status = {"observedGeneration": 1, **dict.fromkeys(fields, nodes)}
    owner = {"ownerReferences": [{"uid": name, "controller": True, "kind": "DaemonSet", "name": name}]}
    own = {"name": f"{name}-1", "namespace": "shop", "uid": f"{name}-1", "labels": {"controller-revision-hash": "h"}}
    ready = {"conditions": [{"type": "Ready", "status": "True"}], "phase": "Running"}
    puts = [
        Put(DAEMONSETS, decode(DAEMONSETS, {"metadata": meta, "spec": {"template": template}, "status": status})),
        Put(
            CONTROLLER_REVISIONS,
            decode(
                CONTROLLER_REVISIONS,
                {"metadata": {**own, **owner}, "revision": 1, "data": {"spec": {"template": template}}},
            ),
        ),
    ]
    for node in range(nodes):
        pod = {**own, **owner, "name": f"{name}-{node}", "uid": f"{name}-p{node}"}
        puts.append(Put(PODS, decode(PODS, {"metadata": pod, "status": ready})))
    return puts


def test_a_daemonset_as_a_target() -> None:
    now = replay.moment("weights", 8.0).now
    target = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent"}
    made = replay.canary({"targetRef": target, "analysis": {"iterations": 2}}, phase="Progressing", iterations=1)
    store = Store()
    store.apply([*_daemonset("agent", "agent:2", 2), *_daemonset("agent-primary", "agent:1", 2)])
    rollout = replay.looked(store, now, made)
    assert (rollout.phase, rollout.why) == (Phase.PROGRESSING, "analysis: iteration 1 of 2")
    assert (rollout.image_change, rollout.progress.new.ready, rollout.progress.old.ready) == (
        ("agent:1", "agent:2"),
        2,
        2,
    )
    assert [store.folded_into(each) for each in store.workloads()] == [made, made, None]
    track, _ = rollout_of(store, made, None, now + timedelta(seconds=1))
    assert detail_of(store, made, track, now).strategy == "Blue/Green"


def test_a_target_that_ktui_does_not_know_leaves_what_flagger_says() -> None:
    target = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "web"}
    made = replay.canary({"targetRef": target, "analysis": {"stepWeight": 10}}, phase="Progressing", canaryWeight=30)
    rollout = replay.looked(Store(), replay.moment("weights", 8.0).now, made)
    assert (rollout.phase, rollout.why, rollout.image) == (Phase.PROGRESSING, "analysis: weight 30 of 100", "")
    assert rollout.causes == ()


def test_the_pods_that_decide_are_the_canarys_until_it_is_promoted() -> None:
    kind, names = FlaggerCanaryKind(), []
    for t in (16.5, 25.5, 34.5):
        moment = replay.moment("weights", t)
        assert isinstance(moment.canary, Canary)
        names.append({pod.metadata.name.rsplit("-", 2)[0] for pod in kind.depends_on(moment.store, moment.canary)})
    assert names == [{"web"}, {"web-primary"}, {"web-primary"}]
