from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ktui.kube.errors import Expired, Interrupted, ServerError
from ktui.kube.streams.decoder import InitialEnd, Inventory, Unreadable, WatchDecoder, decode_page
from ktui.model.changes import Gone, Put
from ktui.model.objects import Pod
from ktui.model.resources import DEPLOYMENTS, PODS, known_resources
from tests.kube.server import deployment, pod

RECORDINGS = Path(__file__).parents[1] / "recordings"


def line(kind: str, obj: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode()


def versioned(name: str, version: str, **fields: Any) -> dict[str, Any]:
    obj = pod(name, **fields)
    obj["metadata"]["resourceVersion"] = version
    return obj


def exchange(note: str) -> Any:
    with gzip.open(RECORDINGS / "http-exchanges.jsonl.gz", "rt") as lines:
        return next(item for item in map(json.loads, lines) if item.get("note") == note)


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.jsonl.gz")), ids=lambda p: p.name.split(".")[0])
def test_a_recorded_stream_ends_in_the_objects_that_it_told_of(file: Path) -> None:
    decoders: dict[str, WatchDecoder] = {}
    mine: dict[str, str] = {}
    theirs: dict[str, str] = {}
    last: dict[str, str] = {}
    with gzip.open(file, "rt") as lines:
        for item in map(json.loads, lines):
            resource = next((r for r in known_resources() if item.get("path", "").endswith("/" + r.plural)), None)
            if resource is None or not ("list" in item or "event" in item):
                continue
            if "list" in item:
                heard: list[Any] = list(decode_page(resource, json.dumps(item["list"]).encode()).contents)
                decoders[item["path"]] = WatchDecoder(resource, item["list"]["metadata"]["resourceVersion"])
                raw = [("ADDED", obj) for obj in item["list"]["items"]]
            else:
                event = item["event"]
                heard = decoders[item["path"]].feed([json.dumps(event).encode()])
                raw = [(event["type"], event["object"])]
                last[item["path"]] = event["object"]["metadata"]["resourceVersion"]
            for said in heard:
                match said:
                    case Put(_, it):
                        mine[it.metadata.uid] = it.metadata.resource_version
                    case Gone(_, uid):
                        del mine[uid]
                    case _:
                        pytest.fail(f"not understood: {said}")
            for kind, obj in raw:
                if kind == "DELETED":
                    del theirs[obj["metadata"]["uid"]]
                elif kind in {"ADDED", "MODIFIED"}:
                    theirs[obj["metadata"]["uid"]] = obj["metadata"]["resourceVersion"]
    assert mine == theirs
    for path, version in last.items():
        assert decoders[path].version == version


def test_a_recorded_streaming_list_is_complete_at_its_bookmark() -> None:
    recorded = exchange("watch: sendInitialEvents (streaming list)")["response"]["stream"]
    decoder = WatchDecoder(DEPLOYMENTS)
    heard = decoder.feed(json.dumps(event).encode() for event in recorded)
    assert decoder.complete
    end = heard.index(InitialEnd())
    assert {type(item) for item in heard[:end]} == {Put}
    assert decoder.version == recorded[-1]["object"]["metadata"]["resourceVersion"]


def test_an_expired_version_is_told_by_an_error_event() -> None:
    recorded = exchange("watch: resourceVersion=1 on deployments")["response"]["stream"]
    with pytest.raises(Expired, match="too old resource version"):
        WatchDecoder(DEPLOYMENTS, "1").feed(json.dumps(event).encode() for event in recorded)


def test_another_error_event_leaves_the_version_to_go_on_from() -> None:
    decoder = WatchDecoder(PODS, "5")
    decoder.feed([line("ADDED", versioned("a", "6"))])
    failure = {"kind": "Status", "code": 500, "message": "etcd has no leader"}
    with pytest.raises(ServerError, match="etcd has no leader"):
        decoder.feed([line("MODIFIED", versioned("a", "7")), line("ERROR", failure)])
    assert decoder.version == "6"


def test_a_bookmark_moves_the_version_and_says_nothing() -> None:
    decoder = WatchDecoder(PODS, "5")
    assert decoder.feed([line("BOOKMARK", {"metadata": {"resourceVersion": "99"}})]) == []
    assert (decoder.version, decoder.bookmarks) == ("99", 1)


def test_an_object_that_cannot_be_decoded_is_reported_and_the_rest_goes_on() -> None:
    odd = versioned("odd", "7", status={"phase": ["not", "a", "word"]})
    heard = WatchDecoder(PODS, "5").feed(
        [line("ADDED", versioned("a", "6")), line("MODIFIED", odd), line("ADDED", versioned("b", "8"))]
    )
    first, report, last = heard
    assert isinstance(first, Put)
    assert isinstance(last, Put)
    assert isinstance(report, Unreadable)
    assert (report.uid, report.name) == ("uid-odd", "shop/odd")
    assert "phase" in report.why


def test_an_object_that_cannot_be_decoded_can_still_be_deleted() -> None:
    odd = versioned("odd", "7", status={"phase": 3})
    assert WatchDecoder(PODS, "5").feed([line("DELETED", odd)]) == [Gone(PODS, "uid-odd", "7")]


def test_an_event_of_a_kind_that_is_new_means_nothing() -> None:
    decoder = WatchDecoder(PODS, "5")
    assert decoder.feed([line("SPARKLED", versioned("a", "6"))]) == []
    assert decoder.version == "5"


@pytest.mark.parametrize("garbage", [b"<html>", b'{"type":"ADDED"', b"[]", b'{"type":"ADDED","object":{}}'])
def test_what_is_no_watch_event_breaks_the_stream(garbage: bytes) -> None:
    with pytest.raises(Interrupted, match="not a watch event"):
        WatchDecoder(PODS, "5").feed([garbage])


def test_a_page_with_an_odd_object_keeps_the_others() -> None:
    items = [versioned("a", "1"), versioned("odd", "2", status={"phase": {}}), versioned("b", "3")]
    body = msgspec.json.encode({"metadata": {"resourceVersion": "9", "continue": "more"}, "items": items})
    page = decode_page(PODS, body)
    assert [type(item) for item in page.contents] == [Put, Unreadable, Put]
    assert (page.version, page.next) == ("9", "more")


def test_a_page_without_items_is_an_empty_list() -> None:
    page = decode_page(PODS, b'{"metadata":{"resourceVersion":"9"},"items":null}')
    assert (page.contents, page.version, page.next) == ([], "9", "")


@pytest.mark.parametrize("body", [b"<html>login</html>", b"{}", b'{"metadata":{}}', b""])
def test_what_is_no_list_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(Interrupted, match="not a list"):
        decode_page(PODS, body)


def put(name: str) -> Put:
    return Put(PODS, msgspec.convert(versioned(name, "1"), Pod))


def test_a_new_list_tells_what_has_gone() -> None:
    inventory = Inventory(PODS)
    for name in "abc":
        inventory.note(put(name))
    inventory.begin()
    inventory.note(put("a"))
    inventory.note(Unreadable(PODS, "uid-b", "shop/b", "odd"))
    assert inventory.end() == [Gone(PODS, "uid-c")]
    inventory.begin()
    assert {gone.uid for gone in inventory.end()} == {"uid-a", "uid-b"}


def test_a_list_that_broke_off_makes_nothing_disappear() -> None:
    inventory = Inventory(PODS)
    inventory.begin()
    inventory.note(put("a"))
    inventory.begin()
    inventory.note(put("b"))
    assert inventory.end() == [Gone(PODS, "uid-a")]


DEEP = b"[" * 50_000 + b"]" * 50_000
WORSE = {
    "managedFields nested too deeply": b'{"metadata":{"managedFields":[{"f":' + DEEP + b'}],"name":"odd",'
    b'"namespace":"shop","uid":"uid-odd","resourceVersion":"7"}}',
    "bytes that are no text": b'{"metadata":{"name":"odd","namespace":"shop","uid":"uid-odd","resourceVersion":"7"},'
    b'"status":{"message":"\xff","phase":"\xfe"}}',
    "no template": b'{"metadata":{"name":"odd","namespace":"shop","uid":"uid-odd","resourceVersion":"7"},'
    b'"spec":{"template":null}}',
    "a list for labels": b'{"metadata":{"name":"odd","namespace":"shop","uid":"uid-odd","resourceVersion":"7"},'
    b'"spec":{"template":{"metadata":{"labels":["a"]}}}}',
    "an endless number": b'{"metadata":{"name":"odd","namespace":"shop","uid":"uid-odd","resourceVersion":"7"},'
    b'"spec":{"replicas":' + b"9" * 10_000 + b"}}",
}
worse = pytest.mark.parametrize("odd", WORSE.values(), ids=WORSE.keys())
FINE = json.dumps(
    deployment("fine") | {"metadata": {"name": "fine", "uid": "uid-fine", "resourceVersion": "8"}}
).encode()


@worse
def test_no_object_of_a_watch_can_end_it(odd: bytes) -> None:
    decoder = WatchDecoder(DEPLOYMENTS, "5")
    report, put = decoder.feed(b'{"type":"ADDED","object":' + each + b"}" for each in (odd, FINE))
    assert isinstance(report, Unreadable)
    assert (report.uid, report.name) == ("uid-odd", "shop/odd")
    assert isinstance(put, Put)
    assert decoder.version == "8"
    assert decoder.feed([b'{"type":"DELETED","object":' + odd + b"}"]) == [Gone(DEPLOYMENTS, "uid-odd", "7")]


@worse
def test_no_object_of_a_list_can_end_it(odd: bytes) -> None:
    body = (
        b'{"kind":"List","metadata":{"resourceVersion":"9","continue":"c"},"items":[' + odd + b"," + FINE + b",null]}"
    )
    page = decode_page(DEPLOYMENTS, body)
    assert (page.version, page.next) == ("9", "c")
    report, put, *rest = page.contents
    assert isinstance(report, Unreadable)
    assert (report.uid, report.name) == ("uid-odd", "shop/odd")
    assert isinstance(put, Put)
    assert put.object.metadata.name == "fine"
    assert all(isinstance(each, Unreadable) for each in rest)


def test_an_error_event_is_told_whatever_bytes_its_message_has() -> None:
    with pytest.raises(Expired, match="too old: \ufffd"):
        WatchDecoder(PODS, "5").feed(
            [b'{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old: \xff"}}']
        )
