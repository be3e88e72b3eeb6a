"""aiohttp is imported without TLS contexts that load all CAs of the system, and verifies by them where it has to."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from ktui.kube.http import _Later
from tests.kube.test_library import in_a_new_process


def test_no_authorities_are_loaded_before_there_is_a_connection() -> None:
    code = (
        "import ssl; context = ssl.create_default_context;"
        "import ktui.kube.connection, aiohttp.connector as made;"
        "of = made._SSL_CONTEXT_VERIFIED;"
        "print(of.verify_mode.name, of.check_hostname, of.cert_store_stats()['x509']);"
        "print(made._SSL_CONTEXT_UNVERIFIED.verify_mode.name, made._SSL_CONTEXT_UNVERIFIED.cert_store_stats()['x509']);"
        "print(ssl.create_default_context is context, 'set_default_verify_paths' in vars(ssl.SSLContext))"
    )
    assert in_a_new_process(code).splitlines() == ["CERT_REQUIRED True 0", "CERT_NONE 0", "True False"]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_servers_are_verified_by_the_authorities_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    ca, file = trustme.CA(), tmp_path / "system.pem"
    (ca if is_trusted else trustme.CA()).cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    serves = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("proxy.example").configure_cert(serves)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serves.wrap_bio(to_server, to_client, server_side=True)
    client = _Later(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(to_client, to_server, server_hostname="proxy.example")
    refused = ""
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                refused = error.verify_message
            except ssl.SSLError:
                # The client has said why it will not have it.
                continue
    assert (client.version() is not None and not refused) is is_trusted
