"""What leaves ktui: sequences of a terminal, documents, a program, and a request to a server."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Final

import msgspec
import pytest

from ktui.notify import forms, sequences
from ktui.notify.announcement import Announcement, What
from ktui.notify.command import run_command
from ktui.notify.delivery import Delivery
from ktui.notify.preferences import DEFAULTS, FORMS, Preferences, read_preferences
from ktui.rollout.rollout import Phase
from ktui.settings import seconds
from tests.notify.hook import SECRET, Hook
from tests.notify.test_announcement import CALM
from tests.rollout.made import NOW

EVIL: Final = "web\x1b]0;pwned\x07\x1b\\\x9c\u202e<!channel> @channel `x` ![p](http://e)\nnext"
HOSTILE: Final = Announcement(
    What.STALLED,
    msgspec.structs.replace(CALM, name=EVIL, namespace=EVIL, phase=Phase.PAUSED, paused_at=EVIL, image=EVIL),
)
FINE: Final = Announcement(What.COMPLETE, CALM)


# The terminal


@pytest.mark.parametrize("setting", ["osc9", "osc777", "both"])
@pytest.mark.parametrize("tmux", ["", "/tmp/tmux-0/default,1,0"])
def test_no_name_gets_out_of_a_sequence(setting: str, tmux: str) -> None:
    sent = sequences.desktop(HOSTILE.sentence + "x" * 500, setting, {"TMUX": tmux})
    if tmux:
        assert sent.count("\x1bPtmux;") == sent.count("\x1b\\") == (2 if setting == "both" else 1)
        sent = re.sub(r"\x1bPtmux;(.*?)\x1b\\", lambda found: found[1].replace("\x1b\x1b", "\x1b"), sent)
    parts = re.fullmatch(r"(?:\x1b\](9;ktui: |777;notify;ktui;)([^\x00-\x1f\x7f-\x9f]*)\x07)+", sent)
    assert parts is not None, repr(sent)
    assert "pwned" in sent
    assert len(sent) < 700
    assert ";" not in sent.rpartition("777;notify;ktui;")[2] or setting == "osc9"
    assert re.fullmatch(r"\x1b\]2;[^\x00-\x1f\x7f-\x9f]*\x1b\\", sequences.title(EVIL))


@pytest.mark.parametrize(
    ("environ", "codes"),
    [
        ({"TERM_PROGRAM": "iTerm.app"}, ["9"]),
        ({"LC_TERMINAL": "iTerm2", "TERM_PROGRAM": "tmux", "TERM": "tmux-256color"}, ["9"]),
        ({"TERM_PROGRAM": "WezTerm", "TERM": "xterm-256color"}, ["777"]),
        ({"TERM": "xterm-kitty"}, ["777"]),
        ({"TERM": "foot"}, ["777"]),
        ({"TERM": "xterm-256color"}, ["9", "777"]),
        ({"TERM": "linux"}, []),
    ],
)
def test_a_terminal_gets_what_it_is_known_for(environ: dict[str, str], codes: list[str]) -> None:
    sent = sequences.desktop("hello", "auto", environ)
    assert re.findall(r"\x1b\](\d+);", sent) == codes
    assert sequences.desktop("hello", "off", environ) == ""


# Documents


def test_a_document_says_what_became_of_it() -> None:
    said = forms.document(FINE, "prod-eu", NOW)
    assert said["schema"] == "ktui.notify/1"
    assert (said["event"], said["phase"], said["name"], said["context"]) == ("complete", "complete", "web", "prod-eu")
    assert said["time"] == "2026-11-23T13:00:00Z"


def test_whatever_leaves_is_clean_and_calls_no_one() -> None:
    texts = [json.dumps(forms.posted(form, [HOSTILE, FINE], EVIL, NOW), ensure_ascii=False) for form in FORMS]
    texts += forms.environment(HOSTILE, EVIL).values()
    assert len(texts) > 8
    for text in texts:
        assert text.replace("\\n", "").isprintable(), text
        assert "\u202e" not in text
    slack, mattermost = texts[1], texts[2]
    assert "<" not in slack
    assert "&lt;!channel&gt;" in slack
    foreign = re.sub(r"`[^`]*`", "", mattermost)
    assert "@channel" in mattermost
    assert "@channel" not in foreign
    assert "![" not in foreign


def test_a_message_of_a_chat_is_short() -> None:
    text = forms.posted("slack", [FINE] * 50, "prod-eu", NOW)["text"]
    assert text.startswith("50 rollouts: ✔50 complete\n")
    assert "\n… 30 more\n" in text


# The settings


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"rollout": "all"}, '[notify]: there is no key "rollout"; available: rollouts, when, bell'),
        ({"rollouts": "every"}, '[notify]: "rollouts" is "every"; available: none, started, followed, all'),
        ({"when": ["done"]}, '[notify]: "when" has "done"; available: complete, failed, stalled, held, aborted'),
        ({"bell": "yes"}, '[notify]: "bell" does not fit: Expected `bool`, got `str`'),
        ({"command": "notify-send"}, '[notify]: "command" does not fit: Expected `array`, got `str`'),
        ({"command": [""]}, '[notify]: "command" names no program'),
        ({"timeout": "1h"}, '[notify]: "timeout" is 1h; it is more than 0, and at most 300s'),
        ({"timeout": "soon"}, '[notify]: "timeout" is not a length of time: "soon"'),
        ({"webhook": {}}, "[notify.webhook]: give address_file or address_env, one of the two"),
        ({"webhook": {"address_file": "a", "address_env": "B"}}, "[notify.webhook]: give address_file or"),
        ({"webhook": {"address_env": "B", "form": "teams"}}, '[notify.webhook]: "form" is "teams"; available: json'),
        ({"webhook": {"address": f"https://x/{SECRET}"}}, "[notify.webhook]: the address is a secret: put it into"),
        ({"webhook": {"address_env": f"https://x/{SECRET}"}}, "[notify.webhook]: address_env is the name of a"),
        ({"webhook": {"address_file": f"https://x/{SECRET}"}}, "[notify.webhook]: address_file is the name of a"),
        ({"webhook": f"https://x/{SECRET}"}, '[notify]: "webhook" does not fit: Expected `object'),
    ],
)
def test_a_mistake_is_named_and_no_secret_is(table: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as raised:
        read_preferences(table, seconds)
    assert SECRET not in str(raised.value)


def test_without_a_table_the_defaults_hold() -> None:
    assert read_preferences({}, seconds) == DEFAULTS


# A program


@asynccontextmanager
async def delivering(table: dict[str, Any]) -> AsyncIterator[tuple[Callable[..., None], list[str]]]:
    """Send announcements; what ktui complains of is in the list."""
    complaints: list[str] = []
    delivery = Delivery(read_preferences(table, seconds), seconds, complaints.append)
    yield lambda *said: delivery.send(said, "prod-eu", NOW), complaints
    await delivery.aclose()


async def until(holds: Callable[[], object]) -> None:
    end = monotonic() + 30
    while not holds():
        assert monotonic() < end, "never"
        await asyncio.sleep(0.02)


async def test_a_program_is_started_for_each_without_a_shell(tmp_path: Path) -> None:
    script = (
        "import json, os, sys; said = json.load(sys.stdin)\n"
        "seen = [said['name'], os.environ['KTUI_NOTIFY_EVENT'], os.environ['KTUI_NOTIFY_SENTENCE'], *sys.argv[1:]]\n"
        f"open({str(tmp_path / 'seen')!r}, 'a').write(json.dumps(seen) + '\\n')"
    )
    async with delivering({"command": [sys.executable, "-c", script, "$HOME; $(id)"]}) as (send, complaints):
        send(FINE, HOSTILE)
        await until(lambda: (tmp_path / "seen").exists() and (tmp_path / "seen").read_text().count("\n") == 2)
    first, second = map(json.loads, (tmp_path / "seen").read_text().splitlines())
    assert first == ["web", "complete", FINE.sentence, "$HOME; $(id)"]
    assert second[2].isprintable()
    assert complaints == []


@pytest.mark.parametrize(
    ("command", "timeout", "sentence"),
    [
        (["/no/such/program", SECRET], "60s", "The notification command program cannot be started: No such file"),
        (
            [sys.executable, "-c", f"import sys; sys.exit('{SECRET}')"],
            "60s",
            "The notification command {} failed (exit code 1).",
        ),
        (
            [sys.executable, "-c", "import time; time.sleep(60)"],
            "300ms",
            "The notification command {} was ended: it ran longer",
        ),
    ],
)
async def test_a_program_that_fails_is_named_once(command: list[str], timeout: str, sentence: str) -> None:
    name = Path(sys.executable).name
    async with delivering({"command": command, "timeout": timeout}) as (send, complaints):
        send(FINE, FINE, FINE)
        await until(lambda: complaints)
    assert len(complaints) == 1
    assert complaints[0].startswith(sentence.format(name))
    assert SECRET not in complaints[0]


async def test_a_program_may_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\ncat >~/seen\n")
    program.chmod(0o700)
    await run_command(["~/program"], b"hello", {}, 30)
    assert (tmp_path / "seen").read_text() == "hello"


# A server


@pytest.mark.parametrize("form", FORMS)
async def test_a_server_gets_several_at_once(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = Hook()
    async with hook.serving() as address:
        monkeypatch.setenv("HOOK", address)
        async with delivering({"webhook": {"address_env": "HOOK", "form": form}}) as (send, complaints):
            send(FINE, HOSTILE)
            await until(lambda: hook.bodies)
    (body,) = hook.bodies
    assert body == json.loads(json.dumps(forms.posted(form, [FINE, HOSTILE], "prod-eu", NOW)))
    assert complaints == []


@pytest.mark.parametrize(
    ("answers", "posts", "sentence"),
    [
        ([503, 429, 200], 3, ""),
        ([404], 1, "The webhook did not take a notification: it answers 404."),
        ([302], 1, "The webhook did not take a notification: it answers 302."),
        ([500], 1, "The webhook did not take a notification: it answers 500."),
        ([503], 3, "The webhook did not take a notification: it answers 503."),
    ],
)
async def test_a_server_that_does_not_take_it_is_asked_again_only_if_that_makes_sense(
    answers: list[int], posts: int, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.notify.webhook._WAITS", (0.01, 0.01))
    hook, file = Hook(), tmp_path / "address"
    hook.answers, hook.headers = answers, {"Location": f"/elsewhere/{SECRET}"}
    async with hook.serving() as address:
        file.write_text(f"{address}\n")
        async with delivering({"webhook": {"address_file": str(file)}}) as (send, complaints):
            send(FINE)
            await until(lambda: len(hook.bodies) == posts and (complaints or not sentence))
    assert (len(hook.bodies), complaints) == (posts, [sentence] if sentence else [])


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (f"http://127.0.0.1:9/{SECRET}", "The webhook did not take a notification: it cannot be reached."),
        (f"https://127.0.0.1:9/{SECRET}", "The webhook did not take a notification: it cannot be reached."),
        (SECRET, "There is no address of a webhook in the variable HOOK: it begins with https://."),
        (f"ftp://{SECRET}/x", "There is no address of a webhook in the variable HOOK: it begins with https://."),
        (f"http://[{SECRET}", "There is no address of a webhook in the variable HOOK: it begins with https://."),
        ("", "There is no address of a webhook in the variable HOOK: it begins with https://."),
    ],
)
async def test_no_address_is_ever_said(address: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.notify.webhook._WAITS", (0.01, 0.01))
    monkeypatch.setenv("HOOK", address)
    async with delivering({"webhook": {"address_env": "HOOK"}}) as (send, complaints):
        send(FINE)
        await until(lambda: complaints)
        send(FINE)
    assert complaints == [sentence]


def test_what_config_check_says_has_no_argument_and_no_address() -> None:
    wanted = Preferences(command=("/bin/tell", SECRET))
    assert SECRET not in " ".join(wanted.lines)
