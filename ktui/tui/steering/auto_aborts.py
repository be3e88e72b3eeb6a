"""The rollouts that are watched over while the dashboard runs, and what is done where one of them goes wrong."""

from __future__ import annotations

from datetime import datetime

from ktui.actions.audit import AuditLog
from ktui.actions.auto_abort import auto_abort
from ktui.kinds.auto_abort import Armed, Move, arm, judge, refuse_arm
from ktui.kube.api import Api
from ktui.live.session import Session
from ktui.model.changes import Link, LinkState
from ktui.model.resources import Resource
from ktui.plans.plan import called
from ktui.plans.request import Action
from ktui.rollout.countdown import NOTHING_SEEN, Countdown, Seen, seen
from ktui.tui.host import Host
from ktui.tui.steering.steering import Steering


class Guards:
    """Armed by a key, one rollout at a time; each acts once at most, and is off then."""

    def __init__(self, host: Host, session: Session, steering: Steering) -> None:
        self._host, self._session, self._steering = host, session, steering
        self._armed: dict[str, Armed] = {}
        self._seen: dict[str, Seen] = {}
        self._countdowns: dict[str, Countdown] = {}
        """What is going to be acted on, by uid, unless it is over by then."""
        self._decided: dict[str, dict[Resource, Link]] = {}
        """How the links were when it was first found that something is to be aborted."""

    @property
    def uids(self) -> frozenset[str]:
        """The rollouts that are watched over."""
        return frozenset(self._armed)

    def sentence(self, now: datetime, uid: str = "") -> str:
        """`rolls back in 40 s unless it recovers`; without a uid, by name, of the rollout whose time comes first."""
        first = uid or min(self._countdowns, key=lambda each: self._countdowns[each].due, default="")
        waits = self._countdowns.get(first)
        if waits is None:
            return ""
        return waits.sentence(now) if uid else f"{_name(self._armed[first])} {waits.sentence(now)}"

    @property
    def names(self) -> tuple[str, ...]:
        """What sentences call them."""
        return tuple(map(_name, self._armed.values()))

    def toggle(self, uid: str) -> None:
        """Watch over that rollout, or no longer."""
        if (armed := self._armed.get(uid)) is not None:
            self._let_go(uid)
            self._steering.say(f"Auto-abort is off for {_name(armed)}.", "information")
            return
        workload, rollout = self._host.live.store.workload(uid), self._host.live.rollouts.get(uid)
        if workload is None or rollout is None:
            return
        abort = next((offer for offer in self._steering.offers.of(uid) if offer.action is Action.ABORT), None)
        closed = abort.why_not if abort is not None else ""
        if refused := refuse_arm(rollout) or closed:
            self._steering.say(f"Auto-abort: {refused}", "warning")
            return
        armed = self._armed[uid] = arm(workload)
        self._steering.say(
            f"Auto-abort is on for {_name(armed)} while ktui runs: if a new pod fails and does not recover, or "
            "the deadline passes, ktui rolls it back. A turns it off.",
            "warning",
        )

    @property
    def goes_by_the_clock(self) -> bool:
        """How long something may be wrong is counted."""
        return bool(self._armed)

    def update(self) -> None:
        """Act where something has gone wrong, and let go of what is another rollout by now."""
        live = self._host.live
        is_live = live.is_listed and live.link is not None and live.link.state in (LinkState.LIVE, LinkState.LISTED)
        now = self._host.now()
        for uid, armed in list(self._armed.items()):
            rollout = live.rollouts.get(uid)
            if is_live and rollout is not None:
                self._seen[uid] = seen(rollout, self._seen.get(uid, NOTHING_SEEN), now)
            judged = judge(
                armed,
                live.store.workload(uid),
                rollout,
                now,
                is_live=is_live,
                first_seen=self._seen.get(uid, NOTHING_SEEN),
            )
            if judged.move is Move.KEEP:
                self._count_down(uid, judged.countdown)
                self._decided.pop(uid, None)
                continue
            if judged.move is Move.ABORT and not self._is_confirmed(uid):
                continue
            self._let_go(uid)
            name = _name(armed)
            if judged.move is Move.ABORT:
                self._host.run_worker(self._abort(armed, judged.reason), group="guarding")
            elif judged.move is Move.OVER:
                self._steering.say(f"Auto-abort is off for {name}: {judged.reason}.", "information")
            else:
                self._steering.say(f"Auto-abort is off for {name}: {judged.reason}.", "warning")

    def _is_confirmed(self, uid: str) -> bool:
        """Whether it is still so by lists that came after it was found: one may be half a minute old by then."""
        links = self._host.live.store.links
        before = self._decided.get(uid)
        if before is None:
            before = self._decided[uid] = dict(links)
            self._session.ask_now()
        is_old = any(link.state is LinkState.LISTED and link is before.get(kind) for kind, link in links.items())
        return not is_old and self._host.live.is_worked_out(uid)

    def leave(self) -> None:
        """Another cluster or scope: what cannot be seen cannot be watched over."""
        if self._armed:
            names = ", ".join(map(_name, self._armed.values()))
            self._steering.say(f"Auto-abort is off for {names}: another context or namespace is shown now.", "warning")
        self._armed.clear()
        self._seen.clear()
        self._countdowns.clear()
        self._decided.clear()

    def _count_down(self, uid: str, waits: Countdown | None) -> None:
        if waits is not None:
            self._countdowns[uid] = waits
        else:
            self._countdowns.pop(uid, None)

    def _let_go(self, uid: str) -> None:
        del self._armed[uid]
        self._seen.pop(uid, None)
        self._countdowns.pop(uid, None)
        self._decided.pop(uid, None)

    async def _abort(self, armed: Armed, cause: str) -> None:
        connection = self._session.connection
        if connection is None:
            self._steering.say(f"{_name(armed)} was not aborted: there is no connection.", "error")
            return
        log = AuditLog(self._host.options.audit)
        with self._steering.sending.of(f"Abort {_name(armed)}", armed.resource, armed.namespace, armed.name):
            reader, rules = self._steering.reader(Api(connection)), self._host.options.rules
            aborted = await auto_abort(reader, armed, cause, log, rules=rules)
        self._steering.say(aborted.sentence, "warning" if aborted.is_done else "error")
        if aborted.audit_failure:
            self._steering.say(aborted.audit_failure, "warning")


def _name(armed: Armed) -> str:
    return called(armed.resource, armed.namespace, armed.name)
