"""The door between the commands and the terminal."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wcwidth import wcwidth

import ktui
from ktui import signs
from ktui.cli import printing, standard_streams
from ktui.text import clean
from ktui.tui.draw.widgets import fit
from tests.cli.conftest import Ktui

EVIL = "app\x1b]52;c;UFdO\x07\x9b2J\u202e\nnext\udc9b"
SHOWN = "app␛]52;c;UFdO␇<U+009B>2J<U+202E> next<9B>"
EXACT = "app␛]52;c;UFdO␇<U+009B>2J<U+202E>␊next<9B>"
PACKAGE = Path(ktui.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))

_WRITERS = {"click.echo", "click.secho", "click.confirm", "click.prompt", "click.echo_via_pager", "print"}
_DOORS = {"cli/printing.py", "tui/ending.py"}
"""What writes: of the dashboard, the words that are left when the terminal is the shell's again."""


def round_the_door(tree: ast.AST) -> Iterator[str]:
    """Calls that write to the terminal by themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in _WRITERS or called.startswith(("sys.stdout.write", "sys.stderr.write")):
                yield called


def test_no_command_goes_round_the_door() -> None:
    texts = {str(source.relative_to(PACKAGE)): source.read_text() for source in SOURCES}
    suspects = {name: text for name, text in texts.items() if re.search(r"print\(|click\.|\.write\(", text)}
    found = {name: list(round_the_door(ast.parse(text))) for name, text in suspects.items()}
    assert {name for name, calls in found.items() if calls} == _DOORS


def test_the_check_sees_what_goes_round() -> None:
    assert list(round_the_door(ast.parse("print(name)\nclick.echo(name)\nsys.stdout.write(name)"))) != []


@given(text=st.text())
@example(text=EVIL)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_printed_can_be_seen(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    printing.line(text)
    printing.note(text)
    printing.error(text, text)
    printing.table(["NAME", text], [[text, "a"], ["b", text]])
    out, err = capsys.readouterr()
    assert len(out.split("\n")) == 5
    assert len(err.split("\n")) == (4 if text else 3)
    assert all(line.isprintable() for line in (out + err).split("\n"))


@given(text=st.text(st.characters()), output=st.sampled_from(["json", "yaml"]))
@example(text=EVIL, output="json")
@example(text=EVIL + "\x7f\x85\u2028", output="yaml")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_document_is_ascii_and_means_what_it_did(text: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    printing.document({"name": text, "list": [text]}, output)
    out = capsys.readouterr().out
    assert out.isascii()
    assert all(line.isprintable() for line in out.split("\n"))
    if output == "json":
        assert json.loads(out) == {"name": text, "list": [text]}
    elif text.encode("utf-8", "replace").decode() == text:
        assert yaml.safe_load(out) == {"name": text, "list": [text]}


LETTERS = st.text(
    st.one_of(st.characters(), st.sampled_from("漢가🇩🇪👍🏽\u0301\u1161\u11ab\u093f\u200d\ufe0f\u3164กำ💻ｆ")),
    max_size=12,
)


@given(names=st.lists(LETTERS, min_size=20, max_size=40))
@example(
    names=[
        "cart",
        "漢字",
        "e\u0301\u0301a",
        "👩‍💻",
        "🇩🇪",
        "👍🏽",
        "a\u200bb",
        "가",
        "\u1100\u1161\u11a8",
        "x\u1161",
        "\x1b[2J",
    ]
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_columns_stand_below_each_other_in_a_terminal(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    printing.table(["NAME", "READY"], [[name, "|1/1"] for name in names])
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(names) + 1
    assert {columns(line.rpartition("|")[0]) for line in printed[1:]} == {len(printed[0]) - len("READY")}
    # And so it does in its own room on a screen, whatever is cut of it.
    assert {columns(fit(clean(name), 11)) for name in names} == {11}


def columns(text: str) -> int:
    """Cells that a terminal takes for it which knows each letter by itself, as most do."""
    return sum(max(0, wcwidth(letter)) for letter in text)


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, no_colour, shown in (
        (Screen(), "", "\x1b[31m- ␛[2J\x1b[0m\n"),
        (Screen(), "1", "- ␛[2J\n"),
        (io.StringIO(), "", "- ␛[2J\n"),
    ):
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.delenv("NO_COLOR", raising=False)
        if no_colour:
            monkeypatch.setenv("NO_COLOR", no_colour)
        printing.line("- \x1b[2J", colour="red")
        assert stream.getvalue() == shown


@pytest.mark.parametrize(
    "arguments",
    [
        [EVIL],
        ["get", f"--{EVIL}"],
        ["get", "-o", EVIL],
        ["status", f"{EVIL}/web"],
        ["status", "web", "--timeout", EVIL],
        ["scale", "web", "--replicas", EVIL],
        ["canary", "web", "--image", f"web={EVIL}", "--steps", EVIL],
        ["canary", "web", "-f", EVIL],
        ["set-image", "web", EVIL],
        ["set-image", "web", f"{EVIL}={EVIL}", "--yes"],
        ["report", "--since", EVIL],
        ["demo", EVIL],
        ["sim", "--port", EVIL],
        ["--request-timeout", EVIL, "get"],
        ["--kubeconfig", f"/{EVIL}", "get"],
        ["--context", EVIL, "get"],
        ["-n", EVIL, "get"],
        ["get", "-l", EVIL],
        ["get", EVIL],
        ["--as", EVIL, "get"],
    ],
    ids=lambda arguments: " ".join(each for each in arguments if each.isprintable()) or "evil",
)
def test_an_argument_is_echoed_as_what_can_be_seen(arguments: list[str], ktui: Ktui) -> None:
    echoes = arguments[-1] == EVIL or arguments[0].startswith("--")
    ran = ktui(*arguments)
    assert ran.code not in (0, 70), ran
    assert all(line.isprintable() for line in (ran.out + ran.err).split("\n")), ran
    # As ktui's sentences quote it, or as click does.
    assert not echoes or EXACT in ran.err or ascii(EVIL)[1:-1] in ran.err or SHOWN in ran.err, ran


@pytest.mark.parametrize("name", ["KTUI_THEME", "KTUI_REQUEST_TIMEOUT", "KTUI_READ_ONLY", "KTUI_CONTEXT"])
def test_what_the_environment_says_is_echoed_likewise(name: str, ktui: Ktui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, EVIL)
    ran = ktui("get") if name != "KTUI_THEME" else ktui()
    assert ran.code not in (0, 70), ran
    assert all(line.isprintable() for line in (ran.out + ran.err).split("\n")), ran


@pytest.mark.parametrize(
    "text",
    [
        'theme = "\\u001b[2J\\u009b"',
        'context = "\\u001b[2J\\u202e"',
        '"\\u001b[2J" = 1',
        'request_timeout = "\\u001b[2J"',
        "theme = '\x1b[2J'",
        "\x1b[2J",
        "a = [" * 3000,
        "a = " + "{a = " * 3000,
        "a." * 3000 + "a = 1",
        f'request_timeout = "{"9" * 400}"',
        f"request_timeout = {'9' * 400}",
        f'request_timeout = "{"9" * 400}h"',
        "as_groups = 9223372036854775808",
        "history = 1979-05-27",
        "kubeconfig = {}",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_what_the_settings_say_ends_in_a_sentence(text: str, ktui: Ktui, own_folders: Path) -> None:
    config = own_folders / "config" / "ktui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text, encoding="utf-8")
    ran = ktui() if "theme" in text else ktui("get")
    assert ran.code not in (0, 70), ran
    assert all(line.isprintable() for line in (ran.out + ran.err).split("\n")), ran
    assert len(ran.err) < 1500


def test_behind_the_door_hangs_a_net() -> None:
    raw = io.BytesIO()
    text = standard_streams._Text(io.BufferedWriter(raw), encoding="utf-8", errors=signs.ERRORS, line_buffering=True)
    text.write(f"\x1b[31mred\x1b[0m {EVIL}\ttab ✔\n")
    assert raw.getvalue().decode() == f"\x1b[31mred\x1b[0m {SHOWN.replace(' ', chr(10))}\ttab ✔\n"


# Encodings that lack signs


@pytest.mark.parametrize("locale", [{"PYTHONIOENCODING": "latin-1"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_table_keeps_its_columns_in_another_encoding(
    locale: dict[str, str], cart: Any, ktui_process: Callable[..., Popen[str]]
) -> None:
    out, err = ktui_process("get", "cart", env={**os.environ, **locale}, encoding="ascii").communicate(timeout=60)
    assert "cart" in out
    assert not err
    assert "\\u" not in out


@pytest.mark.parametrize(("glyphs", "arrow"), [("", ">"), ("unicode", "→"), ("ascii", ">")])
def test_a_locale_without_a_charset_gets_signs_in_ascii_unless_told_otherwise(
    glyphs: str, arrow: str, cart: Any, ktui_process: Callable[..., Popen[str]]
) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("LANG", "PYTHONIOENCODING")}
    environment |= {"LC_ALL": "C", "KTUI_GLYPHS": glyphs}
    out, _ = ktui_process("diff", "cart", env=environment, encoding="utf-8").communicate(timeout=60)
    assert f"revision 1 {arrow} revision 2" in out
