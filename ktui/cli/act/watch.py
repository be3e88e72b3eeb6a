"""Follow after `promote` or `canary` until its end is there, and with --auto-abort go back where it goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

import click
import msgspec

from ktui.actions.audit import AuditLog
from ktui.actions.auto_abort import auto_abort
from ktui.actions.read import Reader
from ktui.cli import printing
from ktui.cli.act.carry_out import HELD, Follow, Followed, Planned, watched
from ktui.cli.act.next_step import next_step
from ktui.cli.exit_codes import FAILED, NOT_FINISHED
from ktui.cli.figures_file import CommandRecorder, book_opener, recording
from ktui.cli.options import DURATION
from ktui.kinds.auto_abort import Armed, Judgement, Move, arm, judge
from ktui.kinds.registry import STREAMED, kind_at
from ktui.kube.api import Api
from ktui.kube.streams.streams import Streams
from ktui.live.extensions import extensions
from ktui.live.tracker import Tracker
from ktui.model.changes import LinkState
from ktui.model.resources import Resource
from ktui.model.template import decode_hook
from ktui.model.workloads import Workload
from ktui.plans.guardrails import Rules
from ktui.plans.plan import Plan, called
from ktui.plans.request import Action
from ktui.rollout.countdown import NOTHING_SEEN, Countdown, Seen, seen
from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.order import AT_REST
from ktui.rollout.revisions import Refusal
from ktui.rollout.rollout import Phase, Rollout
from ktui.settings import Settings, audit_file, seconds
from ktui.text import count

_LOOK: Final = 1.0
"""Seconds from one look to the next where nothing is heard: some causes take only time."""


@dataclass(frozen=True)
class Watch:
    """How to follow. Lengths of time are in seconds; a limit of 0 is none."""

    auto_abort: bool
    soak: float
    limit: float
    advance: bool = False
    """Whether a held canary goes on to its next step by itself once it was ready for the soak time."""
    patience: timedelta | None = None
    """How long a cause may last before an abort; None is as long as each is granted (`rollout.patience`)."""

    @property
    def later(self) -> tuple[tuple[str, Action], ...]:
        """What it may do without a question, and which action that is."""
        aborts = (("Auto-abort", Action.ABORT),) if self.auto_abort else ()
        return (*aborts, *((("--advance", Action.PROMOTE),) if self.advance else ()))

    @property
    def note(self) -> str:
        """What the question says about it."""
        parts = []
        if self.advance:
            parts.append("ktui promotes each step when its pods have been ready for the soak time, while this watches.")
        if self.auto_abort:
            parts.append(
                "Auto-abort is on: if a new pod fails and does not recover, or the deadline passes, while this "
                "watches, ktui rolls it back."
            )
        return " ".join(parts)


_BEGIN: Final = 10.0
"""Seconds within which a controller sees a change of the workload that it rolls out."""

_AUTO_ABORT: Final = click.option(
    "--auto-abort", is_flag=True, help="With --watch: roll back if a new pod fails or the deadline passes."
)

_PATIENCE: Final = click.option(
    "--patience",
    type=DURATION,
    help="With --auto-abort: roll back if a cause lasts this long. By default, each cause has its own limit.",
)


def watch_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that may begin or continue a held canary."""
    for option in (
        click.option(
            "--soak",
            type=DURATION,
            default="30s",
            show_default=True,
            help="With --watch: keep watching a canary for this long after it is ready.",
        ),
        click.option(
            "--advance",
            is_flag=True,
            help="With --watch: after the --soak time of each step, promote to the next one, until it is complete.",
        ),
        _PATIENCE,
        _AUTO_ABORT,
        click.option(
            "-w", "--watch", is_flag=True, help="Follow the rollout until it is complete, or the canary is ready."
        ),
    ):
        command = option(command)
    return command


