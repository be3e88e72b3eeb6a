"""One cluster in one scope: connects, streams to its listener, and says what is wrong when it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Final

from ktui import start_profile
from ktui.kinds.registry import STREAMED
from ktui.kube.api import Api
from ktui.kube.auth.access import Access, kubectl_call
from ktui.kube.auth.chosen import Choice, Surroundings, choose, contexts
from ktui.kube.auth.kubeconfig import Target
from ktui.kube.backoff import Backoff, Pacing
from ktui.kube.clock import ServerClock
from ktui.kube.connection import Connection, connect
from ktui.kube.errors import ConfigError, Forbidden, KubeError
from ktui.kube.scope import find_scope
from ktui.kube.streams.streams import Streams
from ktui.live.extensions import Follower
from ktui.live.listener import Listener
from ktui.live.waking import pause
from ktui.model.changes import LinkState
from ktui.model.resources import CONTROLLER_REVISIONS, DEPLOYMENTS, EVENTS, PODS, REPLICASETS, Resource
from ktui.redaction import redact
from ktui.text import exact

_BETWEEN: Final = 15.0
"""Seconds between two attempts to connect, at most: with the time that one may take, back within 35 s."""

_RIGHTS: Final = (
    "Ask an administrator for the verbs list and watch on it, or press n and type a namespace that you may read. "
    "`kubectl auth can-i --list` shows your rights."
)
_ADDRESS: Final = "Check the server's address: `kubectl config view --minify` shows it."
_HELP: Final = "r tries again now · x another context · n another namespace · q quits"


class Session:
    """What the dashboard is connected to. `run` never ends by itself; `go_to` changes where the next run goes."""

    def __init__(
        self,
        listener: Listener,
        access: Access,
        namespace: str,
        selector: str,
        *,
        read_only: bool = False,
        around: Surroundings | None = None,
        pacing: Pacing | None = None,
    ) -> None:
        self._listener = listener
        self._read_only = read_only
        self._around = around or Surroundings()
        self._pacing = pacing or Pacing()
        self._access = access
        self._selector = selector
        self.namespace = namespace
        """The namespace that is shown; empty for all of them."""
        self._connection: Connection | None = None
        self._context = access.context
        self._chosen: Target | None = None
        """What was chosen, once it is known; it stays so until a person chooses another context."""
        self._chosen_note = ""
        self._streams: Streams | None = None
        self._extensions: Follower | None = None
        self._problem: KubeError | None = None
        self._scope_notice = ""
        self._clock = ServerClock(self._around.clock)
        self._wake = asyncio.Event()

    # What it is asked

    @property
    def connection(self) -> Connection | None:
        """The connection, once there is one."""
        return self._connection

    def now(self) -> datetime:
        """The time by the cluster's clock, as far as it is known."""
        return self._clock.now()

    @property
    def has_failed(self) -> bool:
        """Whether there was no connection."""
        return self._problem is not None

    @property
    def context(self) -> str:
        """The context that is meant; empty until it is known which one the kubeconfig names."""
        return self._context

    @property
    def is_doubtful(self) -> bool:
        """Whether choosing the same context again could lead somewhere else, or somewhere at all."""
        return self.has_failed or bool(self._notes)

    @property
    def kubectl(self) -> tuple[str, ...]:
        """How kubectl is called for this cluster as this user."""
        if self._connection is not None:
            return self._connection.kubectl
        return kubectl_call(self._access, self.context)

    @property
    def _notes(self) -> tuple[str, ...]:
        """What a person should know of the connection, or of what it would be made to."""
        if self._connection is not None:
            return self._connection.notes
        return (self._chosen_note,) if self._chosen_note else ()

    @property
    def title(self) -> str:
        """The cluster and the scope for the header."""
        scope = self.namespace or "all namespaces"
        chosen = f" · {self._selector}" if self._selector else ""
        limits = " · read-only" if self._read_only else ""
        return f"{exact(self.context) or 'no context'} · {scope}{chosen}{limits}"

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know about all that is shown."""
        clock = self._connection.clock.notes if self._connection is not None else ()
        parts = [*self._notes, *clock, *([self._scope_notice] if self._scope_notice else [])]
        live = self._listener.live
        hidden = [kind for kind in live.kinds if self._is_refused(kind)]
        if DEPLOYMENTS in hidden:
            # Then nothing at all is shown, and in its place it says why.
            hidden = []
        if hidden:
            parts.append(f"You may not see {_named(hidden, 'and')} here.")
        elif self._is_refused(CONTROLLER_REVISIONS):
            parts.append(
                "You may not see ControllerRevisions here: revisions of StatefulSets and DaemonSets are not shown."
            )
        for resource in (REPLICASETS, PODS, EVENTS):
            link = live.store.links.get(resource)
            if link is not None and link.state is LinkState.REFUSED:
                parts.append(f"{resource.plural} cannot be seen: {link.reason}")
        if live.unreadable:
            first, *more = live.unreadable
            parts.append(first.reason)
            if more:
                kinds = dict.fromkeys(link.resource.titles for link in more)
                parts.append(f"`ktui get` names what else cannot be read: {', '.join(kinds)}.")
        worst = live.link
        if worst is not None and worst.is_broken and live.rollouts:
            parts.append(f"{worst.reason} What is shown may be stale; r tries now.")
        if worst is not None and worst.state is LinkState.LISTED:
            parts.append(worst.reason)
        if self._problem is not None and live.rollouts:
            parts.append(f"{self._problem} r tries now.")
        return tuple(parts)

    @property
    def emptiness(self) -> tuple[str, ...]:
        """Why no rollout is shown, and what to do about it."""
        if self._problem is not None:
            return (str(self._problem), self._problem.hint, _HELP)
        link = self._listener.live.link
        where = f"namespace {self.namespace}" if self.namespace else "any namespace"
        match link.state if link is not None else None:
            case LinkState.REFUSED if link is not None:
                remedy = _RIGHTS if link.reason.startswith(Forbidden.opening) else _ADDRESS
                return (link.reason, remedy, "Trying again by itself.", _HELP)
            case LinkState.RECONNECTING | LinkState.SILENT if link is not None:
                return (link.reason, "Trying again by itself.", _HELP)
            case LinkState.LIVE if any(each.resource.is_workload for each in self._listener.live.unreadable):
                return ("What is to be shown cannot be read.", "`kubectl edit` corrects the field that is named above.")
            case LinkState.LIVE | LinkState.LISTED if self._listener.live.is_listed:
                chosen = f" that match {self._selector}" if self._selector else ""
                kinds = _named([kind for kind in self._listener.live.kinds if not self._is_refused(kind)], "or")
                return (f"There are no {kinds}{chosen} in {where}.", "n another namespace · x another context")
            case _:
                asking = f"Asking {exact(self.context) or 'the cluster'} for its workloads…"
                words = self._connection.progress.words() if self._connection is not None else ""
                return (asking, f"{words} · x another context · q quit") if words else (asking,)

    def _is_refused(self, resource: Resource) -> bool:
        link = self._listener.live.store.links.get(resource)
        return link is not None and link.state is LinkState.REFUSED

    async def namespaces(self) -> tuple[tuple[str, ...], str]:
        """The namespaces to choose from, with a note where they are only those that are known of."""
        seen = {rollout.namespace for rollout in self._listener.live.rollouts.values()}
        if self._connection is None:
            return tuple(sorted(seen)), "There is no connection now: these are the namespaces that are known so far."
        seen.add(self._connection.namespace)
        try:
            listed = await Api(self._connection).namespaces()
        except KubeError as error:
            return tuple(sorted(seen)), f"{error} Type a name to go there."
        if listed is None:
            return tuple(sorted(seen)), "You may not list namespaces. Type a name to go there."
        return tuple(sorted(listed)), ""

    def contexts(self) -> tuple[list[tuple[str, str]], str]:
        """The contexts to choose from, as name and label, with a note where they cannot be read.

        They are those of the kubeconfig as it is now.
        """
        try:
            found = contexts(self._access)
        except ConfigError as error:
            return [], f"{error} {error.hint}"
        note = "" if found else "There is no kubeconfig with a context to choose."
        return [(context.name, f"{exact(context.name)}  ({redact(exact(context.server))})") for context in found], note

    # Where it goes

    def go_to(self, *, namespace: str | None = None, context: str | None = None) -> None:
        """Show another scope at the next run. A context brings its own namespace, so all of them are shown."""
        if context is not None:
            self._access = replace(self._access, context=context, namespace="")
            self._context = context
            self._chosen, self._chosen_note = None, ""
            self.namespace = ""
        if namespace is not None:
            self.namespace = namespace

    def retry_now(self) -> None:
        """Do not wait for the next attempt."""
        self._wake.set()
        if self._streams is not None:
            self._streams.retry_now()
        if self._extensions is not None:
            self._extensions.ask_now()
        if self._connection is not None:
            self._listener.run_worker(self._read_again(self._connection), group="credentials", exclusive=True)

    def ask_now(self) -> None:
        """List what cannot be watched now: something depends on it."""
        if self._streams is not None:
            self._streams.ask_now()

    async def _read_again(self, connection: Connection) -> None:
        """Read the credentials now, and not with the next request: streams that are open make none."""
        with suppress(KubeError):
            await connection.log_in()
        self._listener.draw_soon()

    async def run(self) -> None:
        """Connect and stream until cancelled. What goes wrong is kept to be shown, and tried again."""
        self._listener.begin_anew()
        self._connection, self._problem, self._scope_notice = None, None, ""
        self._clock = ServerClock(self._around.clock)
        backoff = Backoff(self._pacing, Random())
        while True:
            try:
                choice = await self._choose()
                async with (
                    await connect(self._access, self._around, choice) as connection,
                    self._connected(connection),
                ):
                    await self._stream(connection)
            except KubeError as error:
                self._problem = error
                self._listener.draw_soon()
                await pause(self._wake, backoff.next(error.retry_after or 0.0, at_most=_BETWEEN))

    async def _choose(self) -> Choice:
        """What to connect to: the first time what the kubeconfig says, and from then on the same."""
        choice = await asyncio.to_thread(choose, self._access, self._around, self._chosen)
        self._chosen, self._chosen_note = choice.target, choice.note
        self._context = choice.target.context
        return choice

    @asynccontextmanager
    async def _connected(self, connection: Connection) -> AsyncIterator[None]:
        start_profile.reached("the kubeconfig is read, and there is a connection")
        self._connection, self._clock = connection, connection.clock
        self._listener.connected(connection)
        try:
            yield
        finally:
            # A run that was cancelled ends when the next one may have connected already: that one's stay.
            if self._connection is connection:
                self._connection = self._streams = None

    async def _stream(self, connection: Connection) -> None:
        scope = await find_scope(connection, self.namespace or None)
        start_profile.reached("the server answers, and the scope is known")
        self._problem, self._scope_notice = None, scope.notice
        self.namespace = scope.namespace or ""
        async with Streams(
            connection,
            scope.namespace,
            self._selector,
            resources=STREAMED,
            pacing=self._pacing,
            clock=self._listener.now,
        ) as streams:
            self._streams = streams
            self._extensions = Follower(connection, streams, self._listener.live.serves)
            following: asyncio.Task[None] | None = None
            try:
                while True:
                    changes = await streams.take()
                    start_profile.reached("the first objects are read")
                    self._listener.heard(changes)
                    if following is not None and following.done():
                        # It ends by itself only where there is nothing to ask for; what went wrong in it is raised.
                        following.result()
                    if self._listener.live.is_listed:
                        streams.go()
                        # What few clusters have does not keep those waiting that have it not.
                        following = following or asyncio.create_task(self._extensions.run(), name="discovery")
            finally:
                self._extensions = None
                if following is not None:
                    following.cancel()
                    await asyncio.gather(following, return_exceptions=True)


def _named(kinds: Sequence[Resource], conjunction: str) -> str:
    """`Deployments, StatefulSets or DaemonSets`."""
    *most, last = (kind.titles for kind in kinds)
    return f"{', '.join(most)} {conjunction} {last}" if most else last
