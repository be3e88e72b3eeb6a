"""What the history tells of each revision, and which two templates are compared."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ktui.kinds.deployment.history import history
from ktui.kinds.deployment.plans.known import DeploymentSubject
from ktui.rollout.diff.revisions import LIVE, Pair, chosen, compare, label, pair, templates, what_changed
from ktui.rollout.history import History, Writer, accounted, by_whom, writer
from ktui.rollout.revisions import Refusal
from ktui.rollout.track_record import Account, Standing
from tests.plans.builders import CAUSE, NEW, OLD, complete, deployment, made, replicaset, template

JSON = dict[str, Any]
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
FORMER = "deployment.kubernetes.io/revision-history"
ARGO = {"argocd.argoproj.io/tracking-id": "shop-cart:apps/Deployment:shop/cart"}


def past(subject: DeploymentSubject, took: float | None = None) -> History:
    return history(subject.workload, subject.revisions, took)


def found(subject: DeploymentSubject, pair: Pair) -> tuple[str, ...]:
    result = compare(past(subject), templates(subject.raw, subject.raw_revisions), pair)
    assert result is not None
    return what_changed(result)


def with_sidecar(cart: str, proxy: str, migrate: str = "migrate:1") -> JSON:
    raw = template(cart, initContainers=[{"name": "migrate", "image": migrate}])
    raw["spec"]["containers"].append({"name": "proxy", "image": proxy})
    return raw


def test_the_newest_comes_first_and_the_live_one_and_where_undo_leads_are_told() -> None:
    known = past(made(deployment(NEW), replicaset(29, template("cart:4.8")), replicaset(31, NEW), replicaset(30, OLD)))
    assert [each.number for each in known.revisions] == [31, 30, 29]
    assert [each.is_current for each in known.revisions] == [True, False, False]
    assert [each.is_undo for each in known.revisions] == [False, True, False]
    assert (known.undo, known.back) == (30, 30)


def test_a_live_template_without_a_revision_makes_undo_go_one_too_far_back() -> None:
    known = past(made(deployment(template("cart:6.0"), paused=True), replicaset(31, NEW), replicaset(30, OLD)))
    assert known.current is None
    assert (known.undo, known.back) == (30, 31)


def test_all_images_are_told_and_which_of_them_are_new() -> None:
    newest, before = with_sidecar("shop/cart:5.0", "mesh/proxy:2"), with_sidecar("shop/cart:5.0", "mesh/proxy:1")
    first, oldest = past(made(deployment(newest), replicaset(2, newest), replicaset(1, before))).revisions
    assert [(image.container, image.short, image.is_new) for image in first.images] == [
        ("cart", "cart:5.0", False),
        ("proxy", "proxy:2", True),
        ("migrate", "migrate:1", False),
    ]
    assert [image.is_init for image in first.images] == [False, False, True]
    assert not any(image.is_new for image in oldest.images)


def test_a_change_cause_that_was_only_inherited_is_stale() -> None:
    causes = ["release 5.0", "release 5.0", "release 4.9", "", ""]
    subject = made(
        deployment(template("cart:5")),
        *(
            replicaset(number, template(f"cart:{number}"), annotations={CAUSE: cause} if cause else None)
            for number, cause in zip((5, 4, 3, 2, 1), causes, strict=True)
        ),
    )
    assert [each.cause_is_stale for each in past(subject).revisions] == [True, False, False, False, False]


def test_a_revision_that_came_back_knows_its_former_numbers() -> None:
    known = past(made(deployment(OLD), replicaset(5, OLD, annotations={FORMER: "1,3"}), replicaset(4, NEW)))
    assert known.revisions[0].former == (1, 3)


def test_a_revision_that_came_back_is_as_old_as_its_return() -> None:
    """Its ReplicaSet is days old; what the row tells of is since when it is live again (REVIEW-UX M14)."""
    returned = deployment(OLD)
    returned["metadata"]["managedFields"] = [entry("ktui", "2026-11-23T12:00:00Z", {"f:template": {"f:spec": {}}})]
    live, before = past(made(returned, replicaset(5, OLD, annotations={FORMER: "3"}), replicaset(4, NEW))).revisions
    assert live.age_from == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert before.age_from == before.created


def test_a_restart_is_told_once() -> None:
    def restarted(at: str, image: str = "cart:5.0") -> JSON:
        raw = template(image)
        raw["metadata"]["annotations"] = {RESTARTED_AT: at}
        return raw

    again, first = restarted("2026-11-23T12:00:00Z", "cart:5.1"), restarted("2026-11-23T12:00:00Z")
    subject = made(deployment(again), replicaset(3, again), replicaset(2, first), replicaset(1, template("cart:5.0")))
    assert [each.restarted for each in past(subject).revisions] == ["", "2026-11-23T12:00:00Z", ""]


def test_each_revision_is_told_by_the_marks_of_its_own_time() -> None:
    """Flux marks the Deployment's labels alone, which say nothing of what came before."""
    subject = made(
        deployment(NEW, labels={"kustomize.toolkit.fluxcd.io/name": "shop"}),
        replicaset(3, NEW),
        replicaset(2, OLD, annotations=ARGO),
        replicaset(1, template("cart:4.8")),
    )
    tools = [each.deployed_by.tool if each.deployed_by else "" for each in past(subject).revisions]
    assert tools == ["Flux", "Argo CD", ""]


