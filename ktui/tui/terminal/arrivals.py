"""What arrives from the terminal: keys, the mouse and what is pasted. Everything else does nothing.

Terminals answer what they are asked (device attributes, colours, versions, the cursor's position): over a slow line
long after, and what an earlier program asked too. Textual takes an answer that it does not know for the keys that its
letters would be. Here it is read to its end, by the grammar of control sequences (ECMA-48, 5.4 and 5.6; xterm, "C1
control characters"), and passed over. It may come in pieces, at any distance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from typing import Final

from textual import constants, events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import IS_ITERM, XTermParser
from textual.message import Message

_ESC: Final = 0x1B
_BEL: Final = 0x07
_ST: Final = 0x9C
_ABORTS: Final = (0x18, 0x1A)
"""CAN and SUB end whatever sequence they stand in."""

_GROUND, _ESCAPE, _CSI, _SS3, _STRING, _CONSOLE, _MOUSE, _DESIGNATION, _PASTE, _STRING_ESCAPE = range(10)

_C1: Final = {0x8F: _SS3, 0x90: _STRING, 0x98: _STRING, 0x9B: _CSI, 0x9D: _STRING, 0x9E: _STRING, 0x9F: _STRING}
"""The introducers in their form of eight bits; ESC and the letter 64 below is their other one."""
_INTRODUCERS: Final = {code - 0x40: state for code, state in _C1.items()}

_PASTE_END: Final = b"\x1b[201~"

_LONGEST: Final = 64
"""Characters of a control sequence that could be a key; what is longer is read to its end anyway."""
_LONGEST_PASTE: Final = 1 << 20

_SOON: Final = 1.0
"""Seconds after which the rest of a sequence whose ESC was taken for the key is not expected any more."""

_QUIET: Final = 2.0
"""Seconds of silence in a string, after which a lone key is a key: else a string without an end would eat them all."""

_BURST: Final = 5
"""Bytes that come at once where a terminal sends them, and not a person."""

_MOUSE_REPORT: Final = re.compile(r"\x1b\[<\d{1,4};-?\d{1,5};-?\d{1,5}[Mm]")
_RESIZE: Final = re.compile(r"\x1b\[48;(\d{1,4})(?::\d*)*;(\d{1,4})(?::\d*)*;(\d{1,5})(?::\d*)*;(\d{1,5})(?::\d*)*t")
_MODE: Final = re.compile(r"\x1b\[\?(2026|2048);(\d)\$y")
_KEY: Final = re.compile(
    r"\x1b\[(?P<code>\d{1,7})?(?::\d{0,7}){0,2}"
    r"(?:;(?P<modifiers>\d{0,3})(?::(?P<kind>\d))?(?:;(?P<text>\d{1,7}(?::\d{1,7}){0,7})?)?)?(?P<end>[u~ABCDEFHPQS])"
)
"""A key as kitty's protocol and xterm's modifyOtherKeys tell it."""
_RELEASE: Final = "3"


class Arrivals:
    """Makes messages of bytes. Has no clock: `now` is in seconds, and only goes forward."""

    def __init__(self) -> None:
        self._textual = XTermParser()
        """Knows how keys and the mouse are reported, once a sequence is whole."""
        self._state = _GROUND
        self._sequence = ""
        self._character = bytearray()
        self._missing = 0
        self._is_alt = False
        self._pasted = bytearray()
        self._last = 0.0
        self._escape_at: float | None = None
        """When the last thing that came was an ESC that was taken for the key."""
        self._readers: dict[int, Callable[[int], Iterable[Message]]] = {
            _GROUND: self._ground,
            _ESCAPE: self._escape,
            _CSI: self._control,
            _SS3: self._shifted,
            _STRING: self._string,
            _STRING_ESCAPE: self._string_escape,
            _CONSOLE: self._console,
            _MOUSE: self._old_mouse,
            _DESIGNATION: self._designation,
        }

    def feed(self, data: bytes, now: float) -> Iterable[Message]:
        """What these bytes come to, together with those before."""
        self._resume(data, now)
        self._last, self._escape_at = now, None
        place = 0
        while place < len(data):
            if self._state == _PASTE:
                place = yield from self._paste(data, place)
                continue
            yield from self._readers[self._state](data[place])
            place += 1

    @property
    def is_in_doubt(self) -> bool:
        """Whether it depends on `tick` what has come last."""
        return self._state == _ESCAPE

    def tick(self, now: float) -> Iterable[Message]:
        """An ESC with nothing behind it is the key, once that has been waited for."""
        if self._state == _ESCAPE and now - self._last >= constants.ESCAPE_DELAY:
            self._state, self._escape_at = _GROUND, now
            yield events.Key("escape", "\x1b")

    def _resume(self, data: bytes, now: float) -> None:
        """Whether what comes now goes on with what was cut off before."""
        ends = _BEL in data or b"\x1b\\" in data
        if self._state == _STRING and now - self._last > _QUIET and len(data) < _BURST and not ends:
            self._state = _GROUND
        is_soon = self._escape_at is not None and now - self._escape_at <= _SOON
        if is_soon and self._state == _GROUND and (data[:1] in (b"[", b"]") or (data[:1] in b"P_^X" and ends)):
            self._state = _ESCAPE

    # Outside of sequences

    def _ground(self, byte: int) -> Iterable[Message]:
        if self._missing:
            if 0x80 <= byte <= 0xBF:
                self._character.append(byte)
                self._missing -= 1
                if not self._missing:
                    yield from self._typed(self._character)
                return
            # The character before was cut off, or none.
            self._missing = 0
        if byte == _ESC:
            self._state = _ESCAPE
        elif byte < 0x80:
            yield from self._typed(bytes((byte,)))
        elif 0xC2 <= byte <= 0xF4:
            self._character = bytearray((byte,))
            self._missing = 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
        else:
            self._begin(_C1.get(byte, _GROUND))

    def _typed(self, encoded: bytes | bytearray) -> Iterable[Message]:
        alt, self._is_alt = self._is_alt, False
        try:
            character = encoded.decode()
        except UnicodeDecodeError:
            return
        if "\x80" <= character <= "\x9f":
            self._begin(_C1.get(ord(character), _GROUND))
            return
        yield from self._textual._sequence_to_key_events(character, alt=alt)

    def _begin(self, state: int) -> None:
        self._state, self._is_alt = state, False
        self._sequence = {_CSI: "\x1b[", _SS3: "\x1bO"}.get(state, "")

    def _escape(self, byte: int) -> Iterable[Message]:
        if byte == _ESC:
            yield events.Key("escape", "\x1b")
        elif byte in _INTRODUCERS:
            self._begin(_INTRODUCERS[byte])
        elif byte == ord("\\"):
            # The end of a string that was abandoned.
            self._state = _GROUND
        elif byte in b"()*+#%":
            self._begin(_DESIGNATION)
        elif byte < 0x80 and (keys := ANSI_SEQUENCES_KEYS.get(f"\x1b{chr(byte)}")) is not None:
            self._begin(_GROUND)
            yield from self._keys(keys)
        else:
            self._state, self._is_alt = _GROUND, True
            yield from self._ground(byte)

    # In sequences

    def _control(self, byte: int) -> Iterable[Message]:
        if self._is_aborted(byte):
            return
        if byte == ord("[") and self._sequence == "\x1b[":
            self._begin(_CONSOLE)
        elif 0x40 <= byte <= 0x7E:
            sequence = self._sequence + chr(byte)
            self._begin(_MOUSE if sequence == "\x1b[M" else _GROUND)
            yield from self._whole(sequence)
        elif len(self._sequence) < _LONGEST:
            self._sequence += chr(byte)

    def _is_aborted(self, byte: int) -> bool:
        """Whether it breaks the sequence off, and may begin the next one."""
        if byte == _ESC or byte in _ABORTS:
            self._begin(_ESCAPE if byte == _ESC else _GROUND)
            return True
        return False

    def _shifted(self, byte: int) -> Iterable[Message]:
        if not self._is_aborted(byte):
            self._begin(_GROUND)
            yield from self._keys(ANSI_SEQUENCES_KEYS.get(f"\x1bO{chr(byte)}"))

    def _console(self, byte: int) -> Iterable[Message]:
        """F1 to F5 of Linux's console: `ESC [ [ A`."""
        if not self._is_aborted(byte):
            self._begin(_GROUND)
            yield from self._keys(ANSI_SEQUENCES_KEYS.get(f"\x1b[[{chr(byte)}"))

    def _string(self, byte: int) -> Iterable[Message]:
        # 0x9c ends a string too, unless it stands within a character of UTF-8.
        if byte in (_BEL, *_ABORTS) or (byte == _ST and not self._sequence):
            self._begin(_GROUND)
        elif byte == _ESC:
            self._begin(_STRING_ESCAPE)
        else:
            self._sequence = "" if byte < 0x80 else "…"
        return ()

    def _string_escape(self, byte: int) -> Iterable[Message]:
        """Half of what ends a string, or the beginning of the next sequence; never the key."""
        self._begin(_ESCAPE)
        return self._escape(byte) if byte != _ESC else ()

    def _old_mouse(self, byte: int) -> Iterable[Message]:
        """X10's report: three bytes of any value, which is no UTF-8 right of column 95."""
        self._sequence += chr(byte)
        if len(self._sequence) == 3:
            self._begin(_GROUND)
        return ()

    def _designation(self, _: int) -> Iterable[Message]:
        """Of a character set: one letter."""
        self._begin(_GROUND)
        return ()

    def _paste(self, data: bytes, place: int) -> Generator[Message, None, int]:
        """Take what is pasted, up to its end; where it goes on behind it."""
        before = len(self._pasted)
        self._pasted += data[place:]
        end = self._pasted.find(_PASTE_END, max(0, before - len(_PASTE_END)))
        is_interrupt = data == b"\x03"
        if end < 0 and not is_interrupt:
            if len(self._pasted) > _LONGEST_PASTE:
                del self._pasted[_LONGEST_PASTE // 2 : -len(_PASTE_END)]
            return len(data)
        text = bytes(self._pasted[:end] if end >= 0 else self._pasted[:-1])
        self._pasted.clear()
        self._begin(_GROUND)
        yield events.Paste(text.decode("utf-8", "ignore").replace("\0", ""))
        # A paste without an end would keep every key: Ctrl-C, pressed alone, ends it.
        return place + end + len(_PASTE_END) - before if end >= 0 else place

    # What a whole sequence says

    def _whole(self, sequence: str) -> Iterable[Message]:
        if sequence == "\x1b[200~":
            self._begin(_PASTE)
        elif sequence == "\x1b[I":
            yield events.AppFocus()
        elif sequence == "\x1b[O":
            yield events.AppBlur()
        elif _MOUSE_REPORT.fullmatch(sequence):
            mouse = self._textual.parse_mouse_code(sequence)
            if mouse is not None:
                yield mouse
        elif match := _RESIZE.fullmatch(sequence):
            yield from self._resized(*(int(each) for each in match.groups()))
        elif match := _MODE.fullmatch(sequence):
            yield from _mode(match[1], int(match[2]))
        elif match := _KEY.fullmatch(sequence):
            yield from self._key(match)
        elif not re.fullmatch(r"\x1b\[\d+;\d+R", sequence):
            # That is where the cursor is, more often than it is a key with a modifier.
            yield from self._keys(ANSI_SEQUENCES_KEYS.get(sequence))

    def _resized(self, rows: int, columns: int, height: int, width: int) -> Iterable[Message]:
        if not (rows and columns and height and width):
            return
        resized = events.Resize.from_dimensions((columns, rows), (width, height))
        self._textual.terminal_size, self._textual.terminal_pixel_size = resized.size, resized.pixel_size
        self._textual.mouse_pixels = True
        yield resized

    def _key(self, match: re.Match[str]) -> Iterable[Message]:
        code, modifiers, end = match["code"] or "1", match["modifiers"] or "", match["end"]
        if match["kind"] == _RELEASE:
            return
        texts = [match["text"]] if match["text"] else []
        is_other_key = (code, end) == ("27", "~") and texts
        is_typed = end == "u" and match["code"] and _is_character(code)
        if not (is_typed or is_other_key or f"{code}{end}" in FUNCTIONAL_KEYS):
            # Of those that it does not know, Textual would make the character with that number.
            yield from self._keys(ANSI_SEQUENCES_KEYS.get(match[0]))
            return
        if not all(_is_character(each) for text in texts for each in text.split(":")):
            return
        words = ";".join([code, *([modifiers or "1"] if modifiers or texts else []), *texts])
        yield from self._textual._sequence_to_key_events(f"\x1b[{words}{end}")

    def _keys(self, found: object) -> Iterable[Message]:
        """The keys that Textual's table of sequences has for one, if any."""
        if isinstance(found, str):
            yield from self._textual._sequence_to_key_events(found)
        elif isinstance(found, tuple):
            for key in found:
                yield events.Key(key.value, None)


def _is_character(number: str) -> bool:
    """Whether that is the number of a character that a key may have: no surrogate, and not for private use."""
    code = int(number)
    return 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xF8FF


def _mode(mode: str, setting: int) -> Iterable[Message]:
    """Which of the modes that Textual asks about the terminal has."""
    if mode == "2026" and setting > 0:
        yield messages.TerminalSupportsSynchronizedOutput()
    elif mode == "2048" and constants.SMOOTH_SCROLL and not IS_ITERM:
        yield messages.InBandWindowResize.from_setting_parameter(setting)
