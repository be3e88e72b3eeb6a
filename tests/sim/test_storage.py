"""The storage: any version that is not compacted can be read again, and changes lead from one to the next."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ktui.sim.api.resources import of
from ktui.sim.storage import HISTORY, Change, Storage

JSON = dict[str, Any]
MAPS = of("", "configmaps")
WRITES = st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=40)


def config_map(name: str, count: int) -> JSON:
    return {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "x"},
        "data": {"n": str(count)},
    }


def contents(storage: Storage, number: int) -> dict[str, str]:
    return {key[1]: version.obj["data"]["n"] for key, version in storage.bucket(MAPS).at(number).items()}


@given(WRITES)
def test_every_version_can_be_read_again(writes: list[tuple[str, bool]]) -> None:
    storage = Storage()
    bucket = storage.bucket(MAPS)
    heard: list[Change] = []
    bucket.listen(heard.append)
    states = {storage.number: dict[str, str]()}
    for count, (name, remove) in enumerate(writes):
        state = dict(states[storage.number])
        found = bucket.get("x", name)
        if remove and found is not None:
            storage.remove(MAPS, found)
            del state[name]
        elif not remove:
            storage.put(MAPS, config_map(name, count))
            state[name] = str(count)
        states[storage.number] = state
    for number, state in states.items():
        assert contents(storage, number) == state
        assert list(bucket.since(number)) == [change for change in heard if change.number > number]
    assert bucket.ordered() == sorted(bucket.objects)
    assert {obj["metadata"]["name"] for obj in bucket.in_namespace("x")} == set(states[storage.number])


def test_a_version_is_encoded_as_it_is_stored_and_never_changes() -> None:
    storage = Storage()
    first = storage.put(MAPS, config_map("a", 1))
    raw = storage.bucket(MAPS).objects["x", "a"].raw
    storage.put(MAPS, first | {"data": {"n": "2"}})
    assert (first["data"]["n"], b'"n":"1"' in raw) == ("1", True)
    assert b'"n":"2"' in storage.bucket(MAPS).objects["x", "a"].raw


def test_only_the_latest_changes_are_kept() -> None:
    storage = Storage()
    bucket = storage.bucket(MAPS)
    begun = bucket.compacted
    for count in range(HISTORY + 5):
        storage.put(MAPS, config_map("a", count))
    assert len(bucket.changes) == HISTORY
    assert bucket.compacted == begun + 5
    bucket.compact(storage.number)
    assert (len(bucket.changes), bucket.compacted) == (0, storage.number)
