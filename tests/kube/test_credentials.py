"""What is sent of a login and what never is, how it is renewed, and what is said of certificates."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import connect
from ktui.kube.errors import ConfigError, CredentialError, Unauthorized
from tests.kube.conftest import WriteKubeconfig
from tests.kube.connections import echo, seen_by
from tests.kube.server import securely, serving, status
from tests.kube.trusted import to

V1 = "client.authentication.k8s.io/v1"


# Without TLS

LOGINS: list[dict[str, Any]] = [
    {"token": "hunter2"},
    {"tokenFile": "no-such-file"},
    {"username": "me", "password": "hunter2"},
    {"client-certificate-data": "aHVudGVyMg==", "client-key-data": "aHVudGVyMg=="},
    {"exec": {"apiVersion": V1, "command": "sh", "args": ["-c", "touch ran"], "interactiveMode": "Never"}},
    {"auth-provider": {"name": "oidc", "config": {"id-token": "hunter2", "refresh-token": "hunter2"}}},
]


@pytest.mark.parametrize("user", LOGINS, ids=lambda user: next(iter(user)))
@pytest.mark.parametrize("scheme", ["http://", "HTTP://", ""])
async def test_without_tls_no_login_is_sent_or_run(
    write_kubeconfig: WriteKubeconfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    user: dict[str, Any],
    scheme: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    async with serving(echo) as url:
        config = write_kubeconfig(scheme + url.removeprefix("http://"), user, {"insecure-skip-tls-verify": True})
        async with to(config) as connection:
            assert "authorization" not in await seen_by(connection)
            (note,) = connection.notes
    assert note == f'{url} is asked without TLS, so the credentials of the user "u" are not sent.'
    assert not (tmp_path / "ran").exists()


async def test_whom_to_act_as_is_sent_without_tls_as_kubectl_sends_it(write_kubeconfig: WriteKubeconfig) -> None:
    """To leave it out would be to act as whoever stands behind a `kubectl proxy`."""
    async with serving(echo) as url, to(write_kubeconfig(url, {"as": "jane"})) as connection:
        assert (await seen_by(connection))["impersonate-user"] == ["jane"]
        assert connection.notes == ()


async def test_with_tls_there_is_nothing_to_note(write_kubeconfig: WriteKubeconfig) -> None:
    async with securely(echo) as (url, cluster), to(write_kubeconfig(url, {"token": "t"}, cluster)) as connection:
        assert (await seen_by(connection))["authorization"] == ["Bearer t"]
        assert connection.notes == ()


# Whom to act as


async def test_the_keys_of_extras_are_escaped_as_kubectl_escapes_them(write_kubeconfig: WriteKubeconfig) -> None:
    user = {"as": "jane", "as-user-extra": {"example.org/team name": ["ä"], "100%": ["b", "c"]}}
    async with serving(echo) as url, to(write_kubeconfig(url, user)) as connection:
        headers = await seen_by(connection)
    assert headers["impersonate-extra-example.org%2fteam%20name"] == ["ä"]
    assert headers["impersonate-extra-100%25"] == ["b", "c"]


@pytest.mark.parametrize(("options", "flag"), [({"as_user": "a\nb"}, "--as"), ({"as_groups": ("a\rb",)}, "--as-group")])
async def test_a_flag_that_no_header_can_hold(
    write_kubeconfig: WriteKubeconfig, options: dict[str, Any], flag: str
) -> None:
    config = write_kubeconfig("https://127.0.0.1", {"as": "x"})
    with pytest.raises(ConfigError, match=f"{flag} holds a line break"):
        await connect(Access(config, **options))


# Renewal


class Picky:
    """A server that takes one token."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.tries: list[str] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        await request.read()
        self.tries.append(request.headers.get("Authorization", ""))
        return web.Response() if self.tries[-1] == f"Bearer {self.token}" else status(401, "Unauthorized")


