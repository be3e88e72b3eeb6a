"""What can go wrong between ktui and an API server, each in one sentence that a person can act on.

`str(error)` says what is wrong, `error.hint` what to do about it. Neither ever holds a secret or a control
character: whatever a server or a plugin said goes through `brief` or `redacted` first.
"""

# The names say what happened; "NotFoundError" would say it no better.
# ruff: noqa: N818

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ClassVar, Final

import msgspec

from ktui.kube import limits
from ktui.kube.shallow_json import members
from ktui.model.reading import NotRead, read
from ktui.redaction import redact
from ktui.text import clean, without_sequences

LONGEST: Final = 600
"""Characters of a server's message that are kept: an invalid object can be answered with pages of text."""

_LONG_RUN: Final = re.compile(r"\b(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{32,}")
"""Digits and letters without a separator of words or paths: a key more often than not."""


def brief(text: str, longest: int = LONGEST) -> str:
    """What a server or a program said, as one clean line: without its colours, and not endless."""
    text = clean(without_sequences(text))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """That text, cleaned, without the known secrets and without what looks like one."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "***")
    return brief(_LONG_RUN.sub("***", redact(without_sequences(text), lambda _before, _secret: "***")))


class KubeError(Exception):
    """The base of all: `str()` is one sentence for a person."""

    hint: str = ""
    """What to do, in one sentence; empty where there is nothing to say."""
    status: int | None = None
    """The HTTP status, where a server answered."""
    reason: str = ""
    """The API's word for it, such as `NotFound`."""
    message: str = ""
    """The server's own words, cleaned."""
    retry_after: float | None = None
    """Seconds that the server asked to wait."""

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        if hint:
            self.hint = hint


class ConfigError(KubeError):
    """The kubeconfig is missing, broken or incomplete, or names a file that is."""

    hint = "`kubectl config view` shows what the kubeconfig says; correct it, or name another with --kubeconfig."


class CredentialError(KubeError):
    """Credentials could not be had: a plugin is missing or failed, a token file is gone, a login has expired."""


class Unreachable(KubeError):
    """There was no connection to the server: nothing was sent."""


class TimedOut(KubeError):
    """The server was reached, but did not answer in time. Only for requests that change nothing."""


class NoAnswer(KubeError):
    """Nothing at all has been heard from the server for a while, and a question was not answered."""


class AnswerLost(KubeError):
    """A change was sent and the connection broke before the answer: it is not known whether the change was applied."""


class Interrupted(KubeError):
    """An answer or a stream broke off in the middle, or could not be read."""


class TooLarge(Interrupted):
    """An answer is larger than what is ever read of one: `ktui.kube.limits`."""

    hint = "An API server does not answer like this: check the server's address in the kubeconfig."


