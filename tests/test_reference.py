"""The man page and the documents that are made from commands and keys are up to date, and each example works."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from ktui.cli.root import root
from tests.reference import MADE, MAN, ROOT, Described, described

EVERY = list(described())


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_what_is_made_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == MADE[path](), "run `python -m tests.reference`"


@pytest.mark.parametrize("command", EVERY, ids=lambda each: each.name)
def test_each_command_has_examples_and_each_of_them_can_be_read(command: Described) -> None:
    if command.usage.endswith("COMMAND [ARGS]...") and command.name != "ktui":
        return
    assert command.examples
    lines = "\n".join(command.examples).replace("\\\n", " ").split("\n")
    for line in lines:
        words = shlex.split(line.partition("  ")[0].partition(" | ")[0].partition(" > ")[0])
        if words[0] == "ktui":
            _parse(root, words)
        else:
            assert words[0] == "kubectl"


SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_each_command_in_a_document_can_be_copied() -> None:
    seen = 0
    for path in DOCUMENTS:
        for block in SHELL.findall(path.read_text(encoding="utf-8")):
            for line in re.findall(r"^ktui\b.*$", block.replace("\\\n", " "), re.MULTILINE):
                words = shlex.split(line, comments=True)
                ends = [at for at, word in enumerate(words) if word in ("|", ">")]
                _parse(root, words[: ends[0] if ends else None])
                seen += 1
    assert seen > 100


def _parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Read the words as the command line does, and run nothing. Raises UsageError."""
    context = command.make_context(words[0], words[1:], parent)
    if isinstance(command, click.Group) and (rest := [*context._protected_args, *context.args]):
        name, found, following = command.resolve_command(context, rest)
        assert found is not None
        _parse(found, [name or "", *following], context)


def test_the_man_page_can_be_read() -> None:
    man = shutil.which("man")
    if man is None:
        pytest.skip("there is no man here")
    ran = subprocess.run([man, "--warnings=w", "-l", str(MAN)], capture_output=True, text=True, check=True)
    assert not ran.stderr
    assert "roll back" in ran.stdout.lower()
