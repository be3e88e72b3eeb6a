from __future__ import annotations

import msgspec
import pytest

from ktui.model.reading import Broken, Misfit, ordinal, read


class Thing(msgspec.Struct):
    number: int = 0
    text: str = ""
    anything: object = None


THING = msgspec.json.Decoder(Thing)


def test_what_is_as_it_should_be_is_read() -> None:
    assert read(THING, b'{"number":1,"text":"a"}') == Thing(1, "a")


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"anything":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001, "nested too deeply"),
        (b'{"text":"\xff"}', "not UTF-8"),
        (b'{"number":' + b"9" * 5000 + b"}", "out of range"),
        (b'{"anything":1e999}', "out of range"),
        (b'{"text":null}', "text must be text, and is null"),
    ],
    ids=["deep and unknown", "deep and known", "no UTF-8", "many digits", "infinite", "another type"],
)
def test_what_cannot_be_taken_over_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(Misfit, match=why):
        read(THING, raw)


@pytest.mark.parametrize("raw", [b"", b"<html>", b'{"number":1', b'{"text":"a', b'{"text":"\\ud800"}', b"{}{}"])
def test_what_is_not_json_is_broken(raw: bytes) -> None:
    with pytest.raises(Broken):
        read(THING, raw)


def test_text_that_no_encoding_can_write_is_a_misfit_too() -> None:
    with pytest.raises(Misfit):
        read(THING, '{"text":"\ud800"}')


@pytest.mark.parametrize(
    ("version", "number"), [("7", 7), ("", -1), ("x7", -1), ("-7", -1), ("1" * 20, int("1" * 20)), ("9" * 5000, -1)]
)
def test_versions_are_compared_where_they_are_numbers(version: str, number: int) -> None:
    assert ordinal(version) == number
