"""`GET …/pods/NAME/log`: the log of a container, to its end or for as long as it runs."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from typing import Any

from aiohttp import web

from ktui.sim.api import errors
from ktui.sim.api.errors import ApiError
from ktui.sim.api.resources import PODS
from ktui.sim.apiserver import ApiServer
from ktui.sim.kernel import Kernel
from ktui.sim.node.fate import Fate
from ktui.sim.node.logs import RETAINED, Line, Run, Story, container_name, run_of
from ktui.sim.serving.answers import headers
from ktui.sim.serving.requests import Call
from ktui.sim.storage import Change

JSON = dict[str, Any]
BATCH_SECONDS = 0.05
"""What is written within so many virtual seconds is sent together to who follows."""
CHUNK_LINES = 2000


@dataclass(frozen=True)
class LogOptions:
    """What of a log is asked for: v1 PodLogOptions."""

    container: str = ""
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None
    since_seconds: int | None = None
    since: float | None = None
    limit: int | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], pod: str) -> LogOptions:
        """From the query of a request.

        Raises:
            ApiError: 400 for what cannot be read, 422 for what makes no sense.
        """
        options = cls(
            container=query.get("container", ""),
            follow=_is_true(query.get("follow")),
            previous=_is_true(query.get("previous")),
            timestamps=_is_true(query.get("timestamps")),
            tail=_number(query, "tailLines"),
            since_seconds=_number(query, "sinceSeconds"),
            since=_moment(query.get("sinceTime")),
            limit=_number(query, "limitBytes"),
        )
        wrong = options.complaint()
        if wrong:
            raise _invalid(pod, *wrong)
        return options

    def complaint(self) -> tuple[str, str] | None:
        """The field that is wrong, and how."""
        if self.tail is not None and self.tail < 0:
            return "tailLines", f"Invalid value: {self.tail}: must be greater than or equal to 0"
        if self.limit is not None and self.limit < 1:
            return "limitBytes", f"Invalid value: {self.limit}: must be greater than 0"
        if self.since is not None and self.since_seconds is not None:
            return "", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        if self.since_seconds is not None and self.since_seconds < 1:
            return "sinceSeconds", f"Invalid value: {self.since_seconds}: must be greater than 0"
        return None

    def begins_at(self, now: float) -> float:
        """Lines before this time are left out."""
        if self.since_seconds is not None:
            return now - self.since_seconds
        return self.since if self.since is not None else -inf


def _is_true(text: str | None) -> bool:
    return text in ("true", "1")


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _moment(text: str | None) -> float | None:
    """The API server passes times on to the kubelet in whole seconds."""
    if not text:
        return None
    try:
        return float(int(datetime.fromisoformat(text).timestamp()))
    except ValueError:
        raise errors.bad_request(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse') from None


def _invalid(pod: str, field: str, why: str) -> ApiError:
    cause = f"{field or '<nil>'}: {why}"
    details = {"name": pod, "kind": "PodLogOptions", "causes": [{"message": why, "field": field or "<nil>"}]}
    return ApiError(422, "Invalid", f'PodLogOptions "{pod}" is invalid: {cause}', details)


class ContainerLogs:
    """Serves the logs of all containers. `fate_of` knows how a pod behaves."""

    def __init__(self, api: ApiServer, kernel: Kernel, fate_of: Callable[[JSON], Fate]) -> None:
        self._api = api
        self._kernel = kernel
        self._fate_of = fate_of

    async def serve(self, call: Call) -> web.StreamResponse:
        """Answer a request for a log.

        Raises:
            ApiError: it is refused.
        """
        options = LogOptions.read(call.http.query, call.target.name)
        pod = self._api.get(PODS, call.target.namespace, call.target.name)
        container = container_name(pod, options.container)
        head = headers(self._kernel.now, "text/plain")
        if not pod["spec"].get("nodeName"):
            return web.Response(headers=head)
        run = run_of(pod, container, previous=options.previous)
        response = web.StreamResponse(headers=head)
        response.enable_chunked_encoding()
        await response.prepare(call.http)
        sending = _Sending(response, options)
        story, sent = await self._send_what_there_is(run, sending)
        if options.follow and not story.has_end and not sending.is_full:
            await self._follow(run, story, sent, sending)
        await response.write_eof()
        return response

    def _story(self, run: Run) -> Story:
        return Story(run, self._fate_of(run.pod))

    async def _send_what_there_is(self, run: Run, sending: _Sending) -> tuple[Story, int]:
        options, now = sending.options, self._kernel.now
        story = self._story(run)
        count = story.count(inf if run.ended is not None else now)
        first = max(0, count - RETAINED, 0 if options.tail is None else count - options.tail)
        first = bisect_left(range(count), options.begins_at(now), lo=first, key=lambda number: story.line(number).at)
        await sending.send(story, first, count)
        return story, count

    async def _follow(self, run: Run, story: Story, sent: int, sending: _Sending) -> None:
        """Send what is written, until the run has ended or the pod is gone."""
        uid = run.pod["metadata"]["uid"]
        news = asyncio.Event()
        news.set()  # the pod may have changed while the first lines were sent

        def note(change: Change) -> None:
            if change.version.obj["metadata"]["uid"] == uid:
                news.set()

        stop = self._api.bucket(PODS).listen(note)
        try:
            while not sending.is_full:
                await self._wait(news, story.next_at(sent))
                latest = self._latest(run)
                if latest is None and not story.has_end:
                    story = self._story(replace(run, stopped=self._kernel.now - 1))
                elif latest is not None and latest.pod is not run.pod:
                    run, story = latest, self._story(latest)
                is_over = latest is None or run.ended is not None
                count = story.count(inf if is_over and story.has_end else self._kernel.now)
                await sending.send(story, sent, count)
                if is_over:
                    return
                sent = max(sent, count)
        finally:
            stop()

    async def _wait(self, news: asyncio.Event, due: float | None) -> None:
        """Wait for a change of the pod, or until a line is due; virtual time only moves where something is."""
        timer = None if due is None else self._kernel.at(max(due, self._kernel.now + BATCH_SECONDS), news.set)
        try:
            await news.wait()
        finally:
            if timer is not None:
                timer.cancel()
        news.clear()

    def _latest(self, run: Run) -> Run | None:
        """The same run as it is now; None where it is no longer reported."""
        metadata = run.pod["metadata"]
        try:
            pod = self._api.get(PODS, metadata["namespace"], metadata["name"])
        except ApiError:
            return None
        if pod["metadata"]["uid"] != metadata["uid"]:
            return None
        for previous in (False, True):
            try:
                latest = run_of(pod, run.container, previous=previous)
            except ApiError:
                continue
            if latest.number == run.number:
                return latest
        return None


class _Sending:
    """An answer in progress, and how much of it may still be sent."""

    def __init__(self, response: web.StreamResponse, options: LogOptions) -> None:
        self._response = response
        self.options = options
        self._left = inf if options.limit is None else options.limit

    @property
    def is_full(self) -> bool:
        """Whether as many bytes were sent as were asked for."""
        return self._left <= 0

    async def send(self, story: Story, first: int, end: int) -> None:
        """Send the lines of these numbers, as far as the limit goes."""
        for start in range(first, end, CHUNK_LINES):
            numbers = range(start, min(start + CHUNK_LINES, end))
            body = b"".join(self._written(story.line(number)) for number in numbers)
            if len(body) > self._left:
                body = body[: int(self._left)]
            self._left -= len(body)
            if body:
                await self._response.write(body)
            if self.is_full:
                return

    def _written(self, line: Line) -> bytes:
        if not self.options.timestamps:
            return f"{line.text}\n".encode()
        second, rest = divmod(line.at, 1)
        stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{stamp}.{int(rest * 1e9):09d}Z {line.text}\n".encode()
