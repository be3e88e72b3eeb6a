"""The command `ktui` itself: finds the subcommand, and imports nothing that another one needs."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from ktui import __version__, start_profile
from ktui.cli import standard_streams
from ktui.cli.exit_codes import BROKEN_PIPE, FAILED, INTERRUPTED
from ktui.cli.failures import guarded
from ktui.cli.options import CONTEXT_SETTINGS, global_options, profile_option, settings_of, theme_option, write_options

_COMMANDS: Final = {
    "get": ("ktui.cli.get.command", "Rollouts, one per line, worst first."),
    "status": ("ktui.cli.status.command", "Follow one rollout to its end."),
    "history": ("ktui.cli.history.command", "Revisions: what changed, when, why, who."),
    "diff": ("ktui.cli.history.command", "What differs between two revisions."),
    "timeline": ("ktui.cli.timeline.command", "What happened to one rollout, in order."),
    "logs": ("ktui.cli.logs.command", "What the pods of a rollout write, new or old."),
    "resources": ("ktui.cli.resources.command", "CPU and memory, new against old; quota left."),
    "report": ("ktui.cli.report.command", "How rollouts went: success, durations, recovery."),
    "audit": ("ktui.cli.audit.command", "Who did what: ktui, and what others wrote."),
    "pause": ("ktui.cli.act.commands", "Stop the rollout; running pods keep running."),
    "resume": ("ktui.cli.act.commands", "Continue a paused rollout."),
    "canary": ("ktui.cli.act.canary", "Roll out to a few pods and hold there."),
    "promote": ("ktui.cli.act.canary", "Promote a rollout to its next step."),
    "rollback": ("ktui.cli.act.commands", "Return to an earlier revision."),
    "abort": ("ktui.cli.act.commands", "Abort a rollout and roll back."),
    "retry": ("ktui.cli.act.commands", "Roll out again what was aborted (Argo Rollouts)."),
    "terminate": ("ktui.cli.act.commands", "End a running analysis (Argo Rollouts)."),
    "traffic": ("ktui.cli.act.traffic", "Split traffic, and set tags (Knative)."),
    "set-image": ("ktui.cli.act.commands", "Roll out another image."),
    "scale": ("ktui.cli.act.commands", "Set the number of pods."),
    "restart": ("ktui.cli.act.commands", "Replace every pod."),
    "config": ("ktui.cli.config.command", "Check config.toml and its guardrails."),
    "open": ("ktui.cli.open", "Open the dashboard at one rollout."),
    "completion": ("ktui.cli.completion", "Print the completion script of a shell."),
    "demo": ("ktui.cli.demo.command", "Run the dashboard on a simulated cluster."),
    "sim": ("ktui.cli.demo.command", "Serve a simulated cluster, for any client."),
}
"""Where each command is and what it does in short: help is written without importing them all."""

_FORMER: Final = {"usage": "resources"}
"""Earlier names of commands, which still work and are not listed."""


class Root(click.Group):
    """The group whose members are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of use."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        cmd_name = _FORMER.get(cmd_name, cmd_name)
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does. What is not a command is the name of a rollout to open, unless it looks like a typo."""
        if args and args[0] not in (*_COMMANDS, *_FORMER) and not args[0].startswith("-"):
            if not ctx.resilient_parsing:
                self._refuse_a_typo(args[0], ctx)
            args = ["open", *args]
        found = super().resolve_command(ctx, args)
        # What has been imported stays (`ktui.__main__`); what the command makes may be collected. A process that runs
        # many commands freezes once: else the garbage of those before would stay, too.
        if not gc.get_freeze_count():
            gc.freeze()
        gc.enable()
        return found

    @staticmethod
    def _refuse_a_typo(word: str, ctx: click.Context) -> None:
        if "/" in word:
            return
        from difflib import get_close_matches  # noqa: PLC0415 - only a typo needs it

        close = get_close_matches(word, _COMMANDS, n=1, cutoff=0.7)
        if close:
            meant = f'There is no command "{word}". Did you mean {close[0]}?'
            raise click.UsageError(f"{meant} (A rollout of that name opens with: ktui open {word})", ctx)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            # Without a terminal no rollout can be opened, so a command is what was meant.
            raise click.UsageError(f'There is no command "{word}"; available: {", ".join(_COMMANDS)}.', ctx)

    def invoke(self, ctx: click.Context) -> Any:
        """The command; Ctrl-C and a pipe that nobody reads end it without a word, which click would add."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            unkept = standard_streams.failure()
            raise click.exceptions.Exit(FAILED if unkept else BROKEN_PIPE) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands before options: they are what is looked for."""
        self.format_commands(ctx, formatter)
        write_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """All commands, each with its one line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in _COMMANDS.items()])


@click.command(
    cls=Root,
    invoke_without_command=True,
    params=[*global_options(), theme_option(), profile_option()],
    context_settings=CONTEXT_SETTINGS,
)
@click.version_option(__version__, prog_name="ktui", message="%(prog)s %(version)s")
@click.pass_context
def root(context: click.Context) -> Any:
    """See and steer Kubernetes rollouts. Without a command: the dashboard. `ktui shop/web` opens it at that rollout.

    \b
    Examples:
      ktui                              the dashboard, all namespaces
      ktui -n shop --read-only          one namespace, and no actions
      ktui shop/checkout                the dashboard, opened at one rollout
      ktui status checkout -n shop      follow one rollout without a screen
      ktui demo --tour                  learn it without a cluster
    """
    _log_nothing()
    if context.invoked_subcommand is not None:
        return None
    start_profile.reached("the command line is read")
    from ktui.cli.dashboard import dashboard  # noqa: PLC0415

    start_profile.reached("the dashboard is imported, and Textual")
    return dashboard(settings_of(context))


def _log_nothing() -> None:
    """Drop what libraries log: it is no sentence for a person, and may hold what no one may see."""
    import logging  # noqa: PLC0415 - help and the version have no use for it

    logging.getLogger().addHandler(logging.NullHandler())


def program_name(called: str) -> str:
    """How help calls the program: a plugin of kubectl is called through kubectl."""
    return "kubectl ktui" if Path(called).stem.startswith("kubectl-") else "ktui"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit code. Never lets a traceback out."""
    return guarded(lambda: root.main(arguments, prog_name=program_name(sys.argv[0]), standalone_mode=False))
