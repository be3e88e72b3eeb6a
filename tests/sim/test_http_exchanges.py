"""Every recorded pair of request and response, asked of the simulated cluster over HTTPS.

The requests run in the recorded order against a new cluster. What differs between any two clusters (uids, versions,
times, addresses, generated names) is translated in the requests and set aside in the answers; the rest must be equal.
"""

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ktui.sim import SimulatedCluster
from tests.sim.api.recorded import exchanges
from tests.sim.certificates import issued

JSON = dict[str, Any]

NOT_ALIKE = {
    "metrics API absent": "the recorded cluster had no metrics server, the simulated one has",
    "watch: resourceVersion too old": (
        "the real server's cache of ControllerRevisions had been there since the beginning; that of Deployments, in "
        "the next pair, had not, and the simulated ones are all like that"
    ),
}
"""The pairs that are answered otherwise on purpose, and why."""

TOKENS = {"admin": "admin-token", "viewer": "stranger-token", "bad": "nobody-has-this", "nobody": None}
AFTER_THE_PODS_ARE_READY = "get"
AFTER_THE_POD_IS_GONE = "pod log, no node"


@dataclass
class Answer:
    """A recorded pair and what the simulator said; a watch's body is the list of its events."""

    pair: JSON
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def recorded(self) -> Any:
        response = self.pair["response"]
        return response["stream"] if "stream" in response else response["body"]


@dataclass
class Replay:
    """Sends the recorded requests, with what the simulated cluster calls otherwise put in."""

    cluster: SimulatedCluster
    tls: ssl.SSLContext
    ours: dict[str, str] = field(default_factory=dict)

    def ask(self, pair: JSON) -> Answer:
        request = pair["request"]
        body = request["body"]
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        host, port = self.cluster.url.removeprefix("https://").split(":")
        connection = http.client.HTTPSConnection(host, int(port), context=self.tls, timeout=20)
        try:
            data = self.translated(text).encode() if text else None
            connection.request(request["method"], self.translated(request["path"]), data, _headers(request))
            answer = self._read(pair, connection.getresponse())
        finally:
            connection.close()
        if answer.status < 300 and isinstance(answer.body, dict):
            self._learn(answer.recorded, answer.body)
        return answer

    def translated(self, text: str) -> str:
        for theirs, ours in self.ours.items():
            text = text.replace(theirs, ours)
        return text

    def _read(self, pair: JSON, response: http.client.HTTPResponse) -> Answer:
        headers = dict(response.getheaders())
        if "stream" in pair["response"]:
            events: list[JSON] = []
            while len(events) < len(pair["response"]["stream"]) and (line := response.readline()):
                events.append(json.loads(line))
            return Answer(pair, response.status, headers, events)
        raw = response.read()
        is_json = headers["Content-Type"] == "application/json"
        return Answer(pair, response.status, headers, json.loads(raw) if is_json else raw.decode())

    def _learn(self, recorded: Any, said: Any) -> None:
        if isinstance(recorded, list) and isinstance(said, list):
            for pair in zip(recorded, said, strict=False):
                self._learn(*pair)
        if not isinstance(recorded, dict) or not isinstance(said, dict):
            return
        for name in ("uid", "resourceVersion", "continue", "name"):
            theirs, ours = recorded.get(name), said.get(name)
            if isinstance(theirs, str) and isinstance(ours, str) and theirs != ours:
                self.ours.setdefault(theirs, ours)
        for name in recorded.keys() & said.keys():
            self._learn(recorded[name], said[name])


def _headers(request: JSON) -> dict[str, str]:
    headers = {"User-Agent": "Python/3"}
    if token := TOKENS[request["as"]]:
        headers["Authorization"] = f"Bearer {token}"
    if request["content_type"]:
        headers["Content-Type"] = request["content_type"]
    if request["accept"]:
        headers["Accept"] = request["accept"]
    return headers


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Answer]]:
    tls = issued(tmp_path_factory.mktemp("tls"))
    trusting = ssl.create_default_context(cafile=tls.ca)
    cluster = SimulatedCluster(speed=20.0)
    with cluster.serving(tls=tls):
        yield list(_replayed(Replay(cluster, trusting)))


def _replayed(replay: Replay) -> Iterator[Answer]:
    for pair in exchanges():
        if pair["note"] == AFTER_THE_PODS_ARE_READY or pair["request"]["method"] == "PATCH":
            replay.cluster.settle()
        if pair["note"] == AFTER_THE_POD_IS_GONE:
            _wait_until_gone(replay, pair["request"]["path"])
        yield replay.ask(pair)


def _wait_until_gone(replay: Replay, path: str) -> None:
    name = replay.translated(path).split("/")[6]
    replay.cluster.wait_until(lambda cluster: cluster.get("pods", name, "exchanges") is None)


SET_ASIDE = {
    "uid", "resourceVersion", "continue", "time", "creationTimestamp", "deletionTimestamp", "lastTransitionTime",
    "lastUpdateTime", "startTime", "startedAt", "finishedAt", "podIP", "ip", "hostIP", "nodeName", "containerID",
    "imageID", "description", "gitCommit", "gitTreeState", "pod-template-hash",
}  # fmt: skip


