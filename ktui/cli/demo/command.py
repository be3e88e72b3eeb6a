"""`ktui sim` and `ktui demo`: a simulated cluster, for any client or for the dashboard."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from click.core import ParameterSource

from ktui.cli import printing
from ktui.cli.options import CONTEXT_SETTINGS, SCENARIOS, Command, flags_of, settings_of, theme_option
from ktui.cli.running import run
from ktui.sim import SimulatedCluster, causes, scenarios
from ktui.sim.cluster import Heard

if TYPE_CHECKING:
    from ktui.settings import Settings

_HINT: Final = "A simulated cluster: try anything · enter opens · b rolls back · ? says more"
"""It fits beside the sign of a notice at 80 columns."""

_speed = click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True, max=1000),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Simulated seconds per second.",
)
_seed = click.option(
    "--seed", type=int, metavar="N", default=0, show_default=True, help="The seed: the same number gives the same run."
)


def _fleet(command: Callable[..., int]) -> Callable[..., int]:
    """The options that change the fleet of a scenario."""
    for name, what in (
        ("--rate", "Changes of pods per second, on top of what the scenario does."),
        ("--deployments", "How many Deployments its fleet has."),
        ("--pods", "How many pods its fleet has, in all."),
    ):
        kind = click.IntRange(min=0 if name == "--rate" else 1)
        command = click.option(name, type=kind, metavar="N", help=f"{what} Only for scenarios with a fleet.")(command)
    return command


class Fleet(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a scenario's fleet is to be otherwise than the scenario says; None is as it says."""

    pods: int | None = None
    deployments: int | None = None
    events_per_second: int | None = None


def _cluster(
    scenario: str, fleet: Fleet, *, seed: int, speed: float, heard: Heard | None = None, **made: Any
) -> SimulatedCluster:
    """A cluster with a scenario, by name or from a file; `heard` hears of its history. Raises UsageError."""
    cluster = SimulatedCluster(seed=seed, speed=speed, **made)
    try:
        cluster.load(scenario, heard, **msgspec.to_builtins(fleet))
    except FileNotFoundError:
        known = ", ".join(info.name for info in scenarios())
        raise click.UsageError(f'There is no scenario "{scenario}"; available: {known}, or a file.') from None
    except ValueError as error:
        raise click.UsageError(f'The scenario "{scenario}" cannot be played: {error}.') from None
    return cluster


def _print_scenarios(context: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        printing.table(
            ["SCENARIO", "WHAT HAPPENS"], [[info.name, info.description] for info in (*scenarios(), *causes())]
        )
        context.exit()


_list = click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_print_scenarios, help="List the scenarios."
)


@click.command(context_settings=CONTEXT_SETTINGS)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port to listen on. Default: any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--write-kubeconfig",
    "written",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a kubeconfig with contexts for an admin, a viewer, a developer and a stranger.",
)
@click.option("--scenario", default="demo", show_default=True, metavar="NAME|FILE", help="The scenario to play.")
@_fleet
@click.option(
    "--kubelet-only",
    is_flag=True,
    help="Serve no cluster: run only the scheduler and kubelets, for the cluster in --kubeconfig.",
)
@click.option(
    "--kubeconfig",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="With --kubelet-only: the kubeconfig of that cluster.",
)
@click.option("--context", help="With --kubelet-only: the kubeconfig's context to use.")
@_speed
@_seed
@_list
def sim(
    *,
    port: int,
    host: str,
    written: Path | None,
    scenario: str,
    pods: int | None,
    deployments: int | None,
    rate: int | None,
    kubelet_only: bool,
    kubeconfig: Path | None,
    context: str | None,
    speed: float,
    seed: int,
) -> int:
    """Serve a simulated cluster over HTTP, for kubectl or any other client, until interrupted.

    \b
    Examples:
      ktui sim --write-kubeconfig /tmp/sim.yaml --scenario quiet
      kubectl --kubeconfig /tmp/sim.yaml get deployments -A
    """
    if kubelet_only:
        if kubeconfig is None:
            raise click.UsageError("--kubelet-only needs the --kubeconfig of the cluster to serve.")
        return _be_kubelets(kubeconfig, context, speed=speed, seed=seed)
    if kubeconfig is not None or context is not None:
        raise click.UsageError("--kubeconfig and --context go with --kubelet-only.")
    if written is None:
        raise click.UsageError("Missing option '--write-kubeconfig': without one, no client finds the cluster.")
    cluster = _cluster(scenario, Fleet(pods, deployments, rate), seed=seed, speed=speed)

    def ready(url: str) -> None:
        cluster.write_kubeconfig(written)
        printing.line(f"Simulated cluster at {url}")
        printing.line(f"  kubectl --kubeconfig {written} get deployments -A")
        printing.line(f"  ktui --kubeconfig {written}")

    try:
        run(cluster.serve(host, port, on_ready=ready))
    except OSError as error:
        # asyncio puts the address in front of the reason.
        reason = str(error.strerror).rpartition(": ")[2]
        printing.error(f"Nothing can listen at {host}:{port}: {reason}.", "Choose another --port.")
        return 1
    return 0


