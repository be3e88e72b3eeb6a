"""A TLS context from what a kubeconfig says, without a file: keys never reach a disk.

The rules are Go's (crypto/tls as client-go sets it up): without an authority of its own the system's are trusted, any
certificate that is named as an authority is one, and only the alternative names of a server's certificate count.
"""

from __future__ import annotations

import os
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

from ktui.kube.auth import certificate
from ktui.kube.auth.files import first_bytes
from ktui.kube.auth.kubeconfig_schema import Cluster, User, decoded, shown
from ktui.kube.errors import ConfigError
from ktui.kube.limits import MEGABYTE


@dataclass(frozen=True, repr=False)
class Material:
    """Certificates and a key, as PEM. Two with the same content are equal, wherever it comes from."""

    authority: bytes = b""
    certificate: bytes = b""
    key: bytes = b""
    verifies: bool = True


def read_material(cluster: Cluster, user: User) -> Material:
    """What those two name, read from its files as they are now. Raises ConfigError."""
    return Material(
        authority=_read(cluster.certificate_authority, cluster.certificate_authority_data, "certificate-authority"),
        certificate=_read(user.client_certificate, user.client_certificate_data, "client-certificate"),
        key=_read(user.client_key, user.client_key_data, "client-key"),
        verifies=not cluster.insecure_skip_tls_verify,
    )


def _read(path: str, data: str, field: str) -> bytes:
    if data:
        return decoded(data)
    if not path:
        return b""
    try:
        content = first_bytes(Path(path), MEGABYTE)
    except OSError as error:
        raise ConfigError(f"The {field} file {shown(path)} cannot be read: {error.strerror}.") from None
    if not content.strip():
        raise ConfigError(f"The {field} file {shown(path)} is empty.")
    return content


def tls_context(material: Material, where: str) -> ssl.SSLContext:
    """The context for these certificates; `where` names the context of the kubeconfig. Raises ConfigError."""
    # Not Python's default context: it would write the keys of the session where SSLKEYLOGFILE says, and is strict about
    # CAs that Go accepts, and many clusters have.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if material.authority:
        context.load_verify_locations(cadata=_authorities(material.authority, where))
    else:
        context.load_default_certs()
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    if not material.verifies:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if material.certificate:
        _load_chain(context, material, where)
    return context


def _authorities(pem: bytes, where: str) -> bytes:
    """All of them in binary form: as PEM, Python would stumble over a comment that is not ASCII."""
    ders = b"".join(certificate.blocks(pem))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=ders)
    except (ssl.SSLError, ValueError):
        raise ConfigError(
            f'The certificate-authority of the context "{shown(where)}" is not a certificate in PEM form.',
            hint="`kubectl config view --raw` shows it; the decoded data begins with -----BEGIN CERTIFICATE-----.",
        ) from None
    return ders


def _load_chain(context: ssl.SSLContext, material: Material, where: str) -> None:
    if b"ENCRYPTED" in material.key:
        raise ConfigError(
            f'The client-key of the context "{shown(where)}" is protected by a passphrase, which kubectl refuses, too.',
            hint="Name a key without one, or use a login plugin.",
        )
    try:
        _load_from_pipes(context, material)
    except (OSError, ValueError):
        raise ConfigError(
            f'The client certificate of the context "{shown(where)}" cannot be used: '
            "it is not a certificate in PEM form, or does not fit its key.",
            hint="`kubectl config view --raw` shows both.",
        ) from None


def _load_from_pipes(context: ssl.SSLContext, material: Material) -> None:
    """Python takes a key by a file's name alone: the name of a pipe (/dev/fd: Linux, macOS) leaves it in memory."""
    ends: list[int] = []
    try:
        names: list[str] = []
        for content in (material.certificate, material.key):
            reading, writing = os.pipe()
            ends.append(reading)
            names.append(f"/dev/fd/{reading}")
            threading.Thread(target=_feed, args=(writing, content), daemon=True, name="certificate").start()
        # Without a password OpenSSL would ask for one on the terminal.
        context.load_cert_chain(names[0], names[1], password="")
    finally:
        for end in ends:
            os.close(end)


def _feed(descriptor: int, content: bytes) -> None:
    try:
        with os.fdopen(descriptor, "wb") as pipe:
            pipe.write(content)
    except BrokenPipeError:
        # Who reads has seen enough.
        return