async def test_a_token_that_is_renewed_in_the_kubeconfig_is_taken_after_a_401(
    write_kubeconfig: WriteKubeconfig,
) -> None:
    server = Picky("one")
    async with (
        securely(server) as (url, cluster),
        to(write_kubeconfig(url, {"token": "one"}, cluster)) as connection,
    ):
        await connection.request("GET", "/")
        server.token = "two"
        with pytest.raises(Unauthorized):
            await connection.request("GET", "/")
        write_kubeconfig(url, {"token": "two"}, cluster)
        await connection.request("PATCH", "/", body=b"{}")
        async with connection.stream("/"):
            pass
    assert server.tries.count("Bearer two") == 2


async def test_a_person_has_the_files_read_again(write_kubeconfig: WriteKubeconfig) -> None:
    async with (
        securely(echo) as (url, cluster),
        to(write_kubeconfig(url, {"token": "one"}, cluster)) as connection,
    ):
        write_kubeconfig(url, {"token": "two"}, cluster)
        assert (await seen_by(connection))["authorization"] == ["Bearer one"]
        connection.retry_login()
        assert (await seen_by(connection))["authorization"] == ["Bearer two"]


async def test_the_renewed_token_of_another_server_is_not_sent_there(write_kubeconfig: WriteKubeconfig) -> None:
    async with (
        securely(echo) as (url, cluster),
        to(write_kubeconfig(url, {"token": "one"}, cluster)) as connection,
    ):
        write_kubeconfig("https://elsewhere.example", {"token": "one"}, cluster)
        connection.retry_login()
        assert (await seen_by(connection))["authorization"] == ["Bearer one"]
        (note,) = connection.notes
    assert note == f'The kubeconfig\'s context "here" is now https://elsewhere.example. This is still "here" at {url}.'


async def test_a_kubeconfig_that_breaks_meanwhile_takes_nothing_away(
    write_kubeconfig: WriteKubeconfig, tmp_path: Path
) -> None:
    async with securely(echo) as (url, cluster), to(write_kubeconfig(url, {"token": "one"}, cluster)) as connection:
        (tmp_path / "config").write_text("users: [")
        connection.retry_login()
        assert (await seen_by(connection))["authorization"] == ["Bearer one"]
        assert "is not valid YAML" in connection.notes[0]


# Secrets


async def test_no_secret_is_in_the_repr_of_anything(write_kubeconfig: WriteKubeconfig) -> None:
    async with securely(echo) as (url, cluster):
        user = {"token": "hunter2", "as": "jane", "as-user-extra": {"k": ["hunter2"]}}
        async with to(write_kubeconfig(url, user, cluster)) as connection:
            identity = await connection._credentials.identity()
            found = [identity, connection, connection._credentials, *vars(connection._credentials).values()]
            found.append(Surroundings({"HTTPS_PROXY": "http://jane:hunter2@proxy.example"}))
            assert identity.headers
            assert "hunter2" not in "".join(map(repr, found)).replace(repr(connection._credentials._impersonation), "")


async def test_a_token_file_without_an_end_is_refused(write_kubeconfig: WriteKubeconfig) -> None:
    with pytest.raises(CredentialError, match="/dev/zero"):
        await connect(Access(write_kubeconfig("https://127.0.0.1", {"tokenFile": "/dev/zero"})))


async def test_a_token_file_with_two_lines_is_refused(write_kubeconfig: WriteKubeconfig, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hunter2\nhunter3\n")
    with pytest.raises(CredentialError, match="holds more than one line") as raised:
        await connect(Access(write_kubeconfig("https://127.0.0.1", {"tokenFile": "token"})))
    assert "hunter" not in str(raised.value)


async def test_many_requests_at_once_read_the_files_once(write_kubeconfig: WriteKubeconfig) -> None:
    server = Picky("one")
    async with (
        securely(server) as (url, cluster),
        to(write_kubeconfig(url, {"token": "one"}, cluster)) as connection,
    ):
        await connection.request("GET", "/")
        server.token = "two"
        write_kubeconfig(url, {"token": "two"}, cluster)
        await asyncio.gather(*(connection.request("GET", "/") for _ in range(10)))
    assert server.tries.count("Bearer two") == 10
    assert json.dumps(server.tries).count("Bearer one") <= 11
