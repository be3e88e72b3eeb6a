"""`ktui status`: kubectl's lines as they come, then why it is stuck, and an exit code that says how it ended."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import click

from ktui.cli import printing
from ktui.cli.cluster import connected
from ktui.cli.failures import FAILED, NOT_FINISHED
from ktui.cli.get import read_store, rollouts
from ktui.cli.options import DURATION, NAME, Command, output_option, refuse_scope_flags, settings_of
from ktui.cli.shape import rollout_document
from ktui.kube.api import Api
from ktui.kube.connection import Connection
from ktui.kube.errors import KubeError
from ktui.kube.reflector import Reflector
from ktui.model.changes import Gone, Link, LinkState, Put, Resource
from ktui.model.objects import Deployment
from ktui.rollout import revisions
from ktui.rollout.rollout import Rollout
from ktui.rollout.status import Verdict, verdict
from ktui.settings import Settings, seconds

DELETED = "object has been deleted"
"""kubectl's words when what it watches is deleted, or deleted and created again."""


class Ended(Exception):  # noqa: N818 - not every end is an error
    """The watch is over without a verdict: deleted, or another revision. The sentence is kubectl's."""


@click.command(cls=Command)
@click.argument("name", type=NAME)
@click.option("--watch/--no-watch", "-w", default=True, help="Follow it to its end (the default), or look once.")
@click.option("--timeout", type=DURATION, default="0", help="Give up after that time; 0, the default, is never.")
@click.option("--revision", type=click.IntRange(min=1), help="It is an error if another revision takes its place.")
@output_option
@click.pass_context
def status(
    context: click.Context, /, name: str, *, watch: bool, timeout: str, revision: int | None, output: str
) -> int:
    """Follow the rollout of NAME to its end.

    Prints what kubectl rollout status prints, and then, where the rollout is not complete, why. The exit code is 0
    for complete, 1 for failed, 2 for wrong usage, 3 for not finished.
    """
    refuse_scope_flags(context)
    limit = seconds(timeout) or None
    follow = _Follow(name, watch=watch, limit=limit, revision=revision, output=output)
    return asyncio.run(follow.run(settings_of(context)))


class _Follow:
    """One run of the command."""

    def __init__(self, name: str, *, watch: bool, limit: float | None, revision: int | None, output: str) -> None:
        self._name = name
        self._watch = watch
        self._limit = limit
        self._revision = revision
        self._output = output
        self._uid = ""
        self._was_paused = False
        self._trouble = ""

    async def run(self, settings: Settings) -> int:
        """The exit code. Raises KubeError."""
        async with connected(settings) as connection:
            # A name that does not exist is an error at once, not something to wait for.
            await Api(connection).read(Resource.DEPLOYMENTS, connection.namespace, self._name)
            code, problem = await self._end(connection)
            document, reasons = await self._look(connection)
        if problem:
            printing.note(f"error: {problem}")
        if self._output != "text":
            printing.document({"rollout": document, "exitCode": code}, self._output)
        elif code != 0:
            for reason in reasons:
                printing.line(reason)
        return code

    async def _end(self, connection: Connection) -> tuple[int, str]:
        """Follow it until there is an exit code; with what kubectl calls an error, if there is one."""
        try:
            async with asyncio.timeout(self._limit):
                judged = await self._verdict(connection)
        except TimeoutError:
            return NOT_FINISHED, "timed out waiting for the condition"
        except Ended as end:
            return FAILED, str(end)
        if judged.failed:
            return FAILED, judged.line
        return (0 if judged.done else NOT_FINISHED), ""

    async def _verdict(self, connection: Connection) -> Verdict:
        """Print the lines; the last verdict, which is not done where only one look was asked for."""
        reflector = Reflector(
            connection,
            Resource.DEPLOYMENTS,
            connection.namespace,
            field_selector=f"metadata.name={self._name}",
        )
        async with aclosing(reflector.changes()) as batches:
            async for batch in batches:
                for change in batch:
                    match change:
                        case Put(_, Deployment() as deployment):
                            judged = self._judge(deployment)
                            if judged.done or not self._watch:
                                return judged
                        case Gone():
                            raise Ended(DELETED)
                        case Link():
                            self._say_link(change)
        raise AssertionError("a reflector does not end")

    def _judge(self, deployment: Deployment) -> Verdict:
        if self._uid not in ("", deployment.metadata.uid):
            raise Ended(DELETED)
        self._uid = deployment.metadata.uid
        running = revisions.revision(deployment)
        if self._revision is not None and running != self._revision:
            raise Ended(f"desired revision ({self._revision}) is different from the running revision ({running})")
        judged = verdict(deployment)
        if self._output == "text" and not judged.failed:
            printing.line(judged.line)
        if deployment.spec.paused and not self._was_paused and not judged.done and self._watch:
            printing.note("ktui: it is paused: nothing rolls out until it is resumed.")
        self._was_paused = deployment.spec.paused
        return judged

    def _say_link(self, link: Link) -> None:
        if link.state is LinkState.REFUSED:
            raise KubeError(link.reason)
        trouble = link.reason if link.state is LinkState.RECONNECTING else ""
        if trouble and trouble != self._trouble:
            printing.note(f"ktui: {trouble} Trying again.")
        self._trouble = trouble

    async def _look(self, connection: Connection) -> tuple[dict[str, Any] | None, list[str]]:
        """The rollout as it is now, as a document, and why it is where it is; nothing where it is gone."""
        try:
            store = await read_store(connection, connection.namespace, names=[self._name])
        except KubeError as error:
            # It may be for want of a connection that the time was up.
            printing.note(f"ktui: {error}")
            return None, []
        for rollout in rollouts(store, datetime.now(UTC)):
            if rollout.uid == self._uid:
                return rollout_document(rollout, store.deployment(rollout.uid)), _reasons(rollout)
        return None, []


def _reasons(rollout: Rollout) -> list[str]:
    """Why it is not complete, and what to do about it, in lines."""
    phase = rollout.phase.value
    if not rollout.causes:
        return [f"{phase}: {rollout.why}"] if rollout.why else []
    lines = []
    for cause in rollout.causes:
        lines.append(f"{phase}: {cause.sentence}")
        if cause.try_next:
            lines.append(f"  {cause.try_next}")
    return lines