class ApiError(KubeError):
    """The server answered, and the answer is no; see the subclasses for what is distinguished."""

    opening: ClassVar[str] = "The API server refused the request"

    def __init__(
        self,
        status: int,
        *,
        reason: str = "",
        message: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.reason = brief(reason, 80)
        self.message = brief(message)
        self.retry_after = retry_after
        parts = (self.opening, self.message or f"HTTP {status}")
        super().__init__(": ".join(filter(None, parts)).rstrip(".") + ".")


class Unauthorized(ApiError):
    """401: the server does not know who we are; credentials that could be renewed have been."""

    opening = "The API server does not accept the credentials"
    hint = "Log in again; `kubectl auth whoami` shows what the server makes of them."


class Forbidden(ApiError):
    """403: the server knows who we are, and this is not allowed."""

    opening = "Not allowed"
    hint = "Ask the cluster's administrator for a role that permits it, or choose another namespace or context."


class NotFound(ApiError):
    """404: the object, or the whole resource, does not exist."""

    opening = "Not found"


class Conflict(ApiError):
    """409: the object has changed meanwhile, or exists already."""

    opening = "The object has changed in the meantime"
    hint = "Check its current state, then decide again."


class Expired(ApiError):
    """410: the version or continue token is too old; list again."""

    opening = "The requested history is gone"


class Rejected(ApiError):
    """400, 405, 406, 415, 422, 501: the request is not valid, or a `test` of a JSON patch did not hold.

    The API server answers both of the last with 422: docs/semantics.md, Roll back.
    """

    opening = "The API server rejected the request"


class TooManyRequests(ApiError):
    """429: slow down; `retry_after` says for how long."""

    opening = "The API server is overloaded"
    hint = "Try again in a while."


class ServerError(ApiError):
    """5xx: the fault is the server's, or that of a proxy in front of it."""

    opening = "The API server failed"


_BY_STATUS: Final[dict[int, type[ApiError]]] = {
    400: Rejected,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Rejected,
    406: Rejected,
    409: Conflict,
    410: Expired,
    415: Rejected,
    422: Rejected,
    429: TooManyRequests,
    501: Rejected,
}


class StatusDetails(msgspec.Struct, rename="camel"):
    """Details of a Status that ktui reads."""

    retry_after_seconds: float | None = None


class Status(msgspec.Struct):
    """The API's own object for what went wrong: meta/v1 Status."""

    kind: str = ""
    code: int = 0
    reason: str = ""
    message: str = ""
    details: StatusDetails | None = None


_status = msgspec.json.Decoder(Status)


def status_in(raw: bytes, path: Sequence[str] = ()) -> Status:
    """The Status that stands at that path of a document, as far as it can be read at all."""
    if not path:
        # What is wrong with the bytes of a message is no reason not to show the rest of it.
        with suppress(NotRead):
            return read(_status, raw.decode("utf-8", "replace"))
    said = members(raw, path)
    reason = said.get("reason", "")
    code = 410 if reason in {"Expired", "Gone"} else 0
    return Status(kind=said.get("kind", ""), code=code, reason=reason, message=said.get("message", ""))


_FROM_KUBELET: Final = re.compile(r'^Get "https?://([^/"]+)/containerLogs/[^"]*": ')
"""How a kube-apiserver begins to tell that it found no kubelet to fetch a log from: the address of all that it asked
for, which pushes the cause off the screen."""


def status_error(status: Status) -> ApiError:
    """The error of an ERROR event, or of the body of an answer."""
    kind = _BY_STATUS.get(status.code, ServerError if status.code >= 500 else ApiError)
    return kind(
        status.code,
        reason=status.reason,
        message=_FROM_KUBELET.sub(r"it cannot reach the kubelet at \1: ", status.message),
        retry_after=_bounded(status.details.retry_after_seconds if status.details else None),
    )


def _bounded(seconds: float | None) -> float | None:
    return min(max(0.0, seconds), limits.RETRY_AFTER) if seconds is not None else None


def api_error(code: int, body: bytes, headers: Mapping[str, str], now: datetime | None = None) -> ApiError:
    """The error of an answer with that HTTP status, from a Status in its body or, failing that, its text.

    `headers` must be readable by `Retry-After`; its seconds or date count more than the body's.
    """
    status = status_in(body)
    if status.kind != "Status":
        text = body[:4000].decode("utf-8", "replace")
        # A page of HTML comes from a proxy or a login portal, and says nothing in one line.
        is_page = text.lstrip().startswith("<")
        page = "a web page answered, not a Kubernetes API server" if code == 404 else ""
        status = Status(message=page if is_page else text)
    status.code = code
    error = status_error(status)
    asked = _retry_after(headers.get("Retry-After", ""), now or datetime.now(UTC))
    if asked is not None:
        error.retry_after = asked
    return error


_WARNING: Final = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


def warnings_in(headers: Iterable[str]) -> list[str]:
    """What an API server says beside its answer (RFC 7234, 5.5; Kubernetes sends code 299), fit for a screen.

    >>> warnings_in(['299 - "unknown field \\\\"spec.replica\\\\""'])
    ['unknown field "spec.replica"']
    """
    found = (text for header in headers for text in _WARNING.findall(header))
    return [brief(re.sub(r"\\(.)", r"\1", text)) for text in found]


def _retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait, from either form of the header (RFC 9110, 10.2.3), within a limit."""
    value = value.strip()[:64]
    if value.isdecimal():
        return _bounded(float(value))
    try:
        when = parsedate_to_datetime(value)
        return _bounded((when - now).total_seconds()) if when.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
