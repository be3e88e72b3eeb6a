import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.kube import limits
from ktui.kube.errors import TooLarge
from ktui.kube.streams.lines import LineSplitter


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"x", b"\n")), max_size=30))
def test_however_the_bytes_are_cut_the_lines_are_the_same(chunks: list[bytes]) -> None:
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    *complete, _rest = b"".join(chunks).split(b"\n")
    assert lines == [line for line in complete if line]


def test_a_line_of_many_megabytes_comes_whole() -> None:
    splitter = LineSplitter()
    part = b"y" * 65536
    assert not any(splitter.feed(part) for _ in range(200))
    assert splitter.feed(b"z\nnext") == [part * 200 + b"z"]
    assert splitter.feed(b"\n") == [b"next"]


def test_a_line_that_does_not_end_is_given_up_soon() -> None:
    splitter, taken = LineSplitter(), 0
    while taken < limits.OBJECT:
        taken += limits.MEGABYTE
        assert splitter.feed(b"x" * limits.MEGABYTE) == []
    with pytest.raises(TooLarge, match="more than 16 MB"):
        splitter.feed(b"x")
