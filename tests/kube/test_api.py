from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from ktui.kube.api import MERGE_PATCH, STRATEGIC_MERGE_PATCH, Allowed, Api
from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.errors import AnswerLost, Conflict, Forbidden, Interrupted, NotFound, Rejected
from ktui.kube.policies import read_container_defaults, read_policies
from ktui.kube.scope import Scope, find_scope
from ktui.model.objects import Deployment
from ktui.model.policies import Autoscaler, Policies
from ktui.model.reference import Reference
from ktui.model.resources import DEPLOYMENTS
from ktui.model.template import Amounts, Resources
from ktui.sim import SimulatedCluster, TlsFiles
from tests.kube.conftest import Connecting
from tests.kube.server import serving

WEB: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}
HPA: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web-hpa", "namespace": "shop"},
    "spec": {
        "maxReplicas": 9,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    },
}
QUOTA: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "small", "namespace": "shop"},
    "spec": {"hard": {"pods": "3"}},
}
PAUSE = [{"op": "add", "path": "/spec/paused", "value": True}]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    it = SimulatedCluster(developer_namespace="shop")
    it.apply(WEB)
    it.apply(HPA)
    it.apply(QUOTA)
    # The controllers have done what there is to do: a status that is yet to be written is none to ask for.
    it.run_for(60)
    with it.serving():
        yield it


@asynccontextmanager
async def connected(cluster: SimulatedCluster, folder: Path, user: str = "admin") -> AsyncIterator[Connection]:
    file = cluster.write_kubeconfig(folder / user, user)
    async with await connect(Access(str(file)), Surroundings(environ={})) as connection:
        yield connection


@pytest.fixture
async def api(cluster: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Api]:
    async with connected(cluster, tmp_path) as connection:
        yield Api(connection)
    cluster.faults.clear()


def spec(cluster: SimulatedCluster) -> dict[str, Any]:
    web = cluster.get("deployments", "web", "shop")
    assert web is not None
    return dict(web["spec"])


async def test_an_object_whole_and_as_ktui_keeps_it(api: Api) -> None:
    whole = await api.get(DEPLOYMENTS, "shop", "web")
    kept = await api.read(DEPLOYMENTS, "shop", "web")
    assert isinstance(kept, Deployment)
    assert whole["metadata"]["uid"] == kept.metadata.uid
    assert "managedFields" in whole["metadata"]
    assert kept.spec.template.containers[0].image == "web:1"


async def test_an_object_that_does_not_exist(api: Api) -> None:
    with pytest.raises(NotFound, match=r'deployments\.apps "none" not found'):
        await api.get(DEPLOYMENTS, "shop", "none")


