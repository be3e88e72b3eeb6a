"""Requests that nobody should send: each is answered, and none with an internal error."""

import http.client
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from ktui.sim.api.resources import RESOURCES

JSON = dict[str, Any]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
QUERIES: dict[str, tuple[str, ...]] = {
    "limit": ("-1", "0", "1", "x", "99999999999999999999"),
    "continue": ("", "garbage", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOjF9", "bnVsbA"),
    "resourceVersion": ("", "0", "1", "-1", "abc", "99999999"),
    "resourceVersionMatch": ("Exact", "NotOlderThan", "Maybe"),
    "labelSelector": ("a=b", "((", "a in (", ",", "!", "a>b"),
    "fieldSelector": ("metadata.name=a", "spec.what=1", "=", "nonsense"),
    "sendInitialEvents": ("true", "x"),
    "allowWatchBookmarks": ("true", "x"),
    "dryRun": ("All", "Some"),
    "fieldValidation": ("Strict", "Maybe"),
    "fieldManager": ("", "m" * 200),
    "force": ("true", "x"),
    "gracePeriodSeconds": ("0", "-1", "x"),
    "propagationPolicy": ("Foreground", "Sideways"),
    "includeObject": ("Object", "Sometimes"),
    "tailLines": ("-1", "x", "1"),
    "container": ("c", "none"),
    "sinceSeconds": ("x", "1"),
    "sinceTime": ("x",),
    "previous": ("true",),
}
BODIES = (
    b"", b"{}", b"[]", b"null", b'"x"', b"{", b"1", b"\xff\xfe", b"k8s\x00", b"k8s\x00\xff\xff", b'{"metadata": null}',
    b'{"metadata": {"name": 1}}', b'{"metadata": {"name": "a", "labels": []}}', b'{"spec": []}', b'{"spec": null}',
    b'{"metadata": {"name": "ok"}, "spec": {"replicas": 1}}', b'[{"op": "replace"}]', b'[{"op": "remove", "path": 1}]',
    b'[{"op": "add", "path": "/metadata", "value": 1}]', b'{"preconditions": 1}', b'{"gracePeriodSeconds": "x"}',
    b'{"kind": "Pod", "apiVersion": "v1", "metadata": {"generateName": "x-"}, "spec": {"containers": [{}]}}',
    b'{"spec": {"resourceAttributes": []}}', b'{"target": []}', b'{"$patch": "replace"}', b"a: [b", b"a: &x [*x]",
    b"[" * 50_000,
)  # fmt: skip
TYPES = (
    None, "application/json", "application/yaml", "application/merge-patch+json", "application/json-patch+json",
    "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/vnd.kubernetes.protobuf",
    "text/plain", "nonsense",
)  # fmt: skip
ACCEPTS = (
    None, "application/json", "application/json;as=Table;v=v1;g=meta.k8s.io", "application/vnd.kubernetes.protobuf",
    "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", ";;=;", "*/*",
)  # fmt: skip
ODD_PATHS = (
    "/", "//", "/api", "/api/", "/apis/apps", "/api/v2/pods", "/apis/apps/v1/namespaces", "/openapi/v3/x", "/apis/a",
    "/api/v1/namespaces/default/pods/%2e%2e/%2f", "/api/v1/namespaces//pods", "/version/x", "/metrics", "/%00", "/é",
)  # fmt: skip


@pytest.fixture(scope="module")
def cluster() -> Iterator[SimulatedCluster]:
    cluster = SimulatedCluster(speed=20.0)
    container = {"name": "c", "image": "x:1"}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "a"}}, "template": template}
    cluster.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec})
    with cluster.serving():
        yield cluster


def _path(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return chance.choice(ODD_PATHS)
    resource = chance.choice(RESOURCES)
    path = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    if resource.namespaced and chance.random() < 0.8:
        path += f"/namespaces/{chance.choice(['default', 'nowhere', 'UPPER'])}"
    path += f"/{resource.plural}"
    if chance.random() < 0.6:
        path += f"/{chance.choice(['a', 'node-1', 'default', 'none', '%20'])}"
        if chance.random() < 0.4:
            names = [subresource.name for subresource in resource.subresources] or ["status"]
            path += f"/{chance.choice([*names, 'nothing'])}"
    return path


def _query(chance: random.Random) -> str:
    chosen = chance.sample(sorted(QUERIES), chance.randint(0, 3))
    query = [f"{name}={chance.choice(QUERIES[name]).replace(' ', '%20')}" for name in chosen]
    if chance.random() < 0.2:
        query += ["watch=1", "timeoutSeconds=1"]
    return "?" + "&".join(query) if query else ""


@pytest.mark.parametrize("seed", range(6))
def test_no_request_makes_the_server_fail(seed: int, cluster: SimulatedCluster) -> None:
    chance = random.Random(seed)
    host, port = cluster.url.removeprefix("http://").split(":")
    for _ in range(120):
        method, path = chance.choice(METHODS), _path(chance).replace("é", "%C3%A9") + _query(chance)
        body = chance.choice(BODIES) if method not in ("GET", "HEAD") else b""
        headers = {"Content-Type": chance.choice(TYPES), "Accept": chance.choice(ACCEPTS)}
        told = {name: text for name, text in headers.items() if text is not None}
        if "follow" in path or path.startswith("/api/v1/namespaces/default/pods/a/log"):
            continue
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request(method, path, body, told)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        asked = f"{method} {path} {told} {body!r}"
        assert response.status != 500, f"{asked}: {answer!r}"
        if response.status >= 400 and method != "HEAD" and response.getheader("Content-Type") == "application/json":
            refusal: JSON = json.loads(answer)
            assert (refusal["kind"], refusal["code"]) == ("Status", response.status), asked