def test_how_long_it_took_is_told_of_the_live_revision_alone() -> None:
    assert [each.took for each in past(complete(), took=72.0).revisions] == [72.0, None]


def test_a_live_revision_that_failed_says_so() -> None:
    failed = Account(Standing.FAILED)
    live, *_ = accounted(past(complete()), {}).revisions
    assert live.outcome == ""
    assert accounted(past(complete()), {live.number: failed}).revisions[0].outcome == "failed"
    assert accounted(past(complete(), took=72.0), {live.number: failed}).revisions[0].outcome == "complete"
    # It failed under its number of then; how it does now is not told by that.
    returned = made(deployment(OLD), replicaset(5, OLD, annotations={FORMER: "1"}), replicaset(4, NEW))
    assert accounted(past(returned), {5: failed}).revisions[0].outcome == ""


def test_text_is_clean() -> None:
    hostile = "evil\x1b[2J\nname"
    raw = template(f"cart:{hostile}")
    known = past(made(deployment(raw), replicaset(1, raw, annotations={CAUSE: hostile}), replicaset(0, OLD)))
    row = known.revisions[0]
    assert all(text.isprintable() for text in (row.change_cause, row.images[0].image, row.images[0].short))


def entry(manager: str, time: str | None, spec: JSON, **more: Any) -> JSON:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": {"f:spec": spec}, **more}


def test_the_writer_is_the_newest_who_owns_a_part_of_the_template() -> None:
    raw = deployment()
    raw["metadata"]["managedFields"] = [
        entry("argocd-controller", "2026-11-23T10:00:00Z", {"f:template": {"f:spec": {}}}, operation="Apply"),
        entry("kubectl-edit", "2026-11-23T11:00:00Z", {"f:template": {"f:spec": {}}}),
        entry("kubectl-scale", "2026-11-23T12:00:00Z", {"f:replicas": {}}, subresource="scale"),
        {"manager": "kube-controller-manager", "time": "2026-11-23T12:30:00Z", "fieldsV1": {"f:status": {}}},
    ]
    assert writer(raw) == Writer("kubectl-edit", "Update", datetime(2026, 11, 23, 11, tzinfo=UTC))


def test_the_writer_says_who_made_the_live_revision_and_marks_where_there_is_none() -> None:
    wrote = Writer("kubectl-edit", "Update", None)
    newest, before = past(complete()).revisions
    assert [by_whom(newest, wrote), by_whom(newest, None), by_whom(before, wrote)] == ["kubectl-edit", "", ""]
    marked = past(complete(annotations=ARGO)).revisions[0]
    assert by_whom(marked, wrote) == "kubectl-edit"
    assert by_whom(marked, Writer("argocd-controller", "Apply", None)) == by_whom(marked, None) == "Argo CD"


