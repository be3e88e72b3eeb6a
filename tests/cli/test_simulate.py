"""`ktui sim` for any client, `ktui demo` for the eyes: as processes, one of them in a terminal."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kubernetes import client
from kubernetes.config import new_client_from_config

from ktui.cli.demo.command import demo_settings
from ktui.cli.root import main
from ktui.notify.preferences import Preferences
from ktui.settings import Settings
from ktui.sim import SimulatedCluster
from tests.simulated import Witness
from tests.terminal import Terminal

KTUI = [sys.executable, "-m", "ktui"]


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A simulated cluster that is served by a process of its own, and its kubeconfig."""
    kubeconfig = tmp_path / "sim" / "kubeconfig"
    process = subprocess.Popen(
        [*KTUI, "sim", "--write-kubeconfig", str(kubeconfig), "--speed", "10", "--seed", "7"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Simulated cluster at http://127.0.0.1:")
    yield process, kubeconfig
    process.kill()
    process.communicate()


def test_sim_serves_kubectl_the_official_client_and_ktui(
    sim: tuple[subprocess.Popen[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    process, kubeconfig = sim
    kubectl = subprocess.run(
        [
            Path(sys.executable).with_name("kubectl"),
            "--kubeconfig",
            kubeconfig,
            "get",
            "deployments,statefulsets,daemonsets",
            "-A",
            "-o",
            "name",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert main(["--kubeconfig", str(kubeconfig), "get", "-A"]) == 0
    rollouts = capsys.readouterr().out.splitlines()[1:]
    assert len(kubectl.stdout.splitlines()) == len(rollouts) >= 12
    witness = Witness(kubeconfig)
    assert witness.deployment("cart", "shop").metadata.uid
    witness.close()
    assert kubeconfig.stat().st_mode & 0o777 == 0o600

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_a_port_that_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = ("--scenario", "quiet", "--port", port, "--write-kubeconfig", str(tmp_path / "second"))
        assert main(["sim", *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert (
        said.err == f"ktui: Nothing can listen at 127.0.0.1:{port}: address already in use.\nChoose another --port.\n"
    )
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize("command", [["demo", "mars"], ["sim", "--scenario", "mars", "--write-kubeconfig", "unused"]])
def test_a_scenario_that_does_not_exist(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    assert 'There is no scenario "mars"; available: demo, ' in capsys.readouterr().err


def test_the_tour_has_its_own_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "quiet", "--tour"]) == 2
    assert "--tour has its own scenario: leave out SCENARIO." in capsys.readouterr().err
    assert main(["--read-only", "demo", "--tour"]) == 2
    assert "leave out -n, -l and --read-only" in capsys.readouterr().err


def test_the_users_settings_of_a_real_cluster_do_not_reach_the_demo() -> None:
    """A demo that reported its crashes to the webhook of a team would alarm people."""
    own = Settings(
        context="prod", namespace="payments", selector="team=pay", as_user="root", read_only=True, theme="nord",
        rules=({"read_only": True},),
        notify={"bell": False, "command": ["/bin/page-me"], "webhook": {"address_env": "HOOK"}, "timeout": "9s"},
    )  # fmt: skip
    demo = demo_settings(own, {}, Path("/demo"), tour=False)
    assert (demo.kubeconfig, demo.context, demo.namespace, demo.selector, demo.as_user) == ("/demo", "", "", "", "")
    assert demo.notifications == Preferences(bell=False, timeout="9s")
    assert (demo.read_only, demo.rules, demo.theme) == (True, own.rules, "nord")
    flags = {"namespace": "shop", "selector": "app=cart", "all_namespaces": None}
    assert demo_settings(own, flags, Path("/demo"), tour=False).namespace == "shop"
    assert demo_settings(own, flags, Path("/demo"), tour=False).selector == "app=cart"
    tour = demo_settings(own, {}, Path("/demo"), tour=True)
    assert (tour.read_only, tour.rules) == (False, ()), "its steps are actions"


@pytest.mark.parametrize("command", ["demo", "sim"])
def test_the_scenarios_are_listed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[0] == "SCENARIO"
    assert lines[1].startswith("demo ")
    assert any(line.startswith("causes/set-stranded ") for line in lines)


def test_demo_ends_with_q_leaves_no_trace_and_is_not_led_to_another_cluster_by_the_users_settings(
    tmp_path: Path,
) -> None:
    users = {"KTUI_CONTEXT": "production", "KTUI_KUBECONFIG": "/nonexistent"}
    with Terminal.python("-m", "ktui", "demo", "-n", "ops", home=tmp_path, environment=users) as demo:
        demo.sees("● live", "grafana")
        demo.press("R")
        demo.sees("y yes")
        while "restart sent" not in demo.text:
            # A yes counts once the question was to be read.
            demo.press("y")
            demo.read(0.5)
        demo.press("q")
        assert demo.ends() == 0
    assert not list(tmp_path.rglob("audit.jsonl")), "what is tried in the demo is not in the user's audit log"


def test_the_fleet_of_a_scenario_can_be_made_larger_or_smaller(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    fleet = ["--scenario", "big", "--pods", "40", "--deployments", "4"]
    process = subprocess.Popen(
        [*KTUI, "sim", "--write-kubeconfig", str(kubeconfig), *fleet], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Simulated cluster at")
        with new_client_from_config(str(kubeconfig)) as api:
            assert len(client.CoreV1Api(api).list_pod_for_all_namespaces().items) == 40
            assert len(client.AppsV1Api(api).list_deployment_for_all_namespaces().items) == 4
    finally:
        process.kill()
        process.communicate()


def test_kubelets_alone_make_pods_run_on_a_control_plane_without_nodes(tmp_path: Path) -> None:
    with SimulatedCluster(run_nodes=False).serving() as cluster:
        kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig")
        process = subprocess.Popen(
            [*KTUI, "sim", "--kubelet-only", "--kubeconfig", str(kubeconfig), "--speed", "5"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Scheduler and kubelets for the cluster of")
            labels = {"app": "web"}
            container = {"name": "web", "image": "registry.example/web:1.0"}
            cluster.apply(
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "metadata": {"name": "web", "namespace": "default"},
                    "spec": {
                        "replicas": 3,
                        "selector": {"matchLabels": labels},
                        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                    },
                }
            )
            cluster.wait_until(
                lambda it: (it.get("deployments", "web") or {}).get("status", {}).get("availableReplicas") == 3, 30
            )
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sim"], "--write-kubeconfig"),
        (["sim", "--kubelet-only"], "--kubeconfig"),
        (["sim", "--write-kubeconfig", "f", "--context", "c"], "--kubelet-only"),
        (["demo", "quiet", "--pods", "5"], "parameter"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err
