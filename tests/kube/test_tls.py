"""Which certificates are trusted and shown, and what is said of those that are not."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme

from ktui.kube.auth.access import Access
from ktui.kube.connection import connect
from ktui.kube.errors import (
    ConfigError,
    KubeError,
    Unreachable,
)
from tests.kube.conftest import WriteKubeconfig
from tests.kube.connections import data, echo, seen_by, tls_of, to
from tests.kube.server import serving


async def test_the_ca_of_the_kubeconfig_is_trusted_as_file_and_as_data(
    write_kubeconfig: WriteKubeconfig, tmp_path: Path
) -> None:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.crt")
    async with serving(echo, tls_of(ca)) as url:
        for cluster in (
            {"certificate-authority": "ca.crt"},
            {"certificate-authority-data": data(ca.cert_pem)},
            {"certificate-authority": "ca.crt", "certificate-authority-data": ""},
            {"insecure-skip-tls-verify": True},
        ):
            async with to(Access(write_kubeconfig(url, {}, cluster))) as connection:
                await seen_by(connection)


async def test_a_certificate_of_another_ca_is_not_trusted(write_kubeconfig: WriteKubeconfig) -> None:
    cluster = {"certificate-authority-data": data(trustme.CA().cert_pem)}
    async with serving(echo, tls_of(trustme.CA())) as url, to(Access(write_kubeconfig(url, {}, cluster))) as connection:
        with pytest.raises(Unreachable, match=r"The certificate of https://127.0.0.1:\d+ is not trusted"):
            await seen_by(connection)


async def test_the_name_in_the_certificate_counts(write_kubeconfig: WriteKubeconfig) -> None:
    ca = trustme.CA()
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    async with serving(echo, tls_of(ca, "api.internal")) as url:
        async with to(Access(write_kubeconfig(url, {}, cluster))) as connection:
            with pytest.raises(Unreachable, match=r"not trusted: it is for api.internal, and not for 127.0.0.1"):
                await seen_by(connection)
        named = {**cluster, "tls-server-name": "api.internal"}
        async with to(Access(write_kubeconfig(url, {}, named))) as connection:
            await seen_by(connection)


async def test_a_client_certificate_is_shown(write_kubeconfig: WriteKubeconfig, tmp_path: Path) -> None:
    ca, clients = trustme.CA(), trustme.CA()
    mine = clients.issue_cert("me@example")
    mine.cert_chain_pems[0].write_to_path(tmp_path / "me.crt")
    mine.private_key_pem.write_to_path(tmp_path / "me.key")
    cluster = {"certificate-authority-data": data(ca.cert_pem)}
    async with serving(echo, tls_of(ca, clients=clients)) as url:
        for user in (
            {"client-certificate": "me.crt", "client-key": "me.key"},
            {
                "client-certificate-data": data(mine.cert_chain_pems[0]),
                "client-key-data": data(mine.private_key_pem),
            },
        ):
            async with to(Access(write_kubeconfig(url, user, cluster))) as connection:
                await seen_by(connection)
        async with to(Access(write_kubeconfig(url, {}, cluster))) as connection:
            with pytest.raises(KubeError):
                await seen_by(connection)


@pytest.mark.parametrize(
    ("user", "cluster", "sentence"),
    [
        ({}, {"certificate-authority-data": "!!!"}, 'certificate-authority-data of the cluster "c" is not base64'),
        ({}, {"certificate-authority-data": b64encode(b"no certificate").decode()}, "not a certificate in PEM form"),
        ({}, {"certificate-authority-data": 7}, 'certificate-authority-data of the cluster "c" is a number'),
        (
            {"client-certificate-data": b64encode(b"x").decode(), "client-key-data": b64encode(b"y").decode()},
            {"insecure-skip-tls-verify": True},
            'client certificate of the context "here" cannot be used',
        ),
    ],
)
async def test_certificates_that_are_none(
    write_kubeconfig: WriteKubeconfig, user: dict[str, Any], cluster: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        await connect(Access(write_kubeconfig("https://127.0.0.1:1", user, cluster)))


async def test_a_server_that_speaks_no_tls(write_kubeconfig: WriteKubeconfig) -> None:
    async with serving(echo) as url:
        config = write_kubeconfig(url.replace("http://", "https://"))
        async with to(Access(config)) as connection:
            with pytest.raises(Unreachable, match=r"The TLS connection to https://127.0.0.1"):
                await seen_by(connection)
