"""Client certificates that are renewed, expire or do not fit; and those of a server."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import tempfile
from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from ktui.kube.auth.access import Access
from ktui.kube.connection import connect
from ktui.kube.errors import ConfigError, Unauthorized, Unreachable
from tests.kube.conftest import WriteKubeconfig
from tests.kube.connections import data, echo, seen_by, tls_of
from tests.kube.server import securely, serving, status
from tests.kube.test_connection import Time
from tests.kube.trusted import to


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
            assert "ktui keeps using what it read before." in connection.notes[0]
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
