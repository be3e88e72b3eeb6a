"""JSON patches that are right whatever a document lacks; the library jsonpatch is the judge."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.plans.patch import Draft, expect, pointer, took_place

JSON = dict[str, Any]
KEYS = st.sampled_from(["a", "b", "c/d", "e~f", "g.h/i~1", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
PATHS = st.lists(KEYS, min_size=1, max_size=3)
CHANGES = st.lists(st.tuples(PATHS, st.none() | st.tuples(VALUES)), max_size=4)


def is_open(document: Any, path: list[str]) -> bool:
    """Whether nothing but objects, nulls and gaps is on the way there."""
    for token in path[:-1]:
        if not isinstance(document, dict):
            return document is None
        document = document.get(token)
    return document is None or isinstance(document, dict)


def drafted(document: JSON, changes: list[tuple[list[str], tuple[Any] | None]]) -> Draft:
    draft = Draft(document, ())
    for path, change in changes:
        if not is_open(draft.after, path):
            continue
        if change is None:
            draft.remove(path)
        else:
            draft.put(path, change[0])
    return draft


@given(DOCUMENTS, CHANGES)
def test_the_patch_makes_of_the_document_what_the_draft_says(
    document: JSON, changes: list[tuple[list[str], tuple[Any] | None]]
) -> None:
    before = deepcopy(document)
    draft = drafted(document, changes)
    assert jsonpatch.apply_patch(document, list(draft.patch)) == draft.after
    assert document == before


@given(DOCUMENTS, PATHS, VALUES)
def test_what_was_put_is_there_and_all_else_is_as_it_was(document: JSON, path: list[str], value: Any) -> None:
    if not is_open(document, path):
        return
    draft = drafted(document, [(path, (value,))])
    there: Any = draft.after
    for token in path[:-1]:
        there = there[token]
    assert there.pop(path[-1]) == value
    others = {key: rest for key, rest in document.items() if key != path[0]}
    assert {key: draft.after[key] for key in others} == others


@given(DOCUMENTS, CHANGES)
def test_a_change_that_was_made_is_recognised(
    document: JSON, changes: list[tuple[list[str], tuple[Any] | None]]
) -> None:
    # Of several changes at one place only the last can be seen afterwards, so each is tried on its own.
    for change in changes:
        draft = drafted(document, [change])
        assert took_place(draft.patch, document, draft.after)


@pytest.mark.parametrize(
    ("wanted", "now", "is_there"),
    [
        ({"image": "b", "env": []}, {"image": "b"}, True),
        ({"image": "b"}, {"image": "b", "imagePullPolicy": "Always"}, True),
        ({"image": "b"}, {"image": "b", "tty": True}, False),
        ({"image": "b"}, {"image": "a", "tty": True}, False),
        ({"image": "b", "ports": [1, 2]}, {"image": "b", "ports": [1]}, False),
        ({"image": "b", "stdin": False}, {"image": "b"}, True),
    ],
    ids=[
        "the server leaves empty members out",
        "the server fills in defaults",
        "what was to go is still there",
        "nothing was done",
        "a list is shorter",
        "the server leaves false out",
    ],
)
def test_a_replaced_object_is_recognised_with_what_a_server_adds(wanted: JSON, now: JSON, is_there: bool) -> None:
    before = {"spec": {"image": "a", "tty": True}}
    draft = Draft(before, ())
    draft.put(("spec",), wanted)
    assert took_place(draft.patch, before, {"spec": now}) is is_there


def test_names_with_slashes_and_tildes_are_escaped() -> None:
    assert pointer(("metadata", "annotations", "a.b/c~d", 0)) == "/metadata/annotations/a.b~1c~0d/0"


def test_an_element_of_a_list_is_replaced_not_pushed_aside() -> None:
    draft = Draft({"containers": ["a", "b"]}, (expect(("containers", 0), "a"),))
    draft.put(("containers", 0), "c")
    assert jsonpatch.apply_patch({"containers": ["a", "b"]}, list(draft.patch)) == {"containers": ["c", "b"]}