def _be_kubelets(kubeconfig: Path, context: str | None, *, speed: float, seed: int) -> int:
    from ktui.sim.node.remote import run_nodes  # noqa: PLC0415 - a simulated cluster needs no client library

    def ready() -> None:
        printing.line(f"Scheduler and kubelets for the cluster of {kubeconfig}, until interrupted.")

    try:
        run(run_nodes(kubeconfig, context, speed=speed, seed=seed, on_ready=ready))
    except ValueError as error:
        printing.error(f"{kubeconfig} cannot be used: {error}.", "Check it with kubectl.")
        return 1
    except OSError as error:
        printing.error(f"The cluster of {kubeconfig} cannot be reached: {error}.", "Check it with kubectl.")
        return 1
    return 0


_OUTWARD: Final = ("command", "webhook")
"""The notifications that reach others."""


def demo_settings(own: Settings, flags: Mapping[str, Any], kubeconfig: Path, *, tour: bool) -> Settings:
    """The user's settings without those about a real cluster: its scope is that of the flags, and no one is notified.

    Guardrails hold as everywhere, except in the tour, whose steps are actions.
    """
    unrestricted = {"read_only": False, "rules": ()} if tour else {}
    return msgspec.structs.replace(
        own,
        kubeconfig=str(kubeconfig),
        context="",
        as_user="",
        as_groups=(),
        request_timeout="0",
        namespace=flags.get("namespace") or "",
        all_namespaces=bool(flags.get("all_namespaces")),
        selector=flags.get("selector") or "",
        notify={key: value for key, value in own.notify.items() if key not in _OUTWARD},
        **unrestricted,
    )


@click.command(cls=Command, params=[theme_option()], shared=("namespace", "all_namespaces", "selector", "read_only"))
@click.argument("scenario", default="demo", shell_complete=SCENARIOS)
@_fleet
@_speed
@_seed
@click.option("--tour", is_flag=True, help="Learn the keys in eight steps, in a scenario of its own.")
@_list
@click.pass_context
def demo(
    context: click.Context,
    *,
    scenario: str,
    pods: int | None,
    deployments: int | None,
    rate: int | None,
    speed: float,
    seed: int,
    tour: bool,
) -> int:
    """Run the dashboard on a simulated cluster in the same process. No cluster is needed.

    \b
    Examples:
      ktui demo                          a fleet with failed, paused and held rollouts
      ktui demo --tour                   eight steps that teach the keys
      ktui demo causes/set-stranded      one of the causes, by name (--list)
    """
    from ktui.cli.dashboard import dashboard  # noqa: PLC0415 - sim needs no screens
    from ktui.cli.demo.history import Hindsight  # noqa: PLC0415
    from ktui.figures.book import Book  # noqa: PLC0415

    if tour and context.get_parameter_source("scenario") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--tour has its own scenario: leave out SCENARIO.")
    if tour and any(flags_of(context).get(name) for name in ("namespace", "selector", "read_only")):
        raise click.UsageError("--tour shows all rollouts and acts on them: leave out -n, -l and --read-only.")
    hindsight = Hindsight()
    fleet = Fleet(pods, deployments, rate)
    played = "tour" if tour else scenario
    cluster = _cluster(played, fleet, seed=seed, speed=speed, heard=hindsight.hear, name="demo")
    with (
        tempfile.TemporaryDirectory(prefix="ktui-demo-") as folder,
        cluster.serving(),
        closing(Book()) as book,
        hindsight.written_into(book),
    ):
        kubeconfig = cluster.write_kubeconfig(Path(folder) / "kubeconfig")
        settings = demo_settings(settings_of(context), flags_of(context), kubeconfig, tour=tour)
        # What is done to it is no deed of the user's: it is kept for the timeline, and goes with the cluster.
        hint = "" if tour else _HINT
        return dashboard(settings, hint=hint, open_book=lambda _: book, audit=Path(folder) / "audit.jsonl", tour=tour)
