from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.discovery import discover
from ktui.kube.errors import KubeError
from ktui.kube.listing import list_once
from ktui.model import resources
from ktui.model.resources import DEPLOYMENTS, Resource
from ktui.model.workloads import StatefulSet
from ktui.sim import SimulatedCluster
from tests.kube.conftest import Connecting
from tests.kube.server import serving

ROLLOUTS = Resource(
    "argoproj.io", "v1alpha1", "rollouts", type("Rollout", (StatefulSet,), {}, frozen=True), names=("rollout",)
)
JOBS = Resource("batch", "v1", "jobs", type("Job", (StatefulSet,), {}, frozen=True))
LATER = Resource("argoproj.io", "v9", "experiments", type("Experiment", (StatefulSet,), {}, frozen=True))
UNKNOWN = Resource("argoproj.io", "v1alpha1", "inventions", type("Invention", (StatefulSet,), {}, frozen=True))
WANTED = (ROLLOUTS, LATER, UNKNOWN)


for each in (*WANTED, JOBS):
    # What this file made up is known to no other.
    del resources._BY_TYPE[each.type]


async def found_in(cluster: SimulatedCluster, folder: Path) -> tuple[frozenset[Resource], Connection, list[str]]:
    access = Access(str(cluster.write_kubeconfig(folder / "kubeconfig")))
    before = len(cluster.requests)
    async with await connect(access, Surroundings(environ={})) as connection:
        found = await discover(connection, WANTED)
        if found:
            assert await list_once(connection, LATER) == []
    return found, connection, [each.path.partition("?")[0] for each in list(cluster.requests)[before:]]


async def test_one_request_tells_what_a_cluster_serves_and_in_which_version(tmp_path: Path) -> None:
    with SimulatedCluster().serving() as cluster:
        found, _, asked = await found_in(cluster, tmp_path)
        assert (found, asked) == (frozenset(), ["/apis"])
        cluster.define("argo")
        found, connection, asked = await found_in(cluster, tmp_path)
        assert found == {ROLLOUTS, LATER}
        assert asked == ["/apis", "/apis/argoproj.io/v1alpha1/experiments"], "the version that is served"
        assert connection.served_as == {("apis/argoproj.io/v9", "experiments"): "apis/argoproj.io/v1alpha1"}


def answering(answers: dict[str, Any], asked: list[str]) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        answer = answers.get(request.path)
        return web.json_response(answer) if answer is not None else web.Response(status=404, text="not here")

    return handle


async def test_an_older_server_is_asked_about_the_groups_that_it_has(connecting: Connecting) -> None:
    answers = {
        "/apis": {
            "kind": "APIGroupList",
            "groups": [
                {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]},
                {"name": "argoproj.io", "versions": [{"groupVersion": "argoproj.io/v1alpha1", "version": "v1alpha1"}]},
            ],
        },
        "/apis/argoproj.io/v1alpha1": {
            "kind": "APIResourceList",
            "resources": [{"name": "rollouts", "kind": "Rollout"}, {"name": "rollouts/status", "kind": "Rollout"}],
        },
    }
    asked: list[str] = []
    async with serving(answering(answers, asked)) as url, connecting(url) as connection:
        assert await discover(connection, WANTED) == {ROLLOUTS}
    assert asked == ["/apis", "/apis/argoproj.io/v1alpha1"]


async def test_an_older_server_without_such_workloads_is_asked_once(connecting: Connecting) -> None:
    versions = [{"groupVersion": "batch/v1", "version": "v1"}]
    answers = {"/apis": {"kind": "APIGroupList", "groups": [{"name": "batch", "versions": versions}]}}
    asked: list[str] = []
    async with serving(answering(answers, asked)) as url, connecting(url) as connection:
        assert await discover(connection, (*WANTED, JOBS)) == frozenset()
    assert asked == ["/apis"]


@pytest.mark.parametrize("answer", [[], {"kind": "APIGroupDiscoveryList", "items": 3}, {"items": [{"versions": None}]}])
async def test_an_answer_that_is_none_is_an_error_with_a_sentence(connecting: Connecting, answer: Any) -> None:
    async with serving(answering({"/apis": answer}, [])) as url, connecting(url) as connection:
        with pytest.raises(KubeError, match="not a list of what it serves"):
            await discover(connection, WANTED)


async def test_paths_of_other_groups_stay(connecting: Connecting) -> None:
    asked: list[str] = []
    answers = {DEPLOYMENTS.path("shop"): {"kind": "DeploymentList", "metadata": {"resourceVersion": "1"}, "items": []}}
    async with serving(answering(answers, asked)) as url, connecting(url) as connection:
        connection.served_as = {
            ("apis/apps/v1", "replicasets"): "apis/apps/v2",
            ("apis/app", "deployments"): "apis/other",
        }
        assert await list_once(connection, DEPLOYMENTS, "shop") == []
    assert asked == ["/apis/apps/v1/namespaces/shop/deployments"]


async def test_versions_of_a_group_that_is_named_twice_are_put_together(connecting: Connecting) -> None:
    def item(version: str, plural: str) -> dict[str, Any]:
        versions = [{"version": version, "resources": [{"resource": plural}]}]
        return {"metadata": {"name": "argoproj.io"}, "versions": versions}

    answer = {"kind": "APIGroupDiscoveryList", "items": [item("v1alpha1", "rollouts"), item("v2", "experiments")]}
    async with serving(answering({"/apis": answer}, [])) as url, connecting(url) as connection:
        assert await discover(connection, WANTED) == {ROLLOUTS, LATER}
        assert connection.served_as == {("apis/argoproj.io/v9", "experiments"): "apis/argoproj.io/v2"}
