"""`ktui sim` and `ktui demo`: a simulated cluster, for any client or for the dashboard."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from ktui.cli import printing
from ktui.cli.options import CONTEXT_SETTINGS, Command, settings_of
from ktui.sim import SimulatedCluster, scenarios

_HINT: Final = "A simulated cluster: try anything · enter opens · b rolls back · ? says more"
"""It fits beside the sign of a notice at 80 columns."""

_speed = click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True, max=1000),
    default=1.0,
    show_default=True,
    metavar="X",
    help="Simulated seconds a second.",
)
_seed = click.option(
    "--seed", type=int, metavar="N", default=0, show_default=True, help="The same seed: the same fates."
)


def _cluster(scenario: str, *, seed: int, speed: float, **made: Any) -> SimulatedCluster:
    """A cluster with a scenario, by name or from a file. Raises UsageError."""
    cluster = SimulatedCluster(seed=seed, speed=speed, **made)
    try:
        cluster.load(scenario)
    except FileNotFoundError:
        known = ", ".join(info.name for info in scenarios())
        raise click.UsageError(f'There is no scenario "{scenario}"; there is: {known}, or a file.') from None
    except ValueError as error:
        raise click.UsageError(f'The scenario "{scenario}" cannot be played: {error}.') from None
    return cluster


def _print_scenarios(context: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked:
        printing.table(["SCENARIO", "WHAT HAPPENS"], [[info.name, info.description] for info in scenarios()])
        context.exit()


_list = click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_print_scenarios, help="List the scenarios."
)


@click.command(context_settings=CONTEXT_SETTINGS)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; without it, any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--write-kubeconfig",
    "kubeconfig",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write a kubeconfig for it; its contexts are admin, viewer, developer and stranger.",
)
@click.option("--scenario", default="demo", show_default=True, metavar="NAME|FILE", help="What is in it, and happens.")
@_speed
@_seed
@_list
def sim(*, port: int, host: str, kubeconfig: Path, scenario: str, speed: float, seed: int) -> int:
    """Serve a simulated cluster over HTTP, for kubectl or any other client, until interrupted."""
    cluster = _cluster(scenario, seed=seed, speed=speed)

    def ready(url: str) -> None:
        cluster.write_kubeconfig(kubeconfig)
        printing.line(f"Simulated cluster at {url}")
        printing.line(f"  kubectl --kubeconfig {kubeconfig} get deployments -A")
        printing.line(f"  ktui --kubeconfig {kubeconfig}")

    try:
        asyncio.run(cluster.serve(host, port, on_ready=ready))
    except OSError as error:
        # asyncio puts the address in front of the reason.
        reason = str(error.strerror).rpartition(": ")[2]
        printing.error(f"Nothing can listen at {host}:{port}: {reason}.", "Choose another --port.")
        return 1
    return 0


@click.command(cls=Command, shared=("namespace", "all_namespaces", "selector", "read_only"))
@click.argument("scenario", default="demo")
@_speed
@_seed
@_list
@click.pass_context
def demo(context: click.Context, scenario: str, speed: float, seed: int) -> int:
    """Run the dashboard on a simulated cluster in the same process: nothing else is needed."""
    from ktui.cli.dashboard import dashboard  # noqa: PLC0415 - sim needs no screens

    cluster = _cluster(scenario, seed=seed, speed=speed, name="demo")
    with tempfile.TemporaryDirectory(prefix="ktui-demo-") as folder, cluster.serving():
        kubeconfig = cluster.write_kubeconfig(Path(folder) / "kubeconfig")
        # Whatever cluster the user's own settings name, this is not it.
        here = {"kubeconfig": str(kubeconfig), "context": "", "as_user": "", "as_groups": (), "request_timeout": "0"}
        return dashboard(msgspec.structs.replace(settings_of(context), **here), hint=_HINT)
