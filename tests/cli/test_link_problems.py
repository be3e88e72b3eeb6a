from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ktui.cli.link_problems import LASTS, Troubles
from ktui.kube.errors import KubeError
from ktui.model.changes import Link, LinkState
from ktui.model.resources import DEPLOYMENTS, PODS, STATEFULSETS, Resource

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETS = STATEFULSETS


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.troubles = Troubles({DEPLOYMENTS}, {SETS}, self.said.append)

    def at(self, now: float, *links: tuple[Resource, LinkState, str]) -> list[str]:
        """What is said when that is heard then."""
        for resource, state, reason in links:
            self.troubles.heard(Link(resource, state, NOW, reason), now)
        self.troubles.check(now)
        said, self.said[:] = list(self.said), []
        return said


@pytest.fixture
def heard() -> Heard:
    it = Heard()
    assert it.at(0, (DEPLOYMENTS, LinkState.LIVE, ""), (PODS, LinkState.LIVE, "")) == []
    return it


def test_an_outage_is_said_once_and_once_when_it_is_over(heard: Heard) -> None:
    broken = LinkState.RECONNECTING
    assert heard.at(1, (PODS, broken, "Nothing listens."), (DEPLOYMENTS, broken, "Nothing listens.")) == []
    assert heard.at(2.5) == ["ktui: Nothing listens. Trying again."]
    assert heard.at(20, (PODS, LinkState.SILENT, "No answer for 15s.")) == []
    assert heard.at(60, (PODS, LinkState.LIVE, ""), (DEPLOYMENTS, broken, "The requested history is gone.")) == []
    assert heard.at(61, (DEPLOYMENTS, LinkState.LIVE, "")) == ["ktui: The cluster answers again."]
    assert heard.at(90, (PODS, broken, "It broke.")) == []
    assert heard.at(92) == ["ktui: It broke. Trying again."]


def test_what_is_over_at_once_is_not_said(heard: Heard) -> None:
    assert heard.at(1, (PODS, LinkState.RECONNECTING, "The requested history is gone.")) == []
    assert heard.at(1.5, (PODS, LinkState.LIVE, "")) == []
    assert heard.at(9) == []


def test_a_refusal_of_what_was_answered_ends_it_only_if_it_lasts(heard: Heard) -> None:
    heard.at(1, (DEPLOYMENTS, LinkState.REFUSED, "Not allowed."))
    assert heard.at(5) == ["ktui: Not allowed. Trying again."]
    assert heard.at(LASTS, (DEPLOYMENTS, LinkState.LIVE, "")) == ["ktui: The cluster answers again."]
    heard.at(100, (DEPLOYMENTS, LinkState.REFUSED, "Not allowed."))
    with pytest.raises(KubeError, match="Not allowed"):
        heard.at(100 + LASTS)


def test_what_was_never_answered_ends_it_after_a_second_attempt() -> None:
    heard = Heard()
    heard.at(0, (DEPLOYMENTS, LinkState.CONNECTING, ""), (DEPLOYMENTS, LinkState.REFUSED, "Not allowed."))
    heard.at(0.5)
    with pytest.raises(KubeError, match="Not allowed"):
        heard.at(2)


def test_what_the_command_does_without_is_said_once(heard: Heard) -> None:
    assert heard.at(1, (SETS, LinkState.REFUSED, "Not allowed: statefulsets.")) == []
    assert heard.at(1, (PODS, LinkState.REFUSED, "Not allowed: pods.")) == ["ktui: Not allowed: pods."]
    assert heard.at(500, (PODS, LinkState.REFUSED, "Not allowed: pods.")) == []
    assert heard.at(501, (PODS, LinkState.LISTED, "They are listed.")) == ["ktui: They are listed."]
    assert heard.at(531, (DEPLOYMENTS, LinkState.LISTED, "These are listed.")) == []
