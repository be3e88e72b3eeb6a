"""Which rollouts `ktui get KIND` lists, if kinds of several groups have the same name."""

from __future__ import annotations

import msgspec
import pytest

from ktui.cli.get.command import _is_of
from ktui.kinds.registry import EXTENSIONS, WORKLOADS
from ktui.model.reference import read_kinds
from tests.rollout.made import Made

AT_REST = Made("web:1", 1, replicas=1).rollout()
EVERY = (*WORKLOADS, *(kind.resource for kind in EXTENSIONS))


@pytest.mark.parametrize(
    ("word", "labels"),
    [
        ("asts", {"asts/web"}),
        ("sts", {"sts/web"}),
        ("ads", {"ads/web"}),
        ("ds", {"ds/web"}),
        ("deploy", {"web"}),
        ("clone", {"clone/web"}),
        ("ksvc", {"ksvc/web"}),
        ("canary", {"canary/web"}),
        ("deploy,asts", {"web", "asts/web"}),
    ],
)
def test_only_those_of_the_kind_that_is_named(word: str, labels: set[str]) -> None:
    kinds = read_kinds(word)
    assert kinds
    there = [
        msgspec.structs.replace(AT_REST, kind=each.kind, word=each.short, name="web", uid=each.plural) for each in EVERY
    ]
    assert {rollout.label for rollout in there if _is_of(rollout, kinds)} == labels
