"""What terminals send that is not a key does nothing, however it is cut into pieces; keys stay keys."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events, messages
from textual.message import Message

from ktui.tui.terminal.arrivals import Arrivals

REPLIES = {
    "device attributes": b"\x1b[?64;1;2;6;9;15;18;21;22c",
    "secondary device attributes": b"\x1b[>41;390;0c",
    "tertiary device attributes": b"\x1bP!|7E565445\x1b\\",
    "foreground": b"\x1b]10;rgb:dcdc/dcdc/cccc\x07",
    "background": b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    "a colour of the palette": b"\x1b]4;1;rgb:ff/bb/aa\x1b\\",
    "clipboard": b"\x1b]52;c;YnkKcXk=\x07",
    "title": b"\x1b]lby by\x1b\\",
    "version": b"\x1bP>|XTerm(390)\x1b\\",
    "kitty flags": b"\x1b[?29u",
    "colour scheme": b"\x1b[?997;1n",
    "capabilities": b"\x1bP1+r524742=382F382F38\x1b\\",
    "settings": b'\x1bP1$r0;1"p\x1b\\',
    "cursor": b"\x1b[24;80R",
    "extended cursor": b"\x1b[?24;80;1R",
    "mode": b"\x1b[?1004;2$y",
    "ansi mode": b"\x1b[4;2$y",
    "status": b"\x1b[0n",
    "size in cells": b"\x1b[8;50;160t",
    "size in pixels": b"\x1b[4;900;1440t",
    "sixel": b"\x1b[?2;0;1000;1000S",
    "graphics": b"\x1b_Gi=31;OK\x1b\\",
    "privacy message": b"\x1b^by\x1b\\",
    "start of string": b"\x1bXby\x1b\\",
    "eight bits": b"\x9b?997;1n\x9d11;rgb:1e/1e/1e\x9c\x90>|by\x9c",
    "C1 in UTF-8": "\x9b?997;1n".encode(),
    "old mouse": b"\x1b[M \x9b\xf0\x1b[M#bq",
    "urxvt mouse": b"\x1b[35;120;30M",
    "unknown function keys": b"\x1b[98~\x1b[98;1A\x1b[121;1q",
    "a key that is let go": b"\x1b[98;1:3u",
    "a key out of range": b"\x1b[99999999999999999999;1u\x1b[1114112;1u\x1b[55296;1u\x1b[98;1;9999999u",
    "endless": b"\x1b[" + b"9" * 5000 + b";1u",
    "aborted": b"\x1b[12\x18\x1bPb\x1a",
    "a character set": b"\x1b(B",
    "an end without a string": b"\x1b\\",
    "a string that another one breaks off": b"\x1b]11;by\x1b[?1;2c\x1bPby\x1b]by\x07",
    "an impossible size": b"\x1b[48;0;0;0;0t\x1b[48;99999999;9;9;9t",
    "no UTF-8": b"\xff\xfe\xc0\x80\xed\xa0\x80\xf5",
}


def of(chunks: Iterable[bytes], *, apart: float = 0.01) -> list[Message]:
    arrivals, now, found = Arrivals(), 0.0, []
    for chunk in chunks:
        found += [*arrivals.feed(chunk, now)]
        now += apart
        found += [*arrivals.tick(now)]
    return found


def keys(found: Iterable[Message]) -> list[str]:
    return [each.key for each in found if isinstance(each, events.Key)]


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("apart", [0.01, 0.5])
def test_an_answer_of_the_terminal_does_nothing_in_whatever_pieces_it_comes(reply: bytes, apart: float) -> None:
    assert of([reply]) == []
    assert keys(of([reply, b"q"], apart=apart)) == ["q"]
    for cut in range(1, len(reply), max(1, len(reply) // 40)):
        # Where an ESC begins a sequence and is left alone for so long, it is the key; what follows is seen for what it
        # is where nobody would type that.
        is_key = apart > 0.1 and reply[:cut].endswith(b"\x1b")
        if not is_key or reply[cut : cut + 1] in b"[]":
            found = keys(of([reply[:cut], reply[cut:], b"q"], apart=apart))
            assert [key for key in found if not is_key or key != "escape"] == ["q"], cut
    if apart < 0.1 and len(reply) < 100:
        assert keys(of(reply[place : place + 1] for place in range(len(reply)))) == []


def test_an_esc_that_comes_long_before_its_sequence_is_only_the_key() -> None:
    assert keys(of([b"\x1b", b"[?997;1n", b"\x1b", b"]11;rgb:1/1/1\x07", b"\x1b", b"[", b"?1;2c"], apart=0.3)) == [
        "escape", "escape", "escape"
    ]  # fmt: skip


@given(st.lists(st.binary(max_size=12), max_size=12), st.sampled_from([0.01, 0.2, 3.0]))
def test_no_bytes_end_it(chunks: list[bytes], apart: float) -> None:
    of(chunks, apart=apart)


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"q", ["q"]),
        (b"by", ["b", "y"]),
        ("é☃".encode(), ["é", "snowman"]),
        (b" \r\x7f\t\x03", ["space", "enter", "backspace", "tab", "ctrl+c"]),
        (b"\x1b[A\x1b[B\x1b[1;2C\x1bOD", ["up", "down", "shift+right", "left"]),
        (b"\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[3~", ["pageup", "pagedown", "home", "end", "delete"]),
        (b"\x1bOP\x1b[15~\x1b[24~\x1b[[A\x1b[Z", ["f1", "f5", "f12", "f1", "shift+tab"]),
        (b"\x1b[98;1;98u\x1b[98u\x1b[98:66;2:1;66u", ["b", "b", "B"]),
        (b"\x1b[99;5u\x1b[27u\x1b[13u\x1b[27;5;112~", ["ctrl+c", "escape", "enter", "ctrl+p"]),
        (b"\x1b[32;1;32u\x1b[57399u", ["space", "0"]),
        (b"\x1b[57441;2u", ["left_shift"]),
        (b"\x1bx", ["alt+x"]),
    ],
)
def test_keys_stay_keys(data: bytes, names: list[str]) -> None:
    assert keys(of([data])) == names
    if b"\x1b" not in data[:1] or len(data) > 2:
        assert keys(of(data[place : place + 1] for place in range(len(data)))) == names


def test_esc_is_the_key_once_nothing_comes_behind_it() -> None:
    assert keys(of([b"\x1b", b"q"], apart=0.2)) == ["escape", "q"]
    assert keys(of([b"\x1b\x1b"], apart=0.2)) == ["escape", "escape"]


def test_a_string_without_an_end_does_not_take_the_keyboard_away() -> None:
    assert keys(of([b"\x1b]", b"q"], apart=3)) == ["q"]
    assert keys(of([b"\x1b]11;", b"\x1b[99;5u"])) == ["ctrl+c"]


def test_what_is_pasted_is_no_keys() -> None:
    pasted = b"\x1b[200~by\x1b[31m\ny\x1b[201~q"
    for pieces in ([pasted], [pasted[place : place + 1] for place in range(len(pasted))]):
        found = of(pieces)
        assert [each.text for each in found if isinstance(each, events.Paste)] == ["by\x1b[31m\ny"]
        assert keys(found) == ["q"]


def test_a_paste_without_an_end_is_ended_by_ctrl_c() -> None:
    found = of([b"\x1b[200~by", b"y", b"\x03"])
    assert [each.text for each in found if isinstance(each, events.Paste)] == ["byy"]
    assert keys(found) == ["ctrl+c"]


def test_what_textual_asks_for_is_heard() -> None:
    found = of([b"\x1b[?2026;2$y\x1b[I\x1b[O\x1b[48;50;160;900;1440t\x1b[<0;11;5M\x1b[<0;11;5m\x1b[<65;1;1M"])
    assert [type(each) for each in found] == [
        messages.TerminalSupportsSynchronizedOutput, events.AppFocus, events.AppBlur, events.Resize,
        events.MouseDown, events.MouseUp, events.MouseScrollDown,
    ]  # fmt: skip
