"""Plans for StatefulSets and DaemonSets: what they say, what they send, and what comes of it in a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ktui.kinds.auto_abort import Judgement, Move, arm, judge, refuse_arm
from ktui.kinds.controller_revisions.plans.known import current
from ktui.model.policies import Autoscaler, Quota
from ktui.model.template import PodTemplate
from ktui.plans.request import (
    Abort,
    Action,
    Pause,
    Promote,
    Repair,
    Request,
    Restart,
    Resume,
    RollBack,
    Scale,
    SetImage,
)
from ktui.rollout.countdown import NOTHING_SEEN, seen
from tests.plans.set_operator import SetOperator, canary, image

CAUSE = "kubernetes.io/change-cause"
STATEFULSET, DAEMONSET = "StatefulSet", "DaemonSet"
ON_DELETE: dict[str, Any] = {"updateStrategy": {"type": "OnDelete"}}
IMAGE_3 = {"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:3"}]}}}}


# What the plans say


def test_restart_names_the_pods_and_their_order() -> None:
    db = SetOperator(podManagementPolicy="OrderedReady")
    made = db.send(Restart())
    assert made.title == "Restart StatefulSet shop/db"
    assert made.effects == (
        "4 pods of revision 1, image db:1 (db-3, db-2, db-1, db-0), will be replaced by revision 2, image db:1.",
        "One after another from the highest down, each only once the one before is available.",
        "The template stays the same but for the time of the restart.",
    )
    assert made.commands == ("kubectl -n shop rollout restart statefulset/db",)
    assert db.raw["status"]["updateRevision"] == db.raw["status"]["currentRevision"]


def test_restart_of_a_daemonset_goes_by_nodes() -> None:
    made = SetOperator(DAEMONSET).planned(Restart())
    assert made.effects[:2] == (
        "3 pods of revision 1, image db:1, will be replaced by revision 2, image db:1.",
        "One node after another: the old pod stops first, and nothing serves there in the meantime.",
    )
    two = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}}
    assert SetOperator(DAEMONSET, **two).planned(Restart()).effects[1].startswith("On up to 2 nodes at a time: the old")
    surge = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}
    assert SetOperator(DAEMONSET, **surge).planned(Restart()).effects[1] == (
        "One node after another: a new pod starts before the old one stops."
    )


@pytest.mark.parametrize("kind", [STATEFULSET, DAEMONSET])
def test_under_on_delete_nothing_is_replaced_and_the_plan_says_so(kind: str) -> None:
    db = SetOperator(kind, **ON_DELETE)
    for request in (Restart(), image("2")):
        effects = db.planned(request).effects
        assert "Nothing is replaced by itself: the strategy is OnDelete." in effects
        assert any("until someone deletes them; each comes back as revision 2" in each for each in effects)
    before = db.tags
    db.send(image("2"))
    assert db.tags == before


def test_what_is_about_the_course_of_a_rollout_is_refused_under_on_delete() -> None:
    db = SetOperator(**ON_DELETE)
    for request in (Pause(), Resume(), Promote(), canary("2")):
        assert "OnDelete, so a pod changes only when someone deletes it" in db.refused(request)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Pause(), "cannot be held: it has no partition"),
        (Resume(), "never paused"),
        (Promote(), "rolls out by itself"),
        (canary("2"), "set-image goes node by node, and abort takes it back"),
        (Scale(2), "one on each node"),
        (Repair(), "nothing to repair"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_daemonset_can_do_is_refused_with_the_reason(request_: Request, said: str) -> None:
    agent = SetOperator(DAEMONSET)
    assert said in agent.refused(request_)
    offer = agent.offer(Action.PAUSE)
    assert offer is not None
    assert not offer.open


def test_a_set_that_runs_that_already() -> None:
    assert SetOperator().refused(image("1")) == (
        'nothing to change: statefulset "db" runs db=registry.example/db:1 already'
    )
    assert 'unable to find container named "web"' in SetOperator().refused(SetImage((("web", "web:1"),)))


# Roll back


def _changed(db: SetOperator, tag: str, cause: str | None) -> None:
    body = {
        "metadata": {"annotations": {CAUSE: cause}},
        "spec": {
            "template": {
                "metadata": {"annotations": {"build": tag} if tag != "3" else {"build": None, "other": "x"}},
                "spec": {"containers": [{"name": "db", "image": f"registry.example/db:{tag}"}]},
            }
        },
    }
    db.merge(body)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), kind=st.sampled_from([STATEFULSET, DAEMONSET]))
def test_exactly_the_template_of_any_revision_comes_back_and_other_annotations_stay(
    data: st.DataObject, kind: str
) -> None:
    db = SetOperator(kind, metadata={"annotations": {"team": "blue", "argocd.argoproj.io/tracking-id": "shop:db"}})
    templates: dict[int, tuple[Any, str | None]] = {1: (db.spec["template"], None)}
    for number, tag in enumerate(data.draw(st.permutations(["2", "3", "4"])), start=2):
        cause = data.draw(st.sampled_from([None, f"release {tag}"]))
        _changed(db, tag, cause)
        templates[number] = (db.spec["template"], cause)
    for number in range(5, 8):
        back = data.draw(st.sampled_from(sorted(set(templates) - {max(templates)})))
        template, cause = templates.pop(back)
        before = db.raw
        made = db.send(RollBack(back))
        assert db.spec == {**before["spec"], "template": template}
        assert {k: v for k, v in db.annotations.items() if k != GENERATION} == {
            **{k: v for k, v in before["metadata"]["annotations"].items() if k not in (CAUSE, GENERATION)},
            **({CAUSE: cause} if cause else {}),
        }
        assert f"Revision {back} will be numbered {number}." in made.effects
        templates[number] = (template, cause)
        assert {each.revision for each in db.subject().revisions} == set(templates)
        now = current(db.subject())
        assert now is not None
        assert (now.revision, now.template) == (number, PodTemplate(template))


GENERATION = "deprecated.daemonset.template.generation"


@pytest.mark.parametrize("kind", [STATEFULSET, DAEMONSET])
def test_a_roll_back_is_refused_in_kubectls_words(kind: str) -> None:
    db = SetOperator(kind)
    assert db.refused(RollBack()) == "no last revision to roll back to"
    assert db.refused(RollBack(7)) == "unable to find specified revision 7 in history"
    assert db.refused(RollBack(-1)) == "unable to find specified revision -1 in history"
    assert db.refused(RollBack(1)) == "skipped rollback (current template already matches revision 1)"
    assert db.refused(Abort()) == "nothing to abort: every pod is of revision 1; a rollback goes to an earlier one"


def test_a_roll_back_under_someone_elses_partition_says_what_it_does_not_reach() -> None:
    db = SetOperator()
    db.send(image("2"))
    db.merge({"spec": {"updateStrategy": {"rollingUpdate": {"partition": 3}}}})
    made = db.send(RollBack())
    assert "The partition stays at 3." in made.effects
    assert (
        "3 pods below the partition keep another revision: promote takes them to revision 3 afterwards."
        in made.warnings
    )
    assert db.tags == ["2", "2", "2", "1"]
    db.send(Promote())
    assert db.tags == ["1"] * 4


def test_a_roll_back_of_what_is_paused_resumes_it() -> None:
    db = SetOperator()
    db.send(image("2"), seconds=0)
    db.until(["1", "1", "1", "2"])
    db.send(Pause())
    made = db.send(RollBack())
    assert "The pause ends: the partition goes from 3 back to 0." in made.effects
    assert (db.tags, db.partition) == (["1"] * 4, 0)


def test_an_abort_goes_back_to_what_gives_way_and_not_to_what_a_partition_keeps() -> None:
    db = SetOperator(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})
    db.send(image("2"))
    assert db.tags == ["1", "2", "2", "2"]
    db.send(image("3"), seconds=0)
    db.until(["1", "2", "2", "3"])
    assert db.send(Abort()).title == "Abort: roll back StatefulSet shop/db to revision 2 (db:2)"
    assert db.tags == ["1", "2", "2", "2"]


def test_an_abort_of_the_last_pod_goes_back_to_what_was_last_complete() -> None:
    db = SetOperator(replicas=1)
    db.send(image("crash"), seconds=60)
    assert db.send(Abort()).title == "Abort: roll back StatefulSet shop/db to revision 1 (db:1)"
    assert db.tags == ["1"]


def test_an_abort_goes_back_to_what_serves() -> None:
    db = SetOperator()
    db.send(image("crash"), seconds=30)
    db.merge(IMAGE_3, 2)
    made = db.planned(Abort())
    assert made.title == "Abort: roll back StatefulSet shop/db to revision 1 (db:1)"
    assert db.planned(RollBack()).title == "Roll back StatefulSet shop/db to revision 1 (db:1)"
    back = db.planned(RollBack(2))
    assert any(
        each.startswith("It is not known whether revision 2 was ever complete. 3 pods") for each in back.warnings
    )


# Pods that would be waited for


def test_a_pod_that_is_never_ready_is_named_and_deleted() -> None:
    db = SetOperator()
    db.send(image("crash"), seconds=60)
    assert db.tags == ["1", "1", "1", "crash"]
    made = db.planned(RollBack())
    assert [pod.name for pod in made.deletes] == ["db-3"]
    assert (
        "db-3 is not ready, and an OrderedReady StatefulSet would wait for that. "
        "It is deleted once the controller has seen the change." in made.effects
    )
    assert made.commands[-1] == "kubectl -n shop delete pod db-3"
    db.send(RollBack())
    assert db.tags == ["1"] * 4
    assert db.rollout.phase == "complete"


def test_a_way_forward_takes_them_along_too() -> None:
    db = SetOperator()
    db.send(image("crash"), seconds=60)
    assert [pod.name for pod in db.send(image("3")).deletes] == ["db-3"]
    assert db.tags == ["3"] * 4


def test_a_parallel_set_and_a_daemonset_need_no_deletion() -> None:
    for db in (SetOperator(podManagementPolicy="Parallel"), SetOperator(DAEMONSET)):
        db.send(image("crash"), seconds=60)
        assert db.send(RollBack()).deletes == ()
        assert set(db.tags) == {"1"}


def test_who_may_not_delete_pods_is_told_that_someone_has_to() -> None:
    db = SetOperator()
    db.send(image("crash"), seconds=60)
    made = db.planned(RollBack(), may_delete_pods=False)
    assert made.deletes == ()
    assert any("You may not delete pods: someone has to, after this" in each for each in made.warnings)


def test_without_the_deletion_it_would_stay_stuck() -> None:
    db = SetOperator()
    db.send(image("crash"), seconds=60)
    db.merge({"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:1"}]}}}}, 300)
    assert db.tags == ["1", "1", "1", "crash"]


def test_what_someone_elses_roll_back_left_behind_is_repaired() -> None:
    db = SetOperator()
    assert db.refused(Repair()) == "there is nothing to repair: no pod of an earlier revision is waited for"
    db.send(image("crash"), seconds=60)
    # The pod that crashes is of the newest revision: going back is what helps, and canary is what the key is for.
    assert db.offer(Action.REPAIR) is None
    db.merge({"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:1"}]}}}}, 60)
    offer = db.offer(Action.REPAIR)
    assert offer is not None
    assert (offer.label, offer.key, offer.open) == ("repair: delete db-3", "C", True)
    assert db.refused(Abort()) == "nothing to abort: it goes back to revision 3, which it was last of in full"
    before = db.spec
    made = db.send(Repair())
    assert made.title == "Repair StatefulSet shop/db: delete db-3"
    assert {operation["op"] for operation in made.patch} == {"test"}
    assert made.commands == ("kubectl -n shop delete pod db-3",)
    assert (db.spec, db.tags) == (before, ["1"] * 4)
    assert db.offer(Action.REPAIR) is None


# Scale


def test_scale_names_the_pods_and_what_becomes_of_their_volumes() -> None:
    claims = [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]
    db = SetOperator(volumeClaimTemplates=claims)
    assert db.planned(Scale(6)).effects == (
        "2 pods will be added: 4 → 6 (db-4 to db-5), one after another, each only once the one before is ready.",
    )
    down = db.planned(Scale(1))
    assert down.path.endswith("/statefulsets/db/scale")
    assert down.effects == (
        "3 pods will be stopped: 4 → 1 (db-3 to db-1), the highest first, one after another.",
        "Their volumes stay: 3 PersistentVolumeClaims (data). Scaled up again, the pods find their data.",
    )
    assert db.refused(Scale(4)) == 'nothing to change: statefulset "db" is at 4 replicas'
    lost = SetOperator(volumeClaimTemplates=claims, persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"})
    assert "Their volumes are DELETED" in lost.planned(Scale(1)).effects[1]
    assert SetOperator(podManagementPolicy="Parallel").planned(Scale(5)).effects[0].endswith("(db-4), all at once.")


def test_scaling_what_a_partition_holds_changes_the_canary() -> None:
    db = SetOperator()
    db.send(canary("2", "1"))
    assert "The partition stays at 3: what is added is of the new revision, 1 → 3." in db.planned(Scale(6)).warnings
    assert "The partition stays at 3: what goes first is of the new revision, 1 → 0." in db.planned(Scale(2)).warnings
    db.scale(6)
    assert db.tags == ["1", "1", "1", "2", "2", "2"]


# What else decides


def test_owners_autoscalers_and_quotas_are_named() -> None:
    meta = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/StatefulSet:shop/db", CAUSE: "release 1"}}
    db = SetOperator(metadata=meta)
    around = {
        "autoscalers": (Autoscaler("db", 2, 8),),
        "quotas": (Quota("compute", {"pods": "4"}, {"pods": "4"}),),
    }
    warnings = db.planned(canary("2"), **around).warnings
    assert any(each.startswith("Argo CD (shop) deployed this") for each in warnings)
    assert "If Argo CD heals this StatefulSet, it ends the hold early." in warnings
    assert any("grows or shrinks with it, because the partition stays" in each for each in warnings)
    assert 'The change-cause "release 1" stays, and will describe the canary too.' in warnings
    assert not any("quota" in each for each in warnings)
    scaled = db.planned(Scale(6), **around).warnings
    assert any("decides the number, and will undo this" in each for each in scaled)
    assert any("The quota compute has no room for 2 extra pods" in each for each in scaled)


def test_a_daemonset_that_surges_wants_room() -> None:
    surge = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}
    quotas = (Quota("compute", {"pods": "3"}, {"pods": "3"}),)
    assert any(
        "has no room for 1 extra pod" in each
        for each in SetOperator(DAEMONSET, **surge).planned(Restart(), quotas=quotas).warnings
    )
    assert not SetOperator(DAEMONSET).planned(Restart(), quotas=quotas).warnings


def test_an_old_pod_that_is_not_well_is_no_reason_to_abort() -> None:
    db = SetOperator()
    db.send(image("crash"), seconds=60)
    assert {cause.of_old for cause in db.rollout.causes if cause.blocking} == {False}
    db.merge({"spec": {"template": {"spec": {"containers": [{"name": "db", "image": "registry.example/db:3"}]}}}}, 0.5)
    armed = arm(db.subject().workload)
    assert refuse_arm(db.rollout) == ""
    for _ in range(30):
        # Its controller waits for the old pod, which keeps crashing, until someone deletes that.
        db.cluster.run_for(10)
        rollout = db.rollout
        blocking = [cause for cause in rollout.causes if cause.blocking]
        assert blocking
        assert all(cause.of_old for cause in blocking)
        now = datetime.fromtimestamp(db.cluster.now, UTC)
        first_seen = seen(rollout, NOTHING_SEEN, now - timedelta(hours=1))
        judged = judge(armed, db.subject().workload, rollout, now, is_live=True, first_seen=first_seen)
        assert judged == Judgement(Move.KEEP)
