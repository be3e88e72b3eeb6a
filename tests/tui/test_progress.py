"""What takes its time says how far it is: the first lists, and the server's answer to a question."""

from __future__ import annotations

import re

import pytest

from tests.tui.conftest import Dashboard, Stage


async def test_the_first_list_says_how_many_pods_have_come(
    stage: Stage, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Lists come in pages from a server that is not on this machine.
    monkeypatch.setattr("ktui.kube.connection._is_loopback", lambda _: False)
    stage.deploy("cart", "cart:1.0", replicas=510)
    stage.advance(300)
    faults = stage.cluster.faults
    faults.delay_seconds = 0.8
    async with dashboard() as screen:
        await screen.sees("500 of 510 pods …")
        faults.delay_seconds = 0
        await screen.sees("510 pods  ")


async def test_a_question_that_is_not_answered_says_since_when_and_for_how_many(
    stage: Stage, dashboard: Dashboard
) -> None:
    for name in ("cart", "web"):
        stage.deploy(name, f"{name}:1.0", replicas=1)
    stage.advance(20)
    async with dashboard() as screen:
        await screen.knows_all()
        with stage.cluster.faults.silence():
            await screen.press("asterisk", "R")
            seconds = re.compile(r"asking the server about each of them, 0 of 2 done… \ds; n stops")
            await screen.until(lambda: seconds.search(screen.text), "how long it takes")
            await screen.press("n")
            await screen.sees_no("asking the server")
