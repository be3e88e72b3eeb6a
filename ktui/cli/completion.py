"""What Tab completes: names, namespaces, contexts, revisions, containers, scenarios and themes; and the scripts for it.

The cluster has two seconds to answer. If it does not, or may not, nothing is offered and nothing is printed: that would
land in the line that is being typed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import click

from ktui.cli import printing
from ktui.cli.options import CONTEXT_SETTINGS, TYPED, flags_of
from ktui.settings import Settings, SettingsError, load
from ktui.text import clean

if TYPE_CHECKING:
    from ktui.kube.connection import Connection
    from ktui.model.reference import Reference
    from ktui.model.resources import Resource

_PATIENCE: Final = 2.0
"""Seconds for all that is asked of a cluster."""

_MOST: Final = "1000"
"""Objects of one kind: nobody chooses among more by pressing Tab."""

_Asks = Callable[["Connection"], Awaitable[Iterable[str]]]


def _offered(words: Iterable[str], incomplete: str) -> list[str]:
    """Those that begin so, in order; what a shell or a terminal could trip over is left out."""
    return sorted({word for word in words if word.startswith(incomplete) and word == clean(word) and " " not in word})


def _settings(context: click.Context) -> Settings | None:
    try:
        return load(flags_of(context), os.environ)
    except SettingsError:
        return None


# What the kubeconfig and the program know


def contexts(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The contexts of the kubeconfig."""
    from ktui.cli.cluster import access  # noqa: PLC0415 - a command that is run has no use for these
    from ktui.kube.auth.chosen import contexts as known  # noqa: PLC0415
    from ktui.kube.errors import KubeError  # noqa: PLC0415

    settings = _settings(context)
    try:
        return _offered((each.name for each in known(access(settings))), incomplete) if settings is not None else []
    except KubeError:
        return []


def themes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The themes of the dashboard."""
    from ktui.tui.theme import THEMES  # noqa: PLC0415 - it imports Textual

    return _offered(THEMES, incomplete)


def scenarios(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The scenarios of `ktui demo` and `ktui sim`."""
    from ktui.sim import causes  # noqa: PLC0415
    from ktui.sim import scenarios as known  # noqa: PLC0415

    return _offered((info.name for info in (*known(), *causes())), incomplete)


# What the cluster knows


