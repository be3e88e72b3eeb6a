from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ktui.kube import errors
from ktui.kube.errors import api_error, brief, redacted

EXCHANGES = Path(__file__).parents[1] / "recordings" / "http-exchanges.jsonl.gz"

KINDS = {
    400: errors.Rejected,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.Rejected,
    409: errors.Conflict,
    410: errors.Expired,
    415: errors.Rejected,
    422: errors.Rejected,
}


def recorded_errors() -> list[dict[str, Any]]:
    with gzip.open(EXCHANGES, "rt") as lines:
        exchanges = [json.loads(line) for line in lines]
    return [e for e in exchanges if e.get("response", {}).get("status", 200) >= 400]


@pytest.mark.parametrize("exchange", recorded_errors(), ids=lambda e: e["note"])
def test_a_recorded_error_has_its_kind_and_one_sentence(exchange: dict[str, Any]) -> None:
    body = exchange["response"]["body"]
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    error = api_error(exchange["response"]["status"], raw, {})
    assert type(error) is KINDS[exchange["response"]["status"]]
    assert error.status == exchange["response"]["status"]
    if isinstance(body, dict):
        assert (error.reason, error.message) == (body["reason"], brief(body["message"]))
    assert str(error).endswith(".")
    assert "\n" not in str(error)
    assert error.message.rstrip(".") in str(error)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_page_of_a_proxy_is_not_repeated(status: int) -> None:
    error = api_error(status, b"<html><body>secret dashboard</body></html>", {})
    assert isinstance(error, errors.ServerError)
    assert str(error) == f"The API server failed: HTTP {status}."


def test_an_address_at_which_there_is_something_else_says_so() -> None:
    error = api_error(404, b"<html><body>secret dashboard</body></html>", {})
    assert isinstance(error, errors.NotFound)
    assert str(error) == "Not found: a web page answered, not a Kubernetes API server."


NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("86400", 60.0),
        ("9" * 5000, 60.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60.0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Mon, 99 Nov 2026 12:00:30 GMT", None),
        ("1e3", None),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    assert api_error(429, b"", {"Retry-After": header}, NOW).retry_after == seconds


def test_retry_after_may_stand_in_the_body() -> None:
    body = b'{"kind":"Status","code":429,"message":"slow down","details":{"retryAfterSeconds":4}}'
    assert api_error(429, body, {}).retry_after == 4.0
    assert api_error(429, body, {"Retry-After": "9"}).retry_after == 9.0


def test_escape_sequences_and_direction_marks_do_not_survive() -> None:
    hostile = "a\x1b[31mred\x1b[0m\x1b]0;title\x07 \u202eevil\u202c\r\n\x00end\x9b2J"
    assert brief(hostile) == "ared <U+202E>evil<U+202C> ␀end"


@given(st.text())
@example("0 \x1b\r0")
def test_clean_text_is_one_printable_line(text: str) -> None:
    cleaned = brief(text)
    assert "\n" not in cleaned
    assert len(cleaned) <= errors.LONGEST
    assert cleaned.isprintable()
    assert brief(cleaned) == cleaned


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2ln",
        "hunter2hunter2hunter2hunter2hunter2hunter2",
        "p4ss",
        "s3cr3t-value",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "Bearer {}",
        "token={} was refused",
        'client_secret: "{}"',
        "GET https://me:{}@idp.example/login failed",
        "AWS_SECRET_ACCESS_KEY={}",
    ],
)
def test_what_looks_like_a_secret_is_left_out(secret: str, text: str) -> None:
    assert secret not in redacted(text.format(secret))


def test_a_known_secret_is_left_out_wherever_it_stands() -> None:
    assert redacted("the value opensesame is wrong", ["opensesame"]) == "the value *** is wrong"


def test_words_and_paths_stay() -> None:
    text = "Unable to locate credentials: run aws sso login --profile production-eu in /home/me/.aws/config"
    assert "aws sso login --profile production-eu in /home/me/.aws/config" in redacted(text)


def test_a_kubelet_that_the_server_cannot_reach_is_named_without_all_that_was_asked_of_it() -> None:
    asked = "https://node-1:10250/containerLogs/shop/web-7596b87dc7-xjcz7/app?follow=true&tailLines=1000"
    message = f'Get "{asked}": dial tcp: lookup node-1 on 10.0.0.53:53: no such host'
    error = errors.api_error(500, json.dumps({"kind": "Status", "message": message, "code": 500}).encode(), {})
    assert str(error) == (
        "The API server failed: it cannot reach the kubelet at node-1:10250: "
        "dial tcp: lookup node-1 on 10.0.0.53:53: no such host."
    )


def test_warnings_are_read_from_their_headers_as_text() -> None:
    headers = [r'299 - "unknown field \"spec.a\"", 299 - "b \\ c"', '299 - "\x1b[31mred"', "nonsense", '199 - "stale"']
    assert errors.warnings_in(headers) == ['unknown field "spec.a"', "b \\ c", brief("\x1b[31mred")]
