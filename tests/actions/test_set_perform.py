"""Actions on StatefulSets and DaemonSets over HTTP; the official client and kubectl are the witnesses."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.config import new_client_from_config

from ktui.actions.audit import AuditLog
from ktui.actions.outcome import Conflict, Done, Failed, Partly
from ktui.actions.perform import perform
from ktui.actions.preview import Preview, preview
from ktui.actions.read import Reader
from ktui.actions.rights import Reviews
from ktui.kinds.planning import plan
from ktui.kube.api import Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.model.reference import Reference
from ktui.model.resources import DAEMONSETS, STATEFULSETS
from ktui.plans.plan import Plan
from ktui.plans.request import Abort, Pause, Promote, Repair, Request, Restart, Resume, RollBack, Scale, SetImage
from ktui.sim import SimulatedCluster
from tests.cli.sets import Sets, crash_looping
from tests.cli.sets import manifest as set_manifest
from tests.plans.operator import canary

JSON = dict[str, Any]
DB = Reference("db", STATEFULSETS)
AGENT = Reference("agent", DAEMONSETS)
BOTH = pytest.mark.parametrize("reference", [DB, AGENT], ids=["statefulset", "daemonset"])
OWN = ("deprecated.daemonset.template.generation",)
"""The annotations that the server keeps itself."""


@pytest.fixture
def sets(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[Sets]:
    """shop/db, three pods, and shop/agent, one on each node: revision 1 of both, complete."""
    sets = Sets(kubeconfig, cluster)
    for kind, name, spec in (("StatefulSet", "db", {"replicas": 3, "serviceName": "db"}), ("DaemonSet", "agent", {})):
        made = set_manifest(kind, name, "1", **spec)
        made["metadata"]["annotations"] = {"team": "blue", "kubernetes.io/change-cause": "release 1"}
        cluster.apply(made)
    sets.settle()
    yield sets
    sets.close()


@pytest.fixture
def official(kubeconfig: Path) -> Iterator[Any]:
    api_client = new_client_from_config(str(kubeconfig))
    yield api_client
    api_client.close()


@pytest.fixture
async def viewer(cluster: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Api]:
    """Someone who may look at everything and change nothing."""
    kubeconfig = cluster.write_kubeconfig(tmp_path / "viewer", "viewer")
    async with await connect(Access(str(kubeconfig), namespace="shop"), Surroundings(environ={})) as connection:
        yield Api(connection)


def image(reference: Reference, tag: str) -> SetImage:
    return SetImage((("*", f"registry.example/shop/{reference.name}:{tag}"),))


def raw(official: Any, reference: Reference) -> JSON:
    """The object as the official client reads it, without what changes by itself."""
    apps = client.AppsV1Api(official)
    read = apps.read_namespaced_stateful_set if reference.resource is STATEFULSETS else apps.read_namespaced_daemon_set
    found: JSON = official.sanitize_for_serialization(read(reference.name, "shop"))
    annotations = found["metadata"].get("annotations") or {}
    found["metadata"]["annotations"] = {key: text for key, text in annotations.items() if key not in OWN}
    for member in ("managedFields", "resourceVersion", "generation"):
        found["metadata"].pop(member, None)
    found.pop("status")
    return found


async def planned(api: Api, request: Request, reference: Reference = DB) -> Plan:
    made = plan(request, await Reader(api).subject("shop", reference))
    assert isinstance(made, Plan), made
    return made


async def done(api: Api, request: Request, log: AuditLog, reference: Reference = DB) -> Done:
    made = await planned(api, request, reference)
    seen = await preview(api, made)
    assert isinstance(seen, Preview), seen
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Done), outcome
    return outcome


def outcomes(log: AuditLog) -> list[str]:
    return [entry.outcome for entry in log.tail()]


@BOTH
async def test_a_roll_back_to_each_revision_brings_exactly_its_template_back(
    reference: Reference, api: Api, sets: Sets, official: Any, log: AuditLog
) -> None:
    templates = {1: raw(official, reference)}
    for number, tag in ((2, "2"), (3, "3")):
        cause = {"metadata": {"annotations": {"kubernetes.io/change-cause": f"release {tag}"}}}
        kubectl(sets, "patch", reference.full, "--type=merge", "-p", str(cause).replace("'", '"'))
        await done(api, image(reference, tag), log, reference)
        await settled(sets)
        templates[number] = raw(official, reference)
    for back in (1, 2, 3):
        outcome = await done(api, RollBack(back), log, reference)
        assert outcome.sentence == f"{reference.kind} shop/{reference.name}: rollback to revision {back} (" + (
            f"{reference.name}:{back}) sent."
        )
        await settled(sets)
        assert raw(official, reference) == templates[back]
        assert set(sets.pods(reference.name)) == {str(back)}
    rollout = sets.kubectl("rollout", "status", reference.full)
    assert rollout.returncode == 0
    history = sets.kubectl("rollout", "history", reference.full).stdout
    assert [line.split()[0] for line in history.splitlines()[2:] if line] == ["4", "5", "6"]
    assert {entry.resource for entry in log.tail()} == {reference.resource.plural}


@BOTH
async def test_kubectls_own_undo_leads_to_the_same_spec(
    reference: Reference, api: Api, sets: Sets, official: Any, log: AuditLog
) -> None:
    for tag in ("2", "3"):
        await done(api, image(reference, tag), log, reference)
        await settled(sets)
    await done(api, RollBack(1), log, reference)
    await settled(sets)
    ours = raw(official, reference)
    await done(api, RollBack(3), log, reference)
    await settled(sets)
    kubectl(sets, "rollout", "undo", reference.full, "--to-revision=4")
    await settled(sets)
    assert raw(official, reference)["spec"] == ours["spec"]


@BOTH
async def test_the_commands_of_a_plan_do_the_same(
    reference: Reference, api: Api, sets: Sets, official: Any, kubeconfig: Path
) -> None:
    made = await planned(api, image(reference, "2"), reference)
    shell(made, kubeconfig)
    assert raw(official, reference)["spec"] == made.after["spec"]
    await settled(sets)
    made = await planned(api, RollBack(), reference)
    shell(made, kubeconfig)
    assert raw(official, reference)["spec"] == made.after["spec"]


async def test_pause_and_resume_by_kubectls_commands_too(api: Api, sets: Sets, official: Any, kubeconfig: Path) -> None:
    paused = await planned(api, Pause())
    shell(paused, kubeconfig)
    assert raw(official, DB)["spec"] == paused.after["spec"]
    assert raw(official, DB)["metadata"]["annotations"] == paused.after["metadata"]["annotations"]
    resumed = await planned(api, Resume())
    shell(resumed, kubeconfig)
    assert raw(official, DB)["spec"] == resumed.after["spec"]
    assert raw(official, DB)["metadata"]["annotations"] == resumed.after["metadata"]["annotations"]


async def test_a_pod_that_would_be_waited_for_is_deleted_after_the_patch(
    api: Api, sets: Sets, cluster: SimulatedCluster, log: AuditLog
) -> None:
    await crashing(api, sets, log)
    requests = len(cluster.requests)
    outcome = await done(api, RollBack(), log)
    assert outcome.sentence == "StatefulSet shop/db: rollback to revision 1 (db:1) sent. Deleted pods: db-2."
    sent = [request for request in list(cluster.requests)[requests:] if request.method in ("PATCH", "DELETE")]
    assert [request.method for request in sent] == ["PATCH", "DELETE", "PATCH", "DELETE"]  # the first two are dry runs
    await settled(sets)
    assert sets.pods("db") == ["1", "1", "1"]
    assert log.tail()[-1].sentence == outcome.sentence


async def test_a_repair_deletes_what_kubectls_undo_leaves_behind(
    api: Api, sets: Sets, official: Any, log: AuditLog
) -> None:
    await crashing(api, sets, log)
    kubectl(sets, "rollout", "undo", "statefulset/db")
    before = raw(official, DB)
    tried = await preview(api, await planned(api, Repair()))
    assert isinstance(tried, Preview)
    assert tried.sentence == "The server accepts it, and nothing else would change (dry run)."
    outcome = await done(api, Repair(), log)
    assert outcome.sentence == "StatefulSet shop/db: repair, which deletes db-2, sent. Deleted pods: db-2."
    await settled(sets)
    assert sets.pods("db") == ["1", "1", "1"]
    assert raw(official, DB) == before
    sets.image("db", "crash")
    await asyncio.to_thread(sets.cluster.wait_until, crash_looping)
    kubectl(sets, "rollout", "undo", "statefulset/db")
    made = await planned(api, Repair())
    sets.image("db", "2")
    assert isinstance((await perform(api, made, log)).outcome, Conflict)


async def test_another_pod_of_that_name_is_not_deleted(
    api: Api, sets: Sets, cluster: SimulatedCluster, log: AuditLog
) -> None:
    await crashing(api, sets, log)
    made = await planned(api, RollBack())
    kubectl(sets, "delete", "pod", "db-2", "--wait=false")
    cluster.wait_until(lambda it: uid_of(it, "db-2") not in ("", made.deletes[0].uid))
    deletions = number_of_deletions(cluster)
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Done)
    assert "Deleted" not in outcome.sentence
    assert number_of_deletions(cluster) == deletions


async def test_a_deletion_that_is_refused_is_told_and_what_to_do_about_it(
    api: Api, sets: Sets, cluster: SimulatedCluster, log: AuditLog
) -> None:
    await crashing(api, sets, log)
    made = await planned(api, RollBack())
    assert isinstance(await preview(api, made), Preview)
    cluster.faults.forbid("delete", "pods")
    assert isinstance(await preview(api, made), Failed)
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Partly)
    assert outcome.sentence.startswith(
        "StatefulSet shop/db: rollback to revision 1 (db:1) sent. Not deleted: db-2, because Not allowed: "
    )
    assert outcome.hint == "The StatefulSet waits for it: kubectl -n shop delete pod db-2"
    assert outcomes(log)[-1] == "partly"


async def test_who_may_not_delete_pods_rolls_back_all_the_same(
    api: Api, viewer: Api, sets: Sets, log: AuditLog
) -> None:
    await crashing(api, sets, log)
    made = await planned(viewer, RollBack())
    assert made.deletes == ()
    assert any("You may not delete pods" in warning for warning in made.warnings)
    assert isinstance((await perform(api, made, log)).outcome, Done)


async def test_a_lost_answer_is_looked_after_and_the_pod_still_deleted(
    api: Api, sets: Sets, cluster: SimulatedCluster, log: AuditLog
) -> None:
    await crashing(api, sets, log)
    made = await planned(api, RollBack())
    cluster.faults.lose_answers()
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Done)
    assert outcome.sentence.startswith("The response was lost. The change was applied. StatefulSet shop/db: rollback")
    assert outcome.sentence.endswith("Deleted pods: db-2.")


@BOTH
async def test_a_change_of_the_spec_between_plan_and_yes_is_a_conflict(
    reference: Reference, api: Api, sets: Sets, official: Any, log: AuditLog
) -> None:
    made = await planned(api, Restart(), reference)
    sets.image(reference.name, "2")
    before = raw(official, reference)
    for outcome in (await preview(api, made), (await perform(api, made, log)).outcome):
        assert isinstance(outcome, Conflict)
        assert outcome.sentence.startswith(f"{made.target} was changed in the meantime")
    assert raw(official, reference) == before


async def test_a_scale_that_someone_else_was_faster_with(api: Api, sets: Sets, log: AuditLog) -> None:
    made = await planned(api, Scale(5))
    sets.patch("db", {"replicas": 4})
    outcome = (await perform(api, made, log)).outcome
    assert isinstance(outcome, Conflict)
    assert outcome.sentence == "StatefulSet shop/db was scaled to 4 in the meantime; it was at 3."
    assert isinstance(await done(api, Scale(5), log), Done)


async def test_a_whole_canary_over_http(api: Api, sets: Sets, official: Any, log: AuditLog) -> None:
    before = raw(official, DB)
    for request, pods in (
        (canary("registry.example/shop/db:2"), ["1", "1", "2"]),
        (Promote("2"), ["1", "2", "2"]),
        (Abort(), ["1", "1", "1"]),
        (canary("registry.example/shop/db:3"), ["1", "1", "3"]),
        (Promote("100%"), ["3", "3", "3"]),
    ):
        await done(api, request, log)
        await settled(sets)
        assert sets.pods("db") == pods
        if isinstance(request, Abort):
            assert raw(official, DB) == before
    assert "ktui.dev/partition" not in raw(official, DB)["metadata"]["annotations"]


async def test_rights_are_asked_for_on_the_kind_that_is_meant(api: Api, viewer: Api, sets: Sets) -> None:
    for resource in (STATEFULSETS, DAEMONSETS):
        for who, allowed in ((api, True), (viewer, False)):
            rights = await Reviews(who).ask("shop", "db", resource)
            assert {str(right): answer for right, answer in rights.items()} == {
                f"patch {resource.plural}": allowed,
                f"patch {resource.plural}/scale": allowed,
            }


# What the tests do


async def crashing(api: Api, sets: Sets, log: AuditLog) -> None:
    """db-2 is of an image that crashes, and crashes."""
    await done(api, image(DB, "crash"), log)
    await asyncio.to_thread(sets.cluster.wait_until, crash_looping)


async def settled(sets: Sets) -> None:
    await asyncio.to_thread(sets.settle)


def uid_of(cluster: SimulatedCluster, name: str) -> str:
    pod = cluster.get("pods", name, "shop")
    return str(pod["metadata"]["uid"]) if pod is not None else ""


def number_of_deletions(cluster: SimulatedCluster) -> int:
    return sum(request.method == "DELETE" for request in cluster.requests)


def kubectl(sets: Sets, *arguments: str) -> None:
    ran = sets.kubectl(*arguments)
    assert ran.returncode == 0, ran.stderr


def shell(made: Plan, kubeconfig: Path) -> None:
    """What a person who copies the commands of the plan does."""
    for command in made.commands:
        script = command.replace("kubectl", f"{Path(sys.executable).with_name('kubectl')} --kubeconfig {kubeconfig}", 1)
        ran = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran.stderr
