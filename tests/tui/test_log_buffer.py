from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ktui.tui.logs.buffer import LATE, Change, Entry, LogBuffer, Source

A = Source("uid-a", "shop", "web-7d-aaaaa", "aaaaa", "web")
B = Source("uid-b", "shop", "web-7d-bbbbb", "bbbbb", "web")


class Writer:
    """Makes entries with serial numbers, as a feed does."""

    def __init__(self) -> None:
        self._serial = 0

    def __call__(
        self, at: int, text: str = "x", source: Source = A, *, live: bool = False, note: bool = False
    ) -> Entry:
        self._serial += 1
        return Entry(at, self._serial, at, source, text, note, live)


def texts(buffer: LogBuffer) -> list[str]:
    return [entry.text for entry in buffer.shown]


def test_the_lines_of_several_pods_stand_in_order_of_time() -> None:
    write, buffer = Writer(), LogBuffer()
    assert buffer.add([write(10, "a1"), write(30, "a2")]) == Change(0, 0)
    assert buffer.add([write(20, "b1", B), write(40, "b2", B)]) == Change(0, 1)
    assert texts(buffer) == ["a1", "b1", "a2", "b2"]
    assert buffer.add([write(50, "a3")]) == Change(0, 4)
    assert buffer.add([]) == Change(0, 5)


def test_lines_of_one_time_stand_pod_by_pod() -> None:
    write, buffer = Writer(), LogBuffer()
    buffer.add([write(10, "b1", B), write(10, "a1"), write(10, "b2", B)])
    buffer.add([write(10, "a2")])
    assert texts(buffer) == ["a1", "a2", "b1", "b2"]


def test_what_is_written_now_by_a_node_with_a_slow_clock_is_put_where_it_is_seen() -> None:
    write, buffer = Writer(), LogBuffer()
    hour = 3600 * 10**9
    buffer.add([write(2 * hour, "now")])
    buffer.add([write(2 * hour - LATE // 2, "a little late", B, live=True)])
    buffer.add([write(hour, "slow clock", B, live=True), write(hour + 1, "slow clock too", B, live=True)])
    buffer.add([write(hour, "read from before", B)])
    assert texts(buffer) == ["read from before", "slow clock", "slow clock too", "a little late", "now"]
    assert buffer.shown[1].at == hour


def test_the_oldest_lines_go_when_there_are_too_many() -> None:
    write, buffer = Writer(), LogBuffer(most_lines=100)
    buffer.search("5")
    changes = [buffer.add([write(at, str(at)) for at in range(start, start + 40)]) for start in range(0, 400, 40)]
    assert len(buffer) <= 100
    assert buffer.has_dropped
    assert texts(buffer) == [str(at) for at in range(400 - len(buffer), 400)]
    assert all("5" in entry.text for entry in buffer.matches)
    assert [entry.at for entry in buffer.matches] == [at for at in range(400 - len(buffer), 400) if "5" in str(at)]
    assert sum(change.dropped for change in changes) == 400 - len(buffer)


def test_memory_is_bounded_whatever_is_written_at_once() -> None:
    write, buffer = Writer(), LogBuffer(most_bytes=1_000_000)
    for start in range(0, 5000, 500):
        buffer.add([write(start + number, "y" * 5000) for number in range(500)])
        assert buffer.bytes <= 1_000_000
    assert len(buffer) > 100
    buffer.add([write(10_000 + number, "y" * 5000) for number in range(1000)])
    assert buffer.bytes <= 1_000_000


def test_a_search_finds_whatever_the_case_also_what_comes_later_and_never_a_note() -> None:
    write, buffer = Writer(), LogBuffer()
    buffer.add([write(1, "ERROR one"), write(2, "fine"), write(3, "ended with error", note=True)])
    buffer.search("Error")
    buffer.add([write(4, "another error", B), write(5, "fine")])
    assert [entry.at for entry in buffer.matches] == [1, 4]
    first, last = buffer.matches
    assert buffer.match_from(None, 1) is last
    assert buffer.match_from(last, 1) is first
    assert buffer.match_from(first, -1) is last
    assert buffer.match_number(last) == 2
    buffer.only_matches = True
    assert texts(buffer) == ["ERROR one", "another error"]
    assert buffer.index(last) == 1
    buffer.search("")
    assert len(buffer.shown) == 5
    assert buffer.match_from(None, 1) is None


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=8), st.integers(1, 12), st.booleans())
def test_a_change_tells_which_lines_are_as_they_were(batches: list[list[int]], most: int, only: bool) -> None:
    write, buffer = Writer(), LogBuffer(most_lines=most)
    buffer.search("2")
    buffer.only_matches = only
    everything: list[Entry] = []
    for batch in batches:
        before = list(buffer.shown)
        new = [write(at, str(at)) for at in batch]
        everything += new
        change = buffer.add(new)
        kept = before[change.dropped :]
        assert list(buffer.shown[: change.first]) == kept[: change.first]
        places = [(entry.order, entry.source.pod, entry.serial) for entry in buffer.shown]
        assert places == sorted(places)
        assert len(buffer) <= most
