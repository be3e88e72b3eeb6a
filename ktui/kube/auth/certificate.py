"""What an X.509 certificate says of itself: whom it is for, which names it has, and when it holds (RFC 5280, 4.1).

Python's ssl reads that only of a certificate that was trusted; here it is needed of those that were not.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final

_BLOCK: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)

_OID: Final = 0x06
_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3
_DNS: Final = 0x82
_IP: Final = 0x87
_UTC_TIME: Final = 0x17
_COMMON_NAME: Final = bytes((0x55, 0x04, 0x03))
_ORGANIZATION: Final = bytes((0x55, 0x04, 0x0A))
_ALT_NAMES: Final = bytes((0x55, 0x1D, 0x11))


@dataclass(frozen=True)
class Certificate:
    """`subject` and `issuer` are common names, else organizations; `names` are the DNS names and IP addresses."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is valid then, as far as time goes."""
        return self.begins <= now <= self.ends


def read_pem(pem: bytes) -> Certificate | None:
    """The first certificate in that text, a client's own; None if there is none that can be read."""
    return next((read for der in blocks(pem) if (read := read_der(der)) is not None), None)


def blocks(pem: bytes) -> Iterator[bytes]:
    """The certificates in that text, as DER; what is not base64 is passed over, as Go does."""
    for block in _BLOCK.findall(pem):
        try:
            yield base64.b64decode(b"".join(block.split()), validate=True)
        except binascii.Error:
            continue


def read_der(der: bytes) -> Certificate | None:
    """A certificate in binary form; None if it cannot be read."""
    try:
        return _certificate(der)
    except (ValueError, IndexError, StopIteration):
        return None


def _certificate(der: bytes) -> Certificate:
    _, whole, _ = _element(der)
    _, body, _ = _element(whole)
    parts = _elements(body)
    tag, value = next(parts)
    if tag == _VERSION:
        tag, value = next(parts)  # the serial number
    next(parts)  # the algorithm of the signature
    issuer, validity, subject = next(parts)[1], next(parts)[1], next(parts)[1]
    begins, ends = (_time(tag, value) for tag, value in _elements(validity))
    names: tuple[str, ...] = ()
    for tag, value in parts:
        if tag == _EXTENSIONS:
            names = tuple(_alternative_names(value))
    return Certificate(_name(subject), _name(issuer), names, begins, ends)


def _alternative_names(extensions: bytes) -> Iterator[str]:
    _, listed, _ = _element(extensions)
    for _, extension in _elements(listed):
        fields = list(_elements(extension))
        if fields[0] != (_OID, _ALT_NAMES):
            continue
        _, names, _ = _element(fields[-1][1])
        for tag, value in _elements(names):
            if tag == _DNS:
                yield value.decode("ascii", "replace")
            elif tag == _IP:
                yield str(ip_address(value))


def _name(name: bytes) -> str:
    found: dict[bytes, str] = {}
    for _, relative in _elements(name):
        for _, pair in _elements(relative):
            (_, kind), (_, value) = _elements(pair)
            found.setdefault(kind, value.decode("utf-8", "replace"))
    return found.get(_COMMON_NAME) or found.get(_ORGANIZATION) or ""


def _time(tag: int, value: bytes) -> datetime:
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        # Two digits of a year: from 50 on they are of the last century.
        text = f"{'19' if text >= '50' else '20'}{text}"
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    while content:
        tag, value, content = _element(content)
        yield tag, value


def _element(content: bytes) -> tuple[int, bytes, bytes]:
    """Tag, value and what follows of the first element (DER: ITU-T X.690)."""
    tag, length, start = content[0], content[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(content[2:start], "big")
    if start + length > len(content):
        raise ValueError("cut off")
    return tag, content[start : start + length], content[start + length :]
