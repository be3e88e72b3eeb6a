"""Objects sent as protobuf: what kubectl sends is read, and whatever else comes is refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.sim.api.errors import ApiError
from ktui.sim.serving.protobuf import read


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def envelope(version: str, kind: str, raw: bytes) -> bytes:
    return b"k8s\x00" + field(1, field(1, version) + field(2, kind)) + field(2, raw)


LABEL = field(11, field(1, "app") + field(2, "web"))
METADATA = field(1, "web") + field(2, "") + field(3, "shop") + field(8, b"") + LABEL


def test_an_object_is_read_without_what_its_json_would_leave_out() -> None:
    spec = field(1, 0) + field(7, 0) + field(9, 600)
    assert read(envelope("apps/v1", "Deployment", field(1, METADATA) + field(2, spec) + field(3, b""))) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": 0, "progressDeadlineSeconds": 600},
    }


def test_quantities_bytes_times_and_numbers_or_words() -> None:
    hard = field(1, field(1, "pods") + field(2, field(1, "3")))
    assert read(envelope("v1", "ResourceQuota", field(2, hard)))["spec"] == {"hard": {"pods": "3"}}
    secret = field(2, field(1, "key") + field(2, b"\x00\xff"))
    assert read(envelope("v1", "Secret", secret))["data"] == {"key": "AP8="}
    born = field(1, field(8, field(1, 1_795_000_000)))
    assert read(envelope("v1", "Namespace", born))["metadata"] == {"creationTimestamp": "2026-11-18T11:06:40Z"}
    surge = field(2, field(2, field(1, 1) + field(3, "25%"))) + field(2, b"")
    made = read(envelope("apps/v1", "Deployment", field(2, field(4, surge))))
    assert made["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == "25%"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 400),
        (b"k8s", 400),
        (b"k8s\x00\xff", 400),
        (envelope("apps/v1", "Rollout", b""), 415),
        (envelope("apps/v1", "Deployment", field(99, "what is this")), 415),
        (envelope("apps/v1", "Deployment", field(1, METADATA))[:-3], 400),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        read(body)
    assert refused.value.code == code


@given(st.binary(max_size=60), st.sampled_from(["Deployment", "Namespace", "Secret", "ResourceQuota"]))
def test_no_bytes_break_the_reader(raw: bytes, kind: str) -> None:
    version = "apps/v1" if kind == "Deployment" else "v1"
    for body in (b"k8s\x00" + raw, envelope(version, kind, raw)):
        assert outcome(body) in ("read", 400, 415)


def outcome(body: bytes) -> str | int:
    try:
        read(body)
    except ApiError as refused:
        return int(refused.code)
    return "read"