def namespaces(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The namespaces of the cluster, if they may be listed."""
    return _offered(_answer(context, _namespaces), incomplete)


def workloads(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The rollouts of the namespace: `web`, `sts/db`; behind a kind that stands alone, the names of that kind."""
    from ktui.model.reference import Reference, read_kinds  # noqa: PLC0415

    typed: Sequence[str] = context.meta.get(TYPED, ())
    kinds = read_kinds(typed[0]) if typed else None
    before, slash, _ = incomplete.partition("/")
    wanted = kinds if kinds is not None else read_kinds(before) if slash else None

    async def names(connection: Connection) -> Iterable[str]:
        found = await _names(connection, wanted)
        if kinds is not None:
            return [name for _, name in found]
        return [f"{before}/{name}" if slash else Reference(name, resource).short for resource, name in found]

    return [word for word in _offered(_answer(context, names), incomplete) if word not in typed]


def revisions(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The numbers of the revisions that are kept of the NAME that was typed, the newest first."""
    reference = _named(context)
    if reference is None:
        return []

    async def numbers(connection: Connection) -> Iterable[str]:
        from ktui.kinds.registry import history_of  # noqa: PLC0415
        from ktui.live.extensions import settle  # noqa: PLC0415
        from ktui.live.snapshot import read_workload  # noqa: PLC0415

        meant = await settle(connection, reference)
        store = await read_workload(connection, meant, connection.clock.now, note=_ignore)
        return [str(each.number) for workload in store.shown() for each in history_of(store, workload).revisions]

    return sorted(_offered(_answer(context, numbers), incomplete), key=int, reverse=True)


def containers(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The containers of the NAME that was typed."""
    reference = _named(context)
    if reference is None:
        return []

    async def names(connection: Connection) -> Iterable[str]:
        from ktui.kinds.registry import kind_at  # noqa: PLC0415
        from ktui.kube.api import Api  # noqa: PLC0415
        from ktui.live.extensions import settle  # noqa: PLC0415

        meant = await settle(connection, reference)
        raw = await Api(connection).get(meant.resource, connection.namespace, str(meant.name))
        pods = kind_at(meant.resource).template_of(raw).get("spec") or {}
        return [str(each["name"]) for part in ("initContainers", "containers") for each in pods.get(part) or ()]

    return _offered(_answer(context, names), incomplete)


def _named(context: click.Context) -> Reference | None:
    """The first workload that was typed before. With an option that has no value yet, click leaves words unread."""
    from ktui.model.reference import Reference, read_kinds, read_reference  # noqa: PLC0415

    found = context.params.get("reference") or context.params.get("names") or tuple(context.args)
    words = found if isinstance(found, tuple) else (found,)
    if len(words) > 1 and isinstance(words[0], str) and read_kinds(words[0]) is not None:
        words = (f"{words[0]}/{words[1]}",)
    word = next(iter(words), None)
    return word if isinstance(word, Reference) else read_reference(word) if isinstance(word, str) else None


def _answer(context: click.Context, asks: _Asks) -> Iterable[str]:
    from ktui.kube.errors import KubeError  # noqa: PLC0415

    settings = _settings(context)
    if settings is None:
        return ()
    try:
        return asyncio.run(asyncio.wait_for(_asked(settings, asks), _PATIENCE))
    except (KubeError, TimeoutError):
        return ()


async def _asked(settings: Settings, asks: _Asks) -> Iterable[str]:
    from ktui.cli.cluster import access  # noqa: PLC0415
    from ktui.kube.auth.chosen import Surroundings  # noqa: PLC0415
    from ktui.kube.connection import connect  # noqa: PLC0415

    async with await connect(access(settings), Surroundings()) as connection:
        return await asks(connection)


async def _namespaces(connection: Connection) -> Iterable[str]:
    from ktui.kube.api import Api  # noqa: PLC0415

    return await Api(connection).namespaces() or ()


async def _names(connection: Connection, wanted: Sequence[Resource] | None) -> list[tuple[Resource, str]]:
    from ktui.kinds.registry import EXTENSIONS, WORKLOADS  # noqa: PLC0415
    from ktui.live.extensions import extensions  # noqa: PLC0415

    served = await extensions(connection)
    known = (*WORKLOADS, *(kind.resource for kind in EXTENSIONS if kind.resource in served))
    chosen = [each for each in known if wanted is None or each in wanted]
    lists = await asyncio.gather(*(_names_of(connection, each) for each in chosen))
    return [(resource, name) for resource, names in zip(chosen, lists, strict=True) for name in names]


async def _names_of(connection: Connection, resource: Resource) -> list[str]:
    from ktui.kube.api import Api  # noqa: PLC0415
    from ktui.kube.errors import Forbidden  # noqa: PLC0415

    try:
        listed = await Api(connection).get_path(resource.path(connection.namespace), {"limit": _MOST})
    except Forbidden:
        return []
    return [str(item["metadata"]["name"]) for item in listed.get("items") or ()]


def _ignore(_: str) -> None:
    """What a command would say of its connection has no place in the line that is being typed."""


# The scripts


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the completion script for a shell: bash (4.4 and later), zsh or fish.

    \b
    Examples:
      ktui completion bash > ~/.local/share/bash-completion/completions/ktui
      ktui completion zsh > "${fpath[1]}/_ktui"
      ktui completion fish > ~/.config/fish/completions/ktui.fish

    Commands, options, names of rollouts, namespaces, contexts, revisions, containers, scenarios and themes are
    completed. If no cluster answers within two seconds, its names are left out.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(context.find_root().command, {}, "ktui", "_KTUI_COMPLETE")
    printing.verbatim(made.source_template % made.source_vars())
    return 0
