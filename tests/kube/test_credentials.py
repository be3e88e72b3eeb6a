"""What is sent of a login and what never is, how it is renewed, and what is said of certificates."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
import ssl
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.auth.chosen import Surroundings
from ktui.kube.connection import Connection, connect
from ktui.kube.errors import ConfigError, CredentialError, Unauthorized, Unreachable
from tests.kube.conftest import WriteKubeconfig
from tests.kube.server import securely, serving, status
from tests.kube.test_connection import Time, data, echo, seen_by, tls_of

V1 = "client.authentication.k8s.io/v1"


@asynccontextmanager
async def to(config: str, time: Time | None = None, **options: Any) -> AsyncIterator[Connection]:
    around = Surroundings(environ=dict(os.environ), clock=time or (lambda: datetime.now(UTC)))
    async with await connect(Access(config, **options), around) as connection:
        yield connection


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


def client_certificate(clients: trustme.CA, who: str, until: datetime | None = None) -> dict[str, Any]:
    mine = clients.issue_cert(who, not_after=until)
    return {
        "client-certificate-data": data(mine.cert_chain_pems[0]),
        "client-key-data": data(mine.private_key_pem),
    }


async def test_a_certificate_that_is_renewed_in_the_kubeconfig_is_shown(write_kubeconfig: WriteKubeconfig) -> None:
    ca, clients, shown = trustme.CA(), trustme.CA(), []

    async def whoami(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        shown.append(request.transport.get_extra_info("peercert")["subjectAltName"][0][1])
        return web.Response() if shown[-1] == "second.example" else status(401, "Unauthorized")

    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    async with (
        serving(whoami, tls_of(ca, clients=clients)) as url,
        to(write_kubeconfig(url, client_certificate(clients, "first.example"), cluster)) as connection,
    ):
        write_kubeconfig(url, client_certificate(clients, "second.example"), cluster)
        await connection.request("GET", "/")
    assert shown == ["first.example", "second.example"]


async def test_certificate_files_are_read_again_after_a_while(
    write_kubeconfig: WriteKubeconfig, tmp_path: Path
) -> None:
    ca, time = trustme.CA(), Time()
    old = trustme.CA()
    old.cert_pem.write_to_path(tmp_path / "ca.crt")
    async with (
        serving(echo, tls_of(ca)) as url,
        to(write_kubeconfig(url, {}, {"certificate-authority": "ca.crt"}), time) as connection,
    ):
        with pytest.raises(Unreachable, match="is not a certificate-authority of this context"):
            await seen_by(connection)
        ca.cert_pem.write_to_path(tmp_path / "ca.crt")
        await seen_by(connection)
        old.cert_pem.write_to_path(tmp_path / "ca.crt")
        await seen_by(connection)
        time.passes(301)
        with pytest.raises(Unreachable):
            await seen_by(connection)


async def test_files_that_are_being_replaced_take_nothing_away(
    write_kubeconfig: WriteKubeconfig, tmp_path: Path
) -> None:
    ca, clients, time = trustme.CA(), trustme.CA(), Time()

    def replaced(name: str) -> None:
        mine = clients.issue_cert(name)
        mine.cert_chain_pems[0].write_to_path(tmp_path / "me.crt")
        mine.private_key_pem.write_to_path(tmp_path / "me.key")

    replaced("first.example")
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    user = {"client-certificate": "me.crt", "client-key": "me.key"}
    async with (
        serving(echo, tls_of(ca, clients=clients)) as url,
        to(write_kubeconfig(url, user, cluster), time) as connection,
    ):
        await seen_by(connection)
        for content in ("", "-----BEGIN"):
            (tmp_path / "me.key").write_text(content)
            time.passes(400)
            await seen_by(connection)
            assert "What was read before goes on." in connection.notes[0]
        replaced("second.example")
        time.passes(400)
        await seen_by(connection)
        assert connection.notes == ()


# Certificates


async def test_certificates_as_data_need_no_temporary_folder(
    write_kubeconfig: WriteKubeconfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ca, clients = trustme.CA(), trustme.CA()
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    tls = tls_of(ca, clients=clients)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    async with serving(echo, tls) as url:
        config = write_kubeconfig(url, client_certificate(clients, "me.example"), cluster)
        async with to(config) as connection:
            await seen_by(connection)


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_no_descriptor_is_left_behind_by_a_certificate(write_kubeconfig: WriteKubeconfig) -> None:
    config = write_kubeconfig("https://127.0.0.1:1", client_certificate(trustme.CA(), "me.example"))
    gc.collect()
    before = open_descriptors()
    for _ in range(5):
        async with to(config):
            pass
    gc.collect()
    assert open_descriptors() <= before


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("other", "does not fit its key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2", "is protected by a passphrase"),
        ("hunter2", "does not fit its key"),
        ("x" * 300_000, "does not fit its key"),
    ],
)
async def test_a_key_that_cannot_be_used(write_kubeconfig: WriteKubeconfig, key: str, sentence: str) -> None:
    clients = trustme.CA()
    user = client_certificate(clients, "me.example")
    other = clients.issue_cert("other.example").private_key_pem.bytes()
    user["client-key-data"] = b64encode(other if key == "other" else key.encode()).decode()
    with pytest.raises(ConfigError, match=sentence) as raised:
        await connect(Access(write_kubeconfig("https://127.0.0.1:1", user)))
    assert 'the context "here"' in str(raised.value)


PAST = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


async def test_an_expired_certificate_of_ours_is_named_where_the_server_refuses_it(
    write_kubeconfig: WriteKubeconfig,
) -> None:
    """An API server answers 401: it asks for a certificate, and demands none."""

    async def refusing(request: web.BaseRequest) -> web.Response:
        return status(401, "Unauthorized")

    async with securely(refusing) as (url, cluster):
        user = client_certificate(trustme.CA(), "me.example", until=PAST)
        async with to(write_kubeconfig(url, user, cluster)) as connection:
            with pytest.raises(Unauthorized, match=r'certificate of the user "u" .* expired on 2026-01-02 03:04 UTC'):
                await connection.request("GET", "/")


def gate(listening: socket.socket, tls: ssl.SSLContext) -> None:
    """As a gateway does it: asyncio would hang up before the alert is sent, and with a request unread it is lost."""
    while True:
        try:
            accepted, _ = listening.accept()
        except OSError:
            return
        ended = tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        try:
            ended.do_handshake()
        except ssl.SSLError:
            pass
        else:
            ended.recv(65536)
            ended.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        with socket.socket(fileno=ended.detach()) as bare, suppress(ConnectionError):
            bare.shutdown(socket.SHUT_WR)
            bare.recv(65536)


async def test_a_gateway_that_ends_the_handshake_over_our_certificate(write_kubeconfig: WriteKubeconfig) -> None:
    ca, clients = trustme.CA(), trustme.CA()
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        gateway = asyncio.create_task(asyncio.to_thread(gate, listening, tls_of(ca, clients=clients)))
        for user in (client_certificate(clients, "me.example", until=PAST), {}):
            async with to(write_kubeconfig(url, user, cluster)) as connection:
                for method in ("GET", "PATCH"):
                    with pytest.raises(Unreachable, match="does not accept the client certificate: certificate"):
                        await connection.request(method, "/", body=None if method == "GET" else b"{}")
        async with to(write_kubeconfig(url, {}, cluster)) as connection:
            with pytest.raises(Unreachable):
                await connection.request("GET", "/")
            write_kubeconfig(url, client_certificate(clients, "me.example"), cluster)
            await connection.request("GET", "/")
        listening.shutdown(socket.SHUT_RDWR)
        await gateway


@pytest.mark.parametrize(
    ("names", "before", "sentence", "hint"),
    [
        (["127.0.0.1"], PAST, "not trusted: it expired on 2026-01-02 03:04 UTC.", "by the clock of this machine"),
        (
            ["a.example", "10.0.0.1"],
            None,
            "not trusted: it is for a.example, 10.0.0.1, and not for 127.0.0.1.",
            "names",
        ),
    ],
)
async def test_a_certificate_of_the_server_is_told_with_what_is_wrong_with_it(
    write_kubeconfig: WriteKubeconfig, names: list[str], before: datetime | None, sentence: str, hint: str
) -> None:
    ca, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names, not_after=before).configure_cert(tls)
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    async with serving(echo, tls) as url, to(write_kubeconfig(url, {"token": "t"}, cluster)) as connection:
        with pytest.raises(Unreachable) as raised:
            await seen_by(connection)
    assert sentence in str(raised.value)
    assert hint in raised.value.hint


async def test_a_clock_that_is_behind_is_named(write_kubeconfig: WriteKubeconfig) -> None:
    ca, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ca.issue_cert("127.0.0.1", not_before=tomorrow).configure_cert(tls)
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    async with serving(echo, tls) as url, to(write_kubeconfig(url, {}, cluster)) as connection:
        with pytest.raises(Unreachable, match=f"it is not valid before {tomorrow:%Y-%m-%d %H:%M} UTC") as raised:
            await seen_by(connection)
    assert "by the clock of this machine: correct it" in raised.value.hint


async def test_an_authority_that_is_unknown_is_named(write_kubeconfig: WriteKubeconfig) -> None:
    ca = trustme.CA(organization_name="Gateway of the company")
    cluster = {"certificate-authority-data": data(trustme.CA().cert_pem)}
    async with serving(echo, tls_of(ca)) as url, to(write_kubeconfig(url, {}, cluster)) as connection:
        with pytest.raises(
            Unreachable, match='it is signed by "Gateway of the company", which is not a certificate-auth'
        ):
            await seen_by(connection)


# Secrets


async def test_no_secret_is_in_the_repr_of_anything(write_kubeconfig: WriteKubeconfig) -> None:
    async with securely(echo) as (url, cluster):
        user = {"token": "hunter2", "as": "jane", "as-user-extra": {"k": ["hunter2"]}}
        async with to(write_kubeconfig(url, user, cluster)) as connection:
            identity = await connection._credentials.identity()
            found = [identity, connection, connection._credentials, *vars(connection._credentials).values()]
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
