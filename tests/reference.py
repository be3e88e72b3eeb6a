"""`python -m tests.reference` writes what is made from the command line and the keymap: a man page, two documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Final, NamedTuple

import click

from ktui import __version__
from ktui.cli.options import GlobalOption
from ktui.cli.root import root
from ktui.tui.dialogs.help import EVERYWHERE, PAGES
from ktui.tui.keymap import ANSWERS, NAMES

ROOT: Final = Path(__file__).parents[1]
MAN: Final = ROOT / "packaging" / "ktui.1"
COMMANDS: Final = ROOT / "docs" / "commands.md"
KEYS: Final = ROOT / "docs" / "keys.md"

EXIT_CODES: Final = (
    ("0", "done; the rollout is complete"),
    ("1", "it failed, or the rollout did"),
    ("2", "wrong usage"),
    ("3", "not finished: time is up, or it waits for someone"),
    ("130", "interrupted"),
)


class Described(NamedTuple):
    """One command as it describes itself."""

    name: str
    """With those that it belongs to: `ktui config check`."""
    usage: str
    paragraphs: list[str]
    examples: list[str]
    options: list[tuple[str, str]]


def described() -> Iterator[Described]:
    """Every command, in the order of help; first `ktui` itself."""
    yield from _described(root, _context(root, "ktui"), "ktui")


def _described(command: click.Command, context: click.Context, name: str) -> Iterator[Described]:
    paragraphs, examples = [], []
    for part in re.split(r"\n\s*\n", cleandoc(command.help or "").replace("\b\n", "\b")):
        lines = part.removeprefix("\b").split("\n")
        if lines[0].strip() == "Examples:":
            examples = [
                line.strip() if line.strip().startswith(("ktui", "kubectl")) else line[2:] for line in lines[1:]
            ]
        elif part.startswith("\b"):
            paragraphs.append("\n".join(lines))
        else:
            paragraphs.append(" ".join(line.strip() for line in lines))
    options = [
        record
        for each in command.get_params(context)
        if isinstance(each, click.Option)
        and (command is root or not isinstance(each, GlobalOption))
        and (record := each.get_help_record(context)) is not None
    ]
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield Described(name, usage, paragraphs, examples, options)
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            assert found is not None
            yield from _described(found, _context(found, each, context), f"{name} {each}")


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    """A context with the command's own settings: click keeps the help option that it makes for the first one."""
    return command.make_context(name, [], parent, resilient_parsing=True)


# The man page


def man() -> str:
    """packaging/ktui.1."""
    commands = list(described())
    parts = [
        '.\\" Made by python -m tests.reference from the command line itself.',
        f'.TH KTUI 1 "" "ktui {__version__}" "User Commands"',
        ".SH NAME",
        "ktui \\- see and steer Kubernetes rollouts in a terminal",
        ".SH SYNOPSIS",
        ".nf",
        *(_bold(each.usage) for each in commands),
        ".fi",
        ".SH DESCRIPTION",
        *_man_body(commands[0]),
        ".SH GLOBAL OPTIONS",
        *_man_options(commands[0]),
    ]
    for each in commands[1:]:
        parts += [f'.SH "{_roff(each.name.upper())}"', _bold(each.usage), *_man_body(each), *_man_options(each)]
    parts += [".SH EXIT STATUS", *(line for code, means in EXIT_CODES for line in (".TP", _bold(code), _roff(means)))]
    parts += [
        ".SH FILES",
        ".TP", ".I ~/.config/ktui/config.toml", "settings and guardrails",
        ".TP", ".I ~/.local/state/ktui", "the audit log, and the rollouts that were recorded",
        ".SH ENVIRONMENT",
        ".TP", ".B KUBECONFIG", "as of kubectl",
        ".TP", ".B KTUI_*", "each key of config.toml, such as KTUI_THEME and KTUI_READ_ONLY",
        ".TP", ".B NO_COLOR", "if set, no colours",
        ".SH SEE ALSO", ".BR kubectl (1)",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _man_body(of: Described) -> Iterator[str]:
    for paragraph in of.paragraphs:
        yield ".PP"
        if "\n" in paragraph:
            yield from (".nf", *map(_roff, paragraph.split("\n")), ".fi")
        else:
            yield _roff(paragraph)
    if of.examples:
        yield from (".PP", "Examples:", ".PP", ".RS 2", ".nf", *map(_roff, of.examples), ".fi", ".RE")


def _man_options(of: Described) -> Iterator[str]:
    for names, means in of.options:
        yield from (".TP", _bold(names), _roff(means))


def _bold(text: str) -> str:
    return f'.B "{_roff(text)}"' if '"' not in text else f"\\fB{_roff(text)}\\fR"


def _roff(text: str) -> str:
    """Text in which roff finds no request and no escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return f"\\&{text}" if text.startswith((".", "'")) else text


# The documents


def commands() -> str:
    """docs/commands.md."""
    made = list(described())
    parts = [
        "# Commands\n\nMade from the command line itself by `python -m tests.reference`. `ktui COMMAND --help` says "
        "the same, and so does `man ktui`, if your installer links man pages (pipx does).\n",
        *(f"- [`{each.name}`](#{each.name.replace(' ', '-')})" for each in made),
        "",
    ]
    for each in made:
        parts += [f"## {each.name}\n", f"```text\n{each.usage}\n```\n"]
        parts += [f"```text\n{text}\n```\n" if "\n" in text else f"{_markdown(text)}\n" for text in each.paragraphs]
        if each.examples:
            parts.append("```sh\n" + "\n".join(map(_commented, each.examples)) + "\n```\n")
        if each.options:
            head = "global options, which most commands take" if each.name == "ktui" else "option"
            parts += [f"| {head} | |\n| --- | --- |"]
            parts += [f"| `{_cell(names)}` | {_cell(_markdown(means))} |" for names, means in each.options]
            parts.append("")
    parts.append("## Exit codes\n\n| code | means |\n| --- | --- |")
    parts += [f"| {code} | {means} |" for code, means in EXIT_CODES]
    return "\n".join(parts) + "\n"


def keys() -> str:
    """docs/keys.md."""
    parts = [
        "# Keys\n\nMade from the keymap by `python -m tests.reference`. `?` shows the same in the dashboard, with the "
        "reason why an action is unavailable now. A key means the same on every screen.\n"
    ]
    sections = [("Everywhere", EVERYWHERE), *((f"On the screen: {page}", rows) for page, rows in PAGES.items())]
    for title, rows in sections:
        parts += [f"## {title}\n", "| key | does |\n| --- | --- |"]
        parts += [f"| {_keys(names)} | {_cell(means)} |" for names, means in rows]
        parts.append("")
    parts += ["## In a question or a form\n", "| key | means |\n| --- | --- |"]
    parts += [f"| `{NAMES.get(key, key)}` | {means} |" for key, means in ANSWERS.items()]
    return "\n".join(parts) + "\n"


def _keys(names: str) -> str:
    return " ".join(f"`{_cell(name)}`" for name in names.split())


def _commented(example: str) -> str:
    """A line that a shell can run as it is copied: what it is about is a comment."""
    return re.sub(r"^(\S.*?  +)(?=\S)", r"\1# ", example)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _markdown(text: str) -> str:
    """Text in which nothing but code is markup."""
    return re.sub(r"(?<!\\)([*<_])(?=[^`]*(?:`[^`]*`[^`]*)*$)", r"\\\1", text)


MADE: Final = {MAN: man, COMMANDS: commands, KEYS: keys}

if __name__ == "__main__":
    for path, make in MADE.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(make(), encoding="utf-8")