def rolling_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command after which pods are replaced."""
    for option in (
        click.option(
            "--timeout", type=DURATION, default="0", help="With --watch: stop waiting after this time. 0: no limit."
        ),
        _PATIENCE,
        _AUTO_ABORT,
        click.option("-w", "--watch", is_flag=True, help="Follow the rollout until it is complete."),
    ):
        command = option(command)
    return command


def refusing(watch: Watch, planned: Planned) -> Planned:
    """Refuses beforehand to watch over what could not be aborted."""

    async def plan(api: Api, namespace: str, kubectl: tuple[str, ...]) -> Plan | Refusal:
        made = await planned(api, namespace, kubectl)
        if watch.auto_abort and isinstance(made, Plan) and made.no_abort:
            return Refusal(f"--auto-abort is of no use here: {made.no_abort}")
        return made

    return plan


def watch_of(
    *, watch: bool, auto_abort: bool, timeout: str, patience: str | None, soak: str = "0", advance: bool = False
) -> Watch | None:
    """How to follow the rollout, if at all. Raises UsageError."""
    if advance and not watch:
        raise click.UsageError("--advance acts while ktui follows the rollout: give --watch too.")
    if auto_abort and not watch:
        raise click.UsageError("--auto-abort acts while ktui follows the rollout: give --watch too.")
    if patience is not None and not auto_abort:
        raise click.UsageError("--patience is that of --auto-abort: give both.")
    granted = timedelta(seconds=seconds(patience)) if patience is not None else None
    return Watch(auto_abort, seconds(soak), seconds(timeout), advance, granted) if watch else None


def follower(watch: Watch, settings: Settings, *, says: bool) -> Follow:
    """Follows what a plan has set going, and remembers it."""

    async def follow(api: Api, made: Plan) -> Followed:
        clock, rules = asyncio.get_running_loop(), settings.guardrails
        end = clock.time() + watch.limit
        async with recording(api.connection, book_opener(settings)) as recorder:
            while True:
                left = max(end - clock.time(), 0.001) if watch.limit else 0.0
                armed, begins = await _armed(api, made), _BEGIN if made.is_followed_elsewhere else 0.0
                followed = await _follow(
                    replace(watch, limit=left), recorder, rules, api, armed, says=says, begins=begins
                )
                if not (watch.advance and followed.is_held):
                    return followed
                reader, log = Reader(api, recall=recorder.recall), AuditLog(audit_file())
                step = await next_step(reader, armed, log, says=says, rules=rules)
                if isinstance(step, Followed):
                    return step
                made = step

    return follow


async def _armed(api: Api, made: Plan) -> Armed:
    meant = made.followed
    raw = made.after
    if made.is_followed_elsewhere:
        raw = await api.get(meant.resource, made.target.namespace, meant.name)
    return arm(cast(Workload, msgspec.convert(raw, meant.resource.type, dec_hook=decode_hook)))


async def _follow(
    watch: Watch, recorder: CommandRecorder, rules: Rules, api: Api, armed: Armed, *, says: bool, begins: float
) -> Followed:
    watching = _Watching(api, armed, watch, recorder, rules, says=says, begins=begins)
    try:
        async with asyncio.timeout(watch.limit or None) as limit:
            return await watching.until_it_ends(limit)
    except TimeoutError:
        return watching.ended("timed out", "timed out waiting for the condition", NOT_FINISHED)
    except asyncio.CancelledError:
        if watch.auto_abort:
            printing.note("ktui: It is no longer followed: auto-abort is off.")
        raise


class _Watching:
    """One rollout that is followed."""

    def __init__(
        self,
        api: Api,
        armed: Armed,
        watch: Watch,
        recorder: CommandRecorder,
        rules: Rules,
        *,
        says: bool,
        begins: float,
    ) -> None:
        self._api, self._armed, self._watch, self._recorder, self._says = api, armed, watch, recorder, says
        self._rules = rules
        self._begins_by = asyncio.get_running_loop().time() + begins
        self._tracker = Tracker()
        self._store = self._tracker.store
        self._last_line = self._noted = ""
        self._served: Set[Resource] = frozenset(STREAMED)
        self._ready_since: float | None = None
        self._seen: Seen = NOTHING_SEEN
        self._announced: Reason | None = None

    async def until_it_ends(self, limit: asyncio.Timeout) -> Followed:
        """What was seen, with the exit code. A running abort outlasts the limit."""
        found = await extensions(self._api.connection) if self._armed.resource not in STREAMED else ()
        self._served = {*STREAMED, *found}
        async with Streams(self._api.connection, self._armed.namespace, resources=self._served) as streams:
            while True:
                try:
                    async with asyncio.timeout(_LOOK):
                        self._store.apply(await streams.take())
                except TimeoutError:
                    pass  # Time alone is news too.
                if self._armed.resource in self._store.listed:
                    streams.go()
                if (ended := await self._update(limit)) is not None:
                    return ended

    async def _update(self, limit: asyncio.Timeout) -> Followed | None:
        links = self._store.links.values()
        for link in links:
            if link.resource in self._needed and link.state is LinkState.REFUSED:
                return self.ended("not seen", f"It cannot be followed: {link.reason}", NOT_FINISHED)
        broken = next((link for link in links if link.is_broken), None)
        if broken is not None:
            self._note(f"{broken.reason} Trying again" + (", and nothing is aborted blindly." if self._auto else "."))
        is_live = self._is_listed and broken is None
        workload = self._store.workload(self._armed.uid)
        # What has not all been heard of yet tells nothing of how the rollout goes, nor when it began.
        rollout = self._rollout(workload) if workload is not None and self._is_listed else None
        now = self._now()
        if rollout is not None and rollout.phase not in AT_REST:
            self._begins_by = 0.0
        if is_live and rollout is not None:
            self._seen = seen(rollout, self._seen, now)
        judged = judge(
            self._armed, workload, rollout, now, is_live=is_live, first_seen=self._seen, granted=self._watch.patience
        )
        match judged.move:
            case Move.ABORT:
                if self._auto:
                    limit.reschedule(None)
                return await self._gone_wrong(judged, rollout)
            case Move.DISARM:
                off = " Auto-abort is off." if self._auto else ""
                return self.ended("another", f"{self._name} is no longer followed: {judged.reason}.{off}", FAILED)
            case Move.OVER if self._may_begin_yet:
                return None
            case Move.OVER:
                return self.ended("complete", f"{self._name} is complete.", 0)
            case Move.KEEP:
                if is_live and rollout is not None:
                    self._say_what_is_wrong(rollout, judged.countdown, now)
                return self._go_on(rollout) if is_live else None

    @property
    def _may_begin_yet(self) -> bool:
        """Whether what is complete may be what was before: its controller has not seen the change of its target."""
        return asyncio.get_running_loop().time() < self._begins_by

    @property
    def _is_listed(self) -> bool:
        if not set(self._needed) <= self._store.listed:
            return False
        # One that rolls out what another workload holds tells nothing without that.
        targets = {each for each in self._served if each.is_workload and self._armed.resource.claims}
        refused = {link.resource for link in self._store.links.values() if link.state is LinkState.REFUSED}
        return targets <= self._store.listed | refused

    @property
    def _needed(self) -> tuple[Resource, ...]:
        return (self._armed.resource, *(part for part in kind_at(self._armed.resource).parts if part in self._served))

    def _rollout(self, workload: Workload) -> Rollout | None:
        rollout = self._tracker.rollout(self._armed.uid, self._now())
        if rollout is not None:
            self._recorder.saw(self._store, workload, rollout)
        return rollout

    async def _gone_wrong(self, judged: Judgement, rollout: Rollout | None) -> Followed | None:
        if self._auto:
            self._note(f"{self._name} is rolled back automatically: {judged.reason}.")
            log = AuditLog(audit_file())
            reader = Reader(self._api, recall=self._recorder.recall)
            aborted = await auto_abort(reader, self._armed, judged.reason, log, rules=self._rules)
            if aborted.audit_failure:
                printing.note(f"ktui: {aborted.audit_failure}")
            return self.ended("aborted" if aborted.is_done else "not aborted", aborted.sentence, FAILED)
        if rollout is not None and rollout.verdict.failed:
            return self.ended("failed", rollout.verdict.line, FAILED)
        self._note(f"{self._name}: {judged.reason}.")
        return None

    def _say_what_is_wrong(self, rollout: Rollout, waits: Countdown | None, now: datetime) -> None:
        """Once for each cause: that it holds the rollout up, and when it is acted on, if at all."""
        first = next((cause for cause in rollout.causes if cause.blocking and not cause.remark), None)
        cause = waits.cause if waits is not None else first
        if cause is None or cause.reason is self._announced:
            return
        self._announced = cause.reason
        text = f", and {waits.sentence(now)}" if waits is not None and self._auto else ""
        self._note(f"{self._name}: {cause.sentence}{text}.")

    def _go_on(self, rollout: Rollout | None) -> Followed | None:
        if rollout is None or not rollout.observed or rollout.generation < self._armed.generation:
            return None
        if rollout.verdict.line != self._last_line:
            self._last_line = rollout.verdict.line
            self._say(self._last_line)
        if not _is_ready(rollout):
            self._ready_since = None
            return None
        clock = asyncio.get_running_loop().time()
        self._ready_since = self._ready_since if self._ready_since is not None else clock
        if clock - self._ready_since < self._watch.soak:
            return None
        size = count(rollout.progress.new.ready, "pod")
        return self.ended(HELD, f"{self._name} holds its canary: {size} ready.", 0)

    def ended(self, outcome: str, sentence: str, code: int) -> Followed:
        """How it ended, said."""
        if code:
            printing.error(sentence)
        else:
            self._say(sentence)
        return watched(outcome, sentence, code)

    def _now(self) -> datetime:
        return self._api.connection.clock.now()

    @property
    def _auto(self) -> bool:
        return self._watch.auto_abort

    @property
    def _name(self) -> str:
        return called(self._armed.resource, self._armed.namespace, self._armed.name)

    def _say(self, text: str) -> None:
        if self._says:
            printing.line(text)

    def _note(self, text: str) -> None:
        if text != self._noted:
            self._noted = text
            printing.note(f"ktui: {text}")


def _is_ready(rollout: Rollout) -> bool:
    """Whether a held canary is as large as it is to be, and every pod of it ready."""
    hold = rollout.partition or rollout.hold
    return rollout.phase is Phase.HELD and hold is not None and rollout.progress.new.ready >= max(hold.pods, 1)