async def test_a_patch_is_made_under_our_name(cluster: SimulatedCluster, api: Api) -> None:
    after = await api.patch(DEPLOYMENTS, "shop", "web", PAUSE)
    assert after["spec"]["paused"] is True
    assert "ktui" in {entry["manager"] for entry in after["metadata"]["managedFields"]}
    await api.patch(DEPLOYMENTS, "shop", "web", {"spec": {"paused": False}}, MERGE_PATCH)
    assert not spec(cluster).get("paused")
    container = {"name": "web", "image": "web:2"}
    body = {"spec": {"template": {"spec": {"containers": [container]}}}}
    after = await api.patch(DEPLOYMENTS, "shop", "web", body, STRATEGIC_MERGE_PATCH)
    assert after["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    await api.patch(DEPLOYMENTS, "shop", "web", PAUSE[:0])


async def test_a_dry_run_says_what_would_be_and_changes_nothing(cluster: SimulatedCluster, api: Api) -> None:
    before = cluster.get("deployments", "web", "shop") or {}
    after = await api.patch(DEPLOYMENTS, "shop", "web", PAUSE, dry_run=True)
    assert after["spec"]["paused"] is True
    now = cluster.get("deployments", "web", "shop") or {}
    # The controllers go on meanwhile and write the status; what was asked for is spec and generation.
    assert now["spec"] == before["spec"]
    assert now["metadata"]["generation"] == before["metadata"]["generation"]


async def test_a_test_that_does_not_hold_is_rejected(api: Api) -> None:
    body = [{"op": "test", "path": "/metadata/uid", "value": "another"}, *PAUSE]
    with pytest.raises(Rejected) as raised:
        await api.patch(DEPLOYMENTS, "shop", "web", body)
    assert raised.value.status == 422
    assert "the server rejected our request due to an error in our request" in str(raised.value)


async def test_a_stale_version_is_a_conflict(api: Api) -> None:
    with pytest.raises(Conflict, match="the object has been modified"):
        await api.patch(DEPLOYMENTS, "shop", "web", {"metadata": {"resourceVersion": "1"}}, MERGE_PATCH)


async def test_a_lost_answer_is_told_and_the_change_may_have_been_made(cluster: SimulatedCluster, api: Api) -> None:
    cluster.faults.lose_answers()
    with pytest.raises(AnswerLost, match="it is not known whether it was applied"):
        await api.patch(DEPLOYMENTS, "shop", "web", PAUSE)
    assert spec(cluster)["paused"] is True
    await api.patch(DEPLOYMENTS, "shop", "web", {"spec": {"paused": None}}, MERGE_PATCH)
    cluster.faults.lose_answers()
    with pytest.raises(Interrupted):
        await api.patch(DEPLOYMENTS, "shop", "web", PAUSE, dry_run=True)


async def test_access_reviews(cluster: SimulatedCluster, api: Api, tmp_path: Path) -> None:
    assert await api.access_review("patch", "apps", "deployments", namespace="shop", name="web") == Allowed(True)
    async with connected(cluster, tmp_path, "viewer") as connection:
        viewer = Api(connection)
        assert not await viewer.access_review("patch", "apps", "deployments", namespace="shop")
        assert not await viewer.access_review("patch", "apps", "deployments", subresource="scale", namespace="shop")
        assert await viewer.access_review("watch", "", "pods")
        with pytest.raises(Forbidden, match='"viewer" cannot patch resource "deployments"'):
            await viewer.patch(DEPLOYMENTS, "shop", "web", PAUSE)


async def test_namespaces(cluster: SimulatedCluster, api: Api, tmp_path: Path) -> None:
    names = await api.namespaces()
    assert names is not None
    assert "shop" in names
    assert list(names) == sorted(names)
    async with connected(cluster, tmp_path, "developer") as connection:
        assert await Api(connection).namespaces() is None


async def test_what_limit_ranges_give_to_containers(api: Api, cluster: SimulatedCluster) -> None:
    assert await read_container_defaults(api, "shop") == Resources()
    given = {"type": "Container", "default": {"memory": "256Mi"}, "defaultRequest": {"cpu": "50m", "memory": "128Mi"}}
    meta = {"name": "defaults", "namespace": "shop"}
    cluster.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": meta, "spec": {"limits": [given]}})
    assert await read_container_defaults(api, "shop") == Resources(Amounts("50m", "128Mi"), Amounts("", "256Mi"))
    cluster.faults.forbid("list", "limitranges")
    assert await read_container_defaults(api, "shop") is None
    cluster.faults.allow("list", "limitranges")


async def test_what_else_decides_on_replicas(cluster: SimulatedCluster, api: Api, tmp_path: Path) -> None:
    found = await read_policies(api, "shop", Reference("web"))
    assert found.autoscalers == (Autoscaler("web-hpa", 1, 9, 2),)
    assert (await read_policies(api, "shop", Reference("other"))).autoscalers == ()
    (quota,) = found.quotas
    assert (quota.name, quota.hard["pods"]) == ("small", "3")
    cluster.faults.forbid("list", "horizontalpodautoscalers")
    cluster.faults.forbid("list", "resourcequotas")
    assert await read_policies(api, "shop", Reference("web")) == Policies()


async def test_a_login_page_in_front_of_the_server_is_no_answer(connecting: Connecting) -> None:
    async def login_page(request: web.BaseRequest) -> web.Response:
        return web.Response(text="<html>Please log in</html>", content_type="text/html")

    async with serving(login_page) as url, connecting(url) as connection:
        with pytest.raises(Interrupted, match="a web page: it is not an API server") as raised:
            await Api(connection).get(DEPLOYMENTS, "shop", "web")
    assert "login page" in raised.value.hint


async def test_an_object_that_cannot_be_read_is_named_and_not_taken_for_a_login_page(connecting: Connecting) -> None:
    async def odd(request: web.BaseRequest) -> web.Response:
        return web.json_response({"metadata": {"name": "web", "namespace": "shop", "uid": "1"}, "spec": None})

    async with serving(odd) as url, connecting(url) as connection:
        with pytest.raises(
            Interrupted, match=r"^The Deployment web cannot be read: spec must be an object.*null"
        ) as raised:
            await Api(connection).get(DEPLOYMENTS, "shop", "web")
    assert "`kubectl edit deployments.apps web -n shop`" in raised.value.hint


# Scope


@pytest.mark.parametrize(
    ("user", "asked", "scope"),
    [
        ("admin", None, Scope(None)),
        ("viewer", None, Scope(None)),
        # Without the other kinds there is still something to show.
        ("releaser", None, Scope(None)),
        ("admin", "shop", Scope("shop")),
        ("stranger", "shop", Scope("shop")),
        (
            "developer",
            None,
            Scope(
                "shop",
                "You may not list deployments of the whole cluster, so this is the namespace shop alone.",
            ),
        ),
    ],
)
async def test_the_scope_is_what_may_be_watched(
    cluster: SimulatedCluster, tmp_path: Path, user: str, asked: str | None, scope: Scope
) -> None:
    async with connected(cluster, tmp_path, user) as connection:
        assert await find_scope(connection, asked) == scope


async def test_a_server_that_reviews_no_access_is_asked_outright(cluster: SimulatedCluster, tmp_path: Path) -> None:
    cluster.faults.fail_next(6, 403, path="selfsubjectaccessreviews")
    try:
        async with connected(cluster, tmp_path) as connection:
            assert await find_scope(connection, None) == Scope(None)
    finally:
        cluster.faults.clear()


async def test_over_tls(tmp_path: Path) -> None:
    ca = trustme.CA()
    mine = ca.issue_cert("127.0.0.1")
    files = TlsFiles(tmp_path / "crt", tmp_path / "key", tmp_path / "ca")
    mine.cert_chain_pems[0].write_to_path(files.certificate)
    mine.private_key_pem.write_to_path(files.key)
    assert files.ca is not None
    ca.cert_pem.write_to_path(files.ca)
    it = SimulatedCluster()
    with it.serving(tls=files):
        async with connected(it, tmp_path) as connection:
            assert connection.server.startswith("https://")
            assert await Api(connection).namespaces()
