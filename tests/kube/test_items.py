from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kube.errors import Interrupted
from ktui.kube.streams.list_reader import ListReader
from ktui.model.changes import Put
from ktui.model.resources import PODS


def _pod(number: int, **extra: Any) -> dict[str, Any]:
    return {"metadata": {"name": f"web-{number}", "uid": str(number), "namespace": "shop"}, "spec": extra, "status": {}}


def _document(items: list[dict[str, Any]], version: str = "42") -> bytes:
    head = {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": version}, "items": items}
    return json.dumps(head, separators=(",", ":")).encode()


def _read(document: bytes, cuts: list[int]) -> tuple[list[str], str]:
    reader, names = ListReader(PODS), []
    edges = [0, *sorted(cut % (len(document) + 1) for cut in cuts), len(document)]
    pages = [reader.feed(document[start:end]) for start, end in pairwise(edges)]
    last = reader.finish()
    for page in (*pages, last):
        names += [said.object.metadata.name for said in page.contents if isinstance(said, Put)]
    return names, last.version


@given(st.integers(0, 12), st.lists(st.integers(0, 5000), max_size=12))
def test_every_item_comes_once_and_in_order_however_the_bytes_are_cut(number: int, cuts: list[int]) -> None:
    document = _document([_pod(each) for each in range(number)])
    assert _read(document, cuts) == ([f"web-{each}" for each in range(number)], "42")


@given(st.lists(st.integers(0, 5000), max_size=12))
def test_what_looks_like_the_end_of_an_item_inside_of_one_is_not_taken_for_it(cuts: list[int]) -> None:
    # Volumes with templates of their own, and text that quotes JSON.
    inner = [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]
    items = [_pod(each, volumes=inner, note='},{"metadata":{') for each in range(3)]
    assert _read(_document(items), cuts) == (["web-0", "web-1", "web-2"], "42")


@pytest.mark.parametrize("own", [{}, {"kind": "Pod", "apiVersion": "v1"}], ids=["bare", "with their kind"])
def test_objects_come_before_the_list_is_at_its_end(own: dict[str, Any]) -> None:
    document = _document([{**own, **_pod(each)} for each in range(10)])
    reader = ListReader(PODS)
    assert len(reader.feed(document[: len(document) // 2]).contents) >= 3


def test_a_list_of_none_is_a_list() -> None:
    document = b'{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":null}'
    assert _read(document, [10]) == ([], "7")


def test_a_list_that_breaks_off_is_told() -> None:
    document = _document([_pod(each) for each in range(3)])
    reader = ListReader(PODS)
    reader.feed(document[:-20])
    with pytest.raises(Interrupted):
        reader.finish()


def test_an_object_that_cannot_be_read_costs_no_other() -> None:
    broken = {"metadata": {"name": "web-9", "uid": "9"}, "status": {"containerStatuses": "none"}}
    names, _ = _read(_document([_pod(0), broken, _pod(1), _pod(2)]), [])
    assert names == ["web-0", "web-1", "web-2"]
