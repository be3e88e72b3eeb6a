"""What every command takes: the flags that kubectl has, before the command or after it, and `NAME`."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from ktui import start_profile
from ktui.cli import printing, standard_streams
from ktui.cli.exit_codes import FAILED

if TYPE_CHECKING:
    from ktui.model.reference import Reference
    from ktui.settings import Settings

# Help and the version are written without the model and the settings: half of what they would wait for.

_FLAGS: Final = "ktui.flags"

TYPED: Final = "ktui.typed"
"""Where the words of an argument are kept as they were typed, for what completes the next one."""

CONTEXT_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class GlobalOption(click.Option):
    """An option that is a setting. Given twice, the one that stands later counts."""

    def __init__(self, *declarations: str, **attributes: Any) -> None:
        super().__init__(declarations, expose_value=False, callback=_remember, **attributes)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    if context.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE:
        context.meta.setdefault(_FLAGS, {})[option.name] = value


class LengthOfTime(click.ParamType[str]):
    """`10s`, `1m30s`, or a number of seconds; the text stays as it is."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it is one."""
        from ktui.settings import seconds  # noqa: PLC0415

        try:
            seconds(str(value))
        except ValueError as error:
            self.fail(f"{error} is not a length of time; write 10s, or 1m30s.", param, ctx)
        return str(value)


DURATION: Final = LengthOfTime()


Completes = Callable[[click.Context, click.Parameter, str], list[str]]
"""Words that may stand where an incomplete one is: click calls it."""