def _told(value: Any, name: str = "") -> Any:
    """An answer without what differs between any two clusters."""
    if name in SET_ASIDE:
        return f"<{name}>"
    if name == "managedFields":
        timeless = [{key: part for key, part in entry.items() if key != "time"} for entry in value]
        return sorted((_told(entry) for entry in timeless), key=str)
    if name in ("resourceRules", "nonResourceRules"):
        return sorted((_told(rule) for rule in value), key=str)
    if isinstance(value, dict):
        return {key: _told(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_told(part, name) for part in value]
    if isinstance(value, str):
        return re.sub(r"\b([a-e])-[0-9a-z]{7,10}\b(-[a-z0-9]{5}\b)?", r"\1-…", value).replace('"stranger"', '"viewer"')
    return value


ALIKE = [index for index, pair in enumerate(exchanges()) if pair["note"] not in NOT_ALIKE]


@pytest.mark.parametrize("index", ALIKE, ids=lambda index: f"{index}: {exchanges()[index]['note']}")
def test_each_pair_is_answered_as_recorded(index: int, answers: list[Answer]) -> None:
    answer = answers[index]
    response = answer.pair["response"]
    assert answer.status == response["status"], answer.body
    for name in ("Content-Type", "Cache-Control"):
        assert answer.headers[name] == response["headers"][name]
    if isinstance(answer.body, list):
        _check_stream(answer)
    elif "strict decoding error" in str(answer.body):
        _check_undecodable(answer)
    elif "/pods" in answer.pair["request"]["path"] and answer.status == 200:
        _check_pods(answer)
    else:
        _check_object(answer)


def _check_object(answer: Answer) -> None:
    said, recorded = _told(answer.body), _told(answer.recorded)
    if answer.pair["request"]["method"] in ("PATCH", "PUT") and answer.body["kind"] == "Deployment":
        for deployment in (said, recorded):
            _drop_what_the_controller_does(deployment)
    assert said == recorded


def _drop_what_the_controller_does(deployment: JSON) -> None:
    """How far the controller has come when a write is answered is a matter of milliseconds."""
    del deployment["status"]
    entries = deployment["metadata"]["managedFields"]
    deployment["metadata"]["managedFields"] = [entry for entry in entries if entry.get("subresource") != "status"]


def _check_undecodable(answer: Answer) -> None:
    """The message quotes the whole object."""
    said, recorded = (re.sub(r'"\{.*\}"', '"{}"', body["message"]) for body in (answer.body, answer.recorded))
    assert said == recorded
    assert answer.body["details"]["causes"][0].keys() == answer.recorded["details"]["causes"][0].keys()


def _check_pods(answer: Answer) -> None:
    """The recorded cluster had a stand-in for its scheduler and kubelet, which left a few fields out."""
    if answer.body["kind"] == "Table":
        assert _told(answer.body["columnDefinitions"]) == _told(answer.recorded["columnDefinitions"])
        said, recorded = ([row["cells"][1:4] for row in body["rows"]] for body in (answer.body, answer.recorded))
        assert said == recorded
        return
    mine = [_shape(pod) for pod in answer.body["items"] if _is_settled(pod)]
    theirs = [_shape(pod) for pod in answer.recorded["items"] if _is_settled(pod)]
    assert theirs
    assert all(shape in mine for shape in theirs)


def _is_settled(pod: JSON) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and pod["spec"]["containers"][0]["image"].endswith(":1")


def _shape(pod: JSON) -> Any:
    told = _told(pod)
    conditions = sorted(condition["type"] for condition in told["status"]["conditions"])
    return told["spec"], sorted(told["metadata"]), sorted(told["status"]), conditions


def _check_stream(answer: Answer) -> None:
    if answer.pair["note"].startswith("watch: from a known version"):
        assert {event["type"] for event in answer.body} <= {"ADDED", "MODIFIED", "DELETED"}
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in answer.body]
        assert versions == sorted(set(versions))
        assert "MODIFIED" in {event["type"] for event in answer.body}
        return
    assert [event["type"] for event in answer.body] == [event["type"] for event in answer.recorded]
    if answer.body and answer.body[-1]["type"] in ("BOOKMARK", "ERROR"):
        assert _without_numbers(answer.body[-1]) == _without_numbers(answer.recorded[-1])


def _without_numbers(event: JSON) -> JSON:
    told: JSON = _told(event)
    message = told["object"].get("message", "")
    return told | {"object": told["object"] | {"message": re.sub(r"\d+", "…", message)}}


def test_what_is_answered_otherwise_on_purpose_is_not_simply_missing(answers: list[Answer]) -> None:
    metrics, watch = (answer for answer in answers if answer.pair["note"] in NOT_ALIKE)
    if metrics.pair["note"] != "metrics API absent":
        metrics, watch = watch, metrics
    assert (metrics.status, metrics.body["kind"]) == (200, "PodMetricsList")
    assert [event["object"]["reason"] for event in watch.body] == ["Expired"]
