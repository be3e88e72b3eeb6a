"""What the command line says of kubeconfigs and logins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Ktui
from tests.simulated import Witness


def changed(path: Path, **user: Any) -> None:
    document = yaml.safe_load(path.read_text())
    document["users"][0]["user"] = user
    path.write_text(yaml.safe_dump(document))


def test_a_login_that_is_not_sent_is_noted_once_and_beside_the_output(
    ktui: Ktui, cart: Witness, kubeconfig: Path
) -> None:
    changed(kubeconfig, token="hunter2")
    for command in (["get", "-o", "json"], ["pause", "cart", "--dry-run", "-o", "json"], ["status", "cart"]):
        ran = ktui(*command)
        assert ran.code == 0
        assert ran.err.count("is asked without TLS, so the credentials of the user") == 1
        assert "TLS" not in ran.out
        assert "hunter2" not in ran.out + ran.err


def test_without_a_login_there_is_nothing_to_note(ktui: Ktui, cart: Witness) -> None:
    assert ktui("get").err == ""


def test_a_kubeconfig_from_a_pipe_serves_a_whole_command(ktui: Ktui, cart: Witness, kubeconfig: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, kubeconfig.read_bytes())
    os.close(writing)
    try:
        ran = ktui("--kubeconfig", f"/dev/fd/{reading}", "get")
    finally:
        os.close(reading)
    assert (ran.code, "cart" in ran.out) == (0, True)


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ({"token": 123}, 'token of the user "admin" is a number, and must be text.'),
        ({"token": "hunter2\n"}, 'token of the user "admin" holds a line break or another control character.'),
        ({"as": "a\u001b]0;x\u0007"}, 'as of the user "admin" holds a line break or another control character.'),
        ({"exec": "aws"}, 'exec of the user "admin" is text, and must be a mapping.'),
    ],
)
def test_a_field_that_cannot_be_is_one_sentence(
    ktui: Ktui, kubeconfig: Path, user: dict[str, Any], sentence: str
) -> None:
    changed(kubeconfig, **user)
    ran = ktui("get")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == f"ktui: In the kubeconfig {kubeconfig}, {sentence}"
    assert "hunter2" not in ran.err
    assert "\x1b" not in ran.err


def test_a_password_in_the_servers_address_is_never_shown(ktui: Ktui, kubeconfig: Path) -> None:
    kubeconfig.write_text(kubeconfig.read_text().replace("http://", "https://me:hunter2@"))
    ran = ktui("get")
    assert ran.code == 1
    assert 'server of the cluster "simulated" holds a user or password' in ran.err
    assert "hunter2" not in ran.err


def test_escape_sequences_in_names_and_paths_do_nothing(ktui: Ktui, tmp_path: Path) -> None:
    for arguments in (["--context", "a\x1b[2J"], ["--kubeconfig", f"{tmp_path}/\x1b]0;x\x07"]):
        ran = ktui(*arguments, "get")
        assert ran.code == 1
        assert "\x1b" not in ran.out + ran.err
        assert "\x07" not in ran.out + ran.err


def test_a_command_to_copy_acts_as_the_same_user(ktui: Ktui, cart: Witness, kubeconfig: Path) -> None:
    ran = ktui("--as", "admin", "--as-group", "system:masters", "pause", "cart", "--dry-run")
    assert "--context simulated --as admin --as-group system:masters -n shop rollout pause" in ran.out
