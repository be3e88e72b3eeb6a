"""Logs as clients read them: real kubectl, and the official client."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.config import new_client_from_config

from ktui.sim import SimulatedCluster
from ktui.sim.node.fate import Fate
from ktui.sim.node.logs import RETAINED, Line, Story, run_of

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KUBECTL = Path(sys.executable).parent / "kubectl"


def deploy(cluster: SimulatedCluster, image: str, replicas: int = 1, **spec: Any) -> None:
    annotations = spec.pop("annotations", {})
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": {"containers": [{"name": "web", "image": image}], **spec},
    }
    cluster.apply(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
        }
    )


class Clients:
    def __init__(self, cluster: SimulatedCluster, folder: Path) -> None:
        self.cluster = cluster
        self.config = str(cluster.write_kubeconfig(folder / "kubeconfig"))
        self._client = new_client_from_config(self.config)
        self.core: Any = client.CoreV1Api(self._client)

    def close(self) -> None:
        self._client.close()

    def advance(self, seconds: float) -> None:
        kernel = self.cluster.kernel
        self.cluster.call(lambda: kernel.run_until(kernel.now + seconds))

    @property
    def pod(self) -> str:
        return str(self.cluster.list("pods", "shop")[0]["metadata"]["name"])

    def log(self, **options: Any) -> list[str]:
        text: str = self.core.read_namespaced_pod_log(self.pod, "shop", **options)
        return text.splitlines()

    def refused(self, **options: Any) -> tuple[int, str]:
        with pytest.raises(ApiException) as refusal:
            self.log(**options)
        return int(refusal.value.status or 0), str(refusal.value.body)

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(KUBECTL), "--kubeconfig", self.config, "-n", "shop", "logs", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    cluster = SimulatedCluster(seed=3, start=START)
    with cluster.serving():
        cluster.pause()
        clients = Clients(cluster, tmp_path)
        yield clients
        clients.close()


def test_a_healthy_pod_logs_its_requests_the_same_each_time(clients: Clients) -> None:
    deploy(clients.cluster, "web:1.0")
    clients.advance(30)
    lines = clients.log()
    assert lines[0].startswith("INFO  starting web 1.0")
    assert "INFO  listening on :8080" in lines
    assert len([line for line in lines if " ms trace=" in line]) > 20
    assert clients.log() == lines
    clients.advance(10)
    assert clients.log()[: len(lines)] == lines


def test_tail_since_and_limit_choose_lines(clients: Clients) -> None:
    deploy(clients.cluster, "web:1.0")
    clients.advance(30)
    everything = clients.log(timestamps=True)
    assert clients.log(timestamps=True, tail_lines=3) == everything[-3:]
    assert clients.log(tail_lines=0) == []
    recent = clients.log(timestamps=True, since_seconds=5)
    after = (START + timedelta(seconds=25)).strftime("%Y-%m-%dT%H:%M:%S")
    assert recent == [line for line in everything if line[:19] >= after]
    clock = (START + timedelta(seconds=20, microseconds=900_000)).isoformat().replace("+00:00", "Z")
    url = f"{clients.cluster.url}/api/v1/namespaces/shop/pods/{clients.pod}/log?timestamps=true&sinceTime={clock}"
    with urllib.request.urlopen(url) as answer:
        raw = answer.read().decode()
    # The server passes the time on in whole seconds, as a real one does.
    assert raw.splitlines() == [line for line in everything if line[:19] >= "2026-11-23T12:00:20"]
    assert "".join(clients.log(limit_bytes=10)) == "INFO  star"
    assert all(re.match(r"2026-11-23T12:00:\d\d\.\d{9}Z ", line) for line in everything)


def test_a_crash_leaves_a_stack_trace_and_a_previous_log(clients: Clients) -> None:
    deploy(clients.cluster, "web:crash")
    clients.advance(3)
    lines = clients.log(previous=True)
    assert lines[0].startswith("INFO  starting web crash")
    assert lines[-1] == "FATAL exiting with code 1"
    assert any("Exception" in line or "Traceback" in line or "panic" in line for line in lines)
    # While it waits to be restarted, the last run is the previous one too.
    assert clients.log() == lines
    clients.advance(10)
    stamps = [line[:30] for line in clients.log(previous=True, timestamps=True) + clients.log(timestamps=True)]
    assert len(stamps) > len(lines)
    assert stamps == sorted(stamps)


def test_what_cannot_be_read_is_refused_in_the_words_of_the_real_server(clients: Clients) -> None:
    deploy(clients.cluster, "web:1.0")
    clients.advance(0.2)
    pod = clients.pod
    assert clients.refused()[0] == 400
    assert f'container \\"web\\" in pod \\"{pod}\\" is waiting to start: ContainerCreating' in clients.refused()[1]
    clients.advance(10)
    code, body = clients.refused(previous=True)
    assert code == 400
    assert f'previous terminated container \\"web\\" in pod \\"{pod}\\" not found' in body
    assert f"container nope is not valid for pod {pod}" in clients.refused(container="nope")[1]
    assert clients.refused(tail_lines=-1)[0] == 422
    with pytest.raises(ApiException, match="NotFound"):
        clients.core.read_namespaced_pod_log("nope", "shop")


def test_an_image_that_cannot_be_pulled_and_a_pod_without_a_node(clients: Clients) -> None:
    deploy(clients.cluster, "web:nopull")
    clients.advance(20)
    assert "is waiting to start: trying and failing to pull image" in clients.refused()[1]
    deploy(clients.cluster, "web:unschedulable")
    clients.advance(5)
    pods = clients.cluster.list("pods", "shop")
    waiting = next(pod["metadata"]["name"] for pod in pods if not pod["spec"].get("nodeName"))
    assert clients.core.read_namespaced_pod_log(waiting, "shop") == ""


def test_of_several_containers_one_has_to_be_named(clients: Clients) -> None:
    deploy(
        clients.cluster,
        "web:1.0",
        initContainers=[{"name": "migrate", "image": "migrate:3"}],
        containers=[{"name": "web", "image": "web:1.0"}, {"name": "proxy", "image": "envoy:2"}],
    )
    clients.advance(10)
    told = "choose one of: [web proxy] or one of the init containers: [migrate]"
    assert told in clients.refused()[1]
    assert clients.log(container="migrate")[-1] == "INFO  schema is at 42"
    both = clients.kubectl("deploy/web", "--all-containers", "--prefix", "--tail=2")
    assert both.returncode == 0
    assert {line.partition("]")[0].rpartition("/")[2] for line in both.stdout.splitlines()} == {
        "web",
        "proxy",
        "migrate",
    }


def test_kubectl_reads_by_label_and_of_the_previous_run(clients: Clients) -> None:
    deploy(clients.cluster, "web:crash", replicas=2)
    clients.advance(3)
    selected = clients.kubectl("-l", "app=web", "--tail=1")
    assert selected.stdout == "FATAL exiting with code 1\n" * 2
    previous = clients.kubectl("-p", clients.pod)
    assert previous.returncode == 0
    assert "starting web crash" in previous.stdout


def test_kubectl_follows_to_the_end_of_the_pod(clients: Clients) -> None:
    deploy(clients.cluster, "web:1.0")
    clients.advance(10)
    command = [str(KUBECTL), "--kubeconfig", clients.config, "-n", "shop", "logs", "-f", clients.pod]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        watchdog = threading.Timer(30, following.kill)
        watchdog.start()
        first = following.stdout.readline()
        clients.advance(5)
        clients.core.delete_namespaced_pod(clients.pod, "shop")
        clients.advance(5)
        rest = following.stdout.read().splitlines()
        watchdog.cancel()
    assert first.startswith("INFO  starting web 1.0")
    assert rest[-1].startswith("INFO  SIGTERM received")
    assert following.returncode == 0


# The story alone, without a server


def _pod(**metadata: Any) -> dict[str, Any]:
    state = {"running": {"startedAt": "2026-11-23T12:00:00Z"}}
    status = {"name": "web", "image": "web:1", "state": state, "lastState": {}, "restartCount": 0}
    return {
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "u", **metadata},
        "spec": {"containers": [{"name": "web"}]},
        "status": {"containerStatuses": [status]},
    }


@pytest.mark.parametrize("kind", ["ok", "slow", "crash", "unready", "oom", "complete", "unlive", "evicted"])
def test_the_lines_of_a_story_are_in_order_and_are_counted_as_time_passes(kind: str) -> None:
    story = Story(run_of(_pod(), "web", previous=False), Fate(kind=kind, log_rate=7.0, startup_seconds=5.0))
    begun = START.timestamp()
    count = story.count(begun + 60)
    lines: list[Line] = [story.line(number) for number in range(count)]
    assert lines == sorted(lines, key=lambda line: line.at)
    for moment in (begun, begun + 0.01, begun + 3, begun + 33.3, begun + 60):
        assert story.count(moment) == len([line for line in lines if line.at <= moment])


def test_the_last_lines_of_a_month_cost_little() -> None:
    story = Story(run_of(_pod(), "web", previous=False), Fate(log_rate=100.0))
    month = START.timestamp() + 30 * 86400
    count = story.count(month)
    assert count > RETAINED
    assert month - 1 < story.line(count - 1).at <= month


def test_who_is_asked_to_stop_says_so_and_writes_no_more() -> None:
    pod = _pod(deletionTimestamp="2026-11-23T12:00:40Z", deletionGracePeriodSeconds=30)
    story = Story(run_of(pod, "web", previous=False), Fate())
    assert story.has_end
    count = story.count(START.timestamp() + 3600)
    assert story.line(count - 1).text.startswith("INFO  SIGTERM received")
    assert story.line(count - 1).at < START.timestamp() + 12