@pytest.mark.parametrize("fields", [None, [], [{"manager": "m"}], [entry("m", "2026", {"f:replicas": {}})]])
def test_a_server_that_keeps_no_managed_fields_names_no_writer(fields: list[JSON] | None) -> None:
    raw = deployment()
    raw["metadata"]["managedFields"] = fields
    assert writer(raw) is None


def test_a_writer_without_a_readable_time_is_a_writer_still() -> None:
    raw = deployment()
    raw["metadata"]["managedFields"] = [entry("m\x1b", "yesterday", {"f:template": {}})]
    assert writer(raw) == Writer("m␛", "Update", None)


# Which two are compared

THREE = made(deployment(NEW), replicaset(3, NEW), replicaset(2, OLD), replicaset(1, template("cart:4.8")))


def test_the_live_revision_is_compared_with_the_one_before_and_others_with_the_live_one() -> None:
    known = past(THREE)
    newest, middle, oldest = known.revisions
    assert pair(known, newest) == Pair(2, 3)
    assert pair(known, middle) == Pair(2, LIVE)
    assert pair(known, oldest) == Pair(1, LIVE)


def test_with_a_mark_the_older_one_comes_first_whichever_is_marked() -> None:
    known = past(THREE)
    newest, middle, oldest = known.revisions
    assert pair(known, oldest, middle) == pair(known, middle, oldest) == Pair(1, 2)
    assert pair(known, newest, newest) == Pair(2, 3)


def test_the_only_revision_has_nothing_to_be_compared_with() -> None:
    known = past(made(deployment(NEW), replicaset(1, NEW)))
    assert pair(known, known.revisions[0]) is None
    assert chosen(known, None, None) == Refusal("there is nothing before revision 1 (live) to compare it with")


@pytest.mark.parametrize(
    ("asked", "compared"),
    [
        ((None, None), Pair(2, LIVE)),
        ((1, None), Pair(1, LIVE)),
        ((None, 2), Pair(1, 2)),
        ((3, 1), Pair(3, 1)),
        ((None, 1), Refusal("there is nothing before revision 1 to compare it with")),
        ((7, None), Refusal("unable to find specified revision 7 in history")),
        ((1, -1), Refusal("unable to find specified revision -1 in history")),
    ],
)
def test_numbers_that_are_left_out_have_a_meaning(
    asked: tuple[int | None, int | None], compared: Pair | Refusal
) -> None:
    assert chosen(past(THREE), *asked) == compared


def test_a_live_template_that_was_never_rolled_out_is_compared_with_the_newest_revision() -> None:
    subject = made(deployment(template("cart:6.0"), paused=True), replicaset(31, NEW), replicaset(30, OLD))
    known = past(subject)
    assert chosen(known, None, None) == Pair(31, LIVE)
    assert label(known, LIVE) == "the live template"
    assert found(subject, Pair(31, LIVE)) == ("image",)


def test_labels_say_what_is_live() -> None:
    known = past(THREE)
    assert [label(known, number) for number in (LIVE, 3, 2)] == ["revision 3 (live)", "revision 3 (live)", "revision 2"]


def test_the_label_that_the_controller_adds_is_no_difference() -> None:
    assert found(THREE, Pair(3, LIVE)) == ()


def test_what_changed_is_told_in_a_word_a_field() -> None:
    before = template("cart:1", volumes=[{"name": "v", "emptyDir": {}}])
    after = template("cart:2", volumes=[{"name": "v", "configMap": {"name": "c"}}], serviceAccountName="cart")
    after["spec"]["containers"][0] |= {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    after["metadata"]["annotations"] = {RESTARTED_AT: "2026-11-23T12:00:00Z"}
    subject = made(deployment(after), replicaset(2, after), replicaset(1, before))
    assert found(subject, Pair(1, 2)) == ("restart", "env", "image", "serviceAccountName", "volumes")


def test_a_revision_that_came_after_the_templates_were_read_is_waited_for() -> None:
    earlier = made(deployment(OLD), replicaset(30, OLD))
    known = templates(earlier.raw, earlier.raw_revisions)
    assert compare(past(complete()), known, Pair(30, 31)) is None
