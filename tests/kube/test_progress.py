"""How far a connection has come: lists page by page, requests that wait, jobs of several parts."""

from __future__ import annotations

import gc

from ktui.kube.progress import Progress
from ktui.kube.streams.decoder import Page, Unreadable, decode_page
from ktui.kube.streams.pages import Pages
from ktui.model.resources import PODS, REPLICASETS


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_page(objects: int, token: str, remaining: int | None = None) -> Page:
    return Page([Unreadable(PODS, "", "x", "no") for _ in range(objects)], "1", token, remaining)


def test_lists_are_counted_for_as_long_as_they_are_read() -> None:
    clock = Clock()
    progress = Progress(clock)
    pods, sets = Pages(PODS, progress), Pages(REPLICASETS, progress)
    assert (progress.words(), progress.reads_for) == ("", 0.0)
    clock.now = 3
    pods.turn(a_page(500, "a", 9_500))
    sets.turn(a_page(800, "b"))
    assert progress.words() == "500 of 10,000 pods, 800 replicasets so far"
    assert progress.words(PODS) == "500 of 10,000 pods"
    assert progress.reads_for == 3
    # Two namespaces are one number; without the number of one, that of all is not known.
    others = Pages(PODS, progress)
    others.turn(a_page(100, "c", 100))
    assert progress.words(PODS) == "600 of 10,200 pods"
    others.turn(a_page(50, "d"))
    assert progress.words(PODS) == "650 pods so far"
    others.turn(a_page(50, ""))
    sets.turn(a_page(1, ""))
    assert progress.words() == "500 of 10,000 pods"
    # One that failed is not read any more.
    del pods
    gc.collect()
    assert progress.words() == ""


def test_the_server_says_how_many_are_left() -> None:
    body = b'{"metadata": {"resourceVersion": "7", "continue": "x", "remainingItemCount": 41}, "items": []}'
    assert decode_page(PODS, body).remaining == 41
    assert decode_page(PODS, b'{"metadata": {"resourceVersion": "7"}, "items": []}').remaining is None


def test_the_request_that_waits_the_longest_counts() -> None:
    clock = Clock()
    progress = Progress(clock)
    with progress.asking():
        clock.now = 2
        with progress.asking(), progress.asking(of_a_person=False):
            clock.now = 5
            assert progress.waits_for == 5
    assert progress.waits_for == 0
    with progress.asking(of_a_person=False):
        clock.now = 9
        assert progress.waits_for == 0


def test_a_job_is_over_with_its_last_part() -> None:
    clock = Clock()
    progress = Progress(clock)
    progress.step(0, 3)
    clock.now = 2
    progress.step(1, 3)
    assert (progress.steps, progress.steps_for) == ((1, 3), 2)
    progress.step(3, 3)
    assert (progress.steps, progress.steps_for) == (None, 0)