def completes(what: str) -> Completes:
    """What `completion` has under that name; imported when Tab is pressed."""

    def words(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        found: Completes = getattr(import_module("ktui.cli.completion"), what)
        return found(context, parameter, incomplete)

    return words


NAMES: Final = completes("workloads")
REVISIONS: Final = completes("revisions")
CONTAINERS: Final = completes("containers")
SCENARIOS: Final = completes("scenarios")


def global_options() -> list[click.Parameter]:
    """A set of them for one command."""
    return [
        GlobalOption("--kubeconfig", metavar="FILE", help="The kubeconfig to use."),
        GlobalOption(
            "--context", metavar="NAME", help="The kubeconfig's context to use.", shell_complete=completes("contexts")
        ),
        GlobalOption(
            "-n", "--namespace", metavar="NAME", help="The namespace.", shell_complete=completes("namespaces")
        ),
        GlobalOption("-A", "--all-namespaces", is_flag=True, help="All namespaces."),
        GlobalOption("-l", "--selector", metavar="LABELS", help="Show only workloads that match this label selector."),
        GlobalOption("--as", "as_user", metavar="USER", help="Impersonate this user."),
        GlobalOption(
            "--as-group", "as_groups", metavar="GROUP", multiple=True, help="Impersonate this group. Can be repeated."
        ),
        GlobalOption(
            "--request-timeout", type=DURATION, help="The time limit for one request: 10s, 1m30s. 0: no limit."
        ),
        GlobalOption("--read-only", is_flag=True, help="Disable all actions."),
    ]


def theme_option() -> click.Parameter:
    """The option of what shows a dashboard."""
    return GlobalOption(
        "--theme", metavar="NAME", help="The colour theme of the dashboard.", shell_complete=completes("themes")
    )


def profile_option() -> click.Parameter:
    """The option that explains a slow start. Hidden: it is for reports of such a one."""
    return click.Option(
        ["--profile-start"],
        metavar="FILE",
        hidden=True,
        expose_value=False,
        callback=_profile,
        help="Write there when each phase of the start was reached.",
    )


def _profile(context: click.Context, option: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        start_profile.write_to(Path(value))
    except OSError as error:
        raise click.BadParameter(f"{value} cannot be written: {error.strerror}.", context, option) from None


def settings_of(context: click.Context) -> Settings:
    """The settings of this call. Raises SettingsError."""
    from ktui.settings import load, state_folder  # noqa: PLC0415

    if state_folder() is None:
        printing.note(
            "ktui: There is no home folder (set HOME): ktui works without its settings, records and audit log."
        )
    settings = load(flags_of(context), os.environ)
    if settings.rules:
        _check_kinds(settings)
    standard_streams.draw(settings.glyphs)
    return settings


def _check_kinds(settings: Settings) -> None:
    """A rule about a kind that does not exist would forbid nothing. Raises SettingsError."""
    # Only who has rules waits for all kinds to be imported.
    from ktui.kinds.registry import WORKLOADS  # noqa: PLC0415
    from ktui.model.resources import SERVICES  # noqa: PLC0415
    from ktui.plans.guardrails import unknown_kinds  # noqa: PLC0415
    from ktui.settings import SettingsError  # noqa: PLC0415

    for sentence in unknown_kinds(settings.guardrails, (*WORKLOADS, SERVICES)):
        raise SettingsError(
            f"The guardrails in config.toml cannot be used: {sentence}.", "Write deploy/NAME, sts/NAME."
        )


def flags_of(context: click.Context) -> Mapping[str, Any]:
    """The global options that were given."""
    flags: Mapping[str, Any] = context.meta.get(_FLAGS, {})
    return flags


def refuse_scope_flags(context: click.Context) -> None:
    """A command that takes a NAME has no use for flags that choose several. Raises UsageError."""
    for flag, spelled in (("selector", "-l"), ("all_namespaces", "-A")):
        if flags_of(context).get(flag):
            raise click.UsageError(f"{spelled} selects rollouts: leave it out, or leave out the NAME.")


class Command(click.Command):
    """A command that takes the global options, or those of them that are `shared`, and lists them apart.

    One that `shows` something has failed where that could not be printed. Any other does what it is for, and its exit
    code says how that went, whether anybody reads or not.
    """

    def __init__(self, *args: Any, shared: Container[str] | None = None, shows: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shows = shows
        self.context_settings = {**CONTEXT_SETTINGS, **self.context_settings}
        self.params.extend(each for each in global_options() if shared is None or each.name in shared)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; the exit code. Raises BrokenPipeError where it is for a reader, and there is none."""
        code = super().invoke(ctx)
        if not self._shows:
            return code
        if not standard_streams.is_read():
            raise BrokenPipeError
        return code or (FAILED if standard_streams.failure() else 0)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command's own options, then the global ones."""
        write_options(self, ctx, formatter)


def write_options(command: click.Command, context: click.Context, formatter: click.HelpFormatter) -> None:
    """Options in two sections."""
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and isinstance(parameter, click.Option):
            (shared if isinstance(parameter, GlobalOption) else own).append(record)
    for title, records in (("Options", own), ("Global options", shared)):
        with formatter.section(title):
            formatter.write_dl(records)


class WorkloadName(click.ParamType["Reference"]):
    """`web`, `deployment/web`, `sts/db`, `daemonset/agent`: with any of kubectl's words for the three kinds."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Reference:
        """The workload that is named."""
        from ktui.model.reference import Reference, read_reference  # noqa: PLC0415

        if isinstance(value, Reference):
            return value
        found = read_reference(str(value))
        if found is None:
            kinds = "web, deployment/web, statefulset/db or daemonset/agent"
            self.fail(f'"{value}" does not name a Deployment, StatefulSet or DaemonSet; write {kinds}.', param, ctx)
        return found


WORKLOAD: Final = WorkloadName()


class ServiceName(str):
    """The name of a Service, where a workload's could have been given."""

    __slots__ = ()


class WorkloadOrService(click.ParamType["Reference | ServiceName"]):
    """A workload as `WorkloadName` takes it, or `service/shop`, with any of kubectl's words for a Service."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Reference | ServiceName:
        """The workload, or the Service's name."""
        if isinstance(value, ServiceName):
            return value
        from ktui.model.reference import can_be_name  # noqa: PLC0415

        kind, _, name = str(value).partition("/")
        if kind.lower() not in ("service", "services", "svc") or not can_be_name(name):
            return WORKLOAD.convert(value, param, ctx)
        return ServiceName(name)


WORKLOAD_OR_SERVICE: Final = WorkloadOrService()


def output_option_of(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option -o with these formats beside text, JSON and YAML."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json", "yaml", *formats]),
        default="text",
        show_default=True,
        help="The output format.",
    )


output_option = output_option_of()


def _use_colours(context: click.Context, option: click.Parameter, mode: str) -> None:
    printing.use_colours(mode)
    context.call_on_close(lambda: printing.use_colours("auto"))


color_option = click.option(
    "--color",
    type=click.Choice(printing.COLOUR_MODES),
    default="auto",
    show_default=True,
    expose_value=False,
    callback=_use_colours,
    help="When to use colours. auto: on a terminal, unless NO_COLOR is set or TERM is dumb.",
)
