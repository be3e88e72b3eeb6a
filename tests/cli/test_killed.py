"""A command that is killed while it sends: what the audit log has of it, and what the next one says."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from ktui.actions.audit import BEGUN, INTERRUPTED
from ktui.sim import SimulatedCluster
from tests.audited import lines
from tests.between import Between, between, hold
from tests.cli.conftest import Ktui
from tests.simulated import Witness

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def proxy(cluster: SimulatedCluster, kubeconfig: Path) -> Iterator[Between]:
    """Between every command and the cluster; the official client goes around it."""
    with between(cluster.url) as proxy:
        kubeconfig.write_text(kubeconfig.read_text().replace(cluster.url, proxy.url))
        yield proxy


def is_sent(request: web.BaseRequest) -> bool:
    return request.method == "PATCH" and "dryRun" not in request.query


async def taken_and_held(proxy: Between, request: web.BaseRequest) -> web.StreamResponse:
    """The change takes place, and the answer never comes."""
    await proxy.forward(request)
    return await hold(proxy, request)


def is_killed_while_sending(start: Start, state: Path, sent: signal.Signals) -> subprocess.Popen[str]:
    ours = start("pause", "cart", "--yes")
    while ours.poll() is None and not [line for line in lines(state / "audit.jsonl") if line["pid"] == ours.pid]:
        pass
    ours.send_signal(sent)
    ours.communicate(timeout=60)
    return ours


@pytest.mark.parametrize("took_place", [False, True])
def test_after_sigkill_the_next_one_says_what_became_of_it(
    cart: Witness, proxy: Between, ktui_process: Start, ktui: Ktui, *, state: Path, took_place: bool
) -> None:
    if took_place:
        # Where the server has it, the log has it before.
        proxy.bend(is_sent, taken_and_held)
        ours = ktui_process("pause", "cart", "--yes")
        while not cart.deployment().spec.paused:
            assert ours.poll() is None
        ours.kill()
        ours.communicate(timeout=60)
    else:
        proxy.bend(is_sent, hold)
        ours = is_killed_while_sending(ktui_process, state, signal.SIGKILL)
    (begun,) = lines(state / "audit.jsonl")
    assert (begun["outcome"], begun["plan"], begun["pid"]) == (BEGUN, "Pause shop/cart", ours.pid)
    proxy.straighten()

    if not took_place:
        # A proxy may hold it for as long as a request lasts.
        for _ in range(2):
            err = ktui("scale", "cart", "--replicas", "5", "--dry-run").err
            assert err.endswith(
                "UTC. The change has not been applied so far, but a delayed request may still apply it.\n"
            )
        long_ago = datetime.fromisoformat(begun["time"]) - timedelta(hours=1)
        (state / "audit.jsonl").write_text(json.dumps({**begun, "time": long_ago.isoformat()}) + "\n")
    ran = ktui("scale", "cart", "--replicas", "5", "--dry-run")
    assert ran.err.startswith("ktui: Pause shop/cart: ktui ended while the request was being sent, at ")
    assert ran.err.endswith(f" UTC. {'The change was applied.' if took_place else 'The change was not applied.'}\n")
    _, settled = lines(state / "audit.jsonl")
    assert (settled["id"], settled["outcome"]) == (begun["id"], "done" if took_place else "failed")
    assert ktui("scale", "cart", "--replicas", "5", "--dry-run").err == ""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_after_a_signal_that_can_be_heard_the_log_has_both_lines(
    cart: Witness, proxy: Between, ktui_process: Start, ktui: Ktui, *, state: Path, sent: signal.Signals
) -> None:
    proxy.bend(is_sent, taken_and_held)
    ours = is_killed_while_sending(ktui_process, state, sent)
    assert ours.returncode == 128 + sent
    assert [line["outcome"] for line in lines(state / "audit.jsonl")] == [BEGUN, INTERRUPTED]
    proxy.straighten()
    if cart.deployment().spec.paused:
        assert ktui("scale", "cart", "--replicas", "5", "--dry-run").err.endswith(" UTC. The change was applied.\n")
        assert lines(state / "audit.jsonl")[-1]["outcome"] == "done"


def test_what_another_ktui_is_sending_now_is_left_to_it(
    cart: Witness, proxy: Between, ktui_process: Start, ktui: Ktui, state: Path
) -> None:
    proxy.once(is_sent, hold)
    ours = ktui_process("pause", "cart", "--yes")
    while not lines(state / "audit.jsonl"):
        assert ours.poll() is None
    assert ktui("scale", "cart", "--replicas", "5", "--dry-run").err == ""
    assert ours.poll() is None
