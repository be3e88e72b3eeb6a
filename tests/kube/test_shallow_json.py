from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ktui.kube.shallow_json import elements, members

DEEP = b"[" * 100_000 + b"]" * 100_000


def test_names_stand_where_they_should_however_deep_the_rest_is() -> None:
    raw = b'{"type":"ADDED","object":{"spec":' + DEEP + b',"metadata":{"name":"a\\"b","deep":' + DEEP + b',"uid":"u"}}}'
    assert members(raw, ("object", "metadata")) == {"name": 'a"b', "uid": "u"}
    assert members(raw, ()) == {"type": "ADDED"}


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert members(b'{"message":"a\xffb"}', ()) == {"message": "a\ufffdb"}


def test_only_the_elements_of_that_list_are_found() -> None:
    raw = b'{"other":[{"a":1}],"items":[{"n":"1","x":[{}]},{"n":"2","deep":' + DEEP + b'}],"last":{"items":[{}]}}'
    assert [members(each, ()).get("n") for each in elements(raw, "items")] == ["1", "2"]


NAMES = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
"""Small, because what is large takes long to make and has nothing in it that two small ones have not."""


@given(st.dictionaries(NAMES, JSON, max_size=4), st.lists(st.dictionaries(NAMES, JSON, max_size=4), max_size=4))
def test_it_agrees_with_a_decoder(meta: dict[str, object], items: list[dict[str, object]]) -> None:
    raw = json.dumps({"metadata": meta, "items": items}).encode()
    assert members(raw, ("metadata",)) == {key: value for key, value in meta.items() if isinstance(value, str)}
    assert [json.loads(each) for each in elements(raw, "items")] == items


@given(st.binary())
def test_nothing_can_end_it(raw: bytes) -> None:
    members(raw, ("metadata",))
    elements(raw, "items")
