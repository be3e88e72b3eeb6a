"""Why a server's certificate was not trusted, in a sentence that says which certificate it is.

OpenSSL says `certificate has expired`, and Python throws the certificate away. So it is fetched again, from a
connection on which nothing is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import datetime
from typing import Final

from yarl import URL

from ktui.kube.auth.certificate import Certificate, read_der
from ktui.kube.errors import Unreachable, brief

PATIENCE: Final = 5.0
"""Seconds that the certificate is waited for."""

_NOT_YET: Final = 9
_EXPIRED: Final = 10
_OTHER_NAME: Final = {62, 64}
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH; the others are of openssl/x509_vfy.h, too."""

_SIGNED_BY_ITSELF: Final = {18, 19}
_UNKNOWN: Final = {2, 18, 19, 20, 21}

_MOST_NAMES: Final = 8


async def presented(server: URL, server_name: str | None) -> Certificate | None:
    """The certificate that the server shows, trusted or not; None if it cannot be had."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(
                server.host, server.port, ssl=context, server_hostname=server_name or server.host
            )
    except (OSError, ValueError):
        return None
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return read_der(shown) if shown else None
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await writer.wait_closed()


def distrusted(
    error: ssl.SSLCertVerificationError, address: str, asked: str, shown: Certificate | None, now: datetime
) -> Unreachable:
    """The error for a certificate that was not trusted; `asked` is the name that it should be for."""
    opening = f"The certificate of {address} is not trusted"
    code = error.verify_code
    if code in _OTHER_NAME and shown is not None:
        return Unreachable(
            f"{opening}: it is for {_names(shown)}, and not for {brief(asked, 80)}.",
            hint="The server in the kubeconfig must have one of its names, or tls-server-name must be one of them.",
        )
    if code in {_NOT_YET, _EXPIRED}:
        return Unreachable(
            f"{opening}: {_out_of_time(code, shown, now)}.",
            hint=f"It is {now:%Y-%m-%d %H:%M} UTC by the clock of this machine: correct it, or renew the certificate.",
        )
    if code in _UNKNOWN and shown is not None:
        signer = f'"{brief(shown.issuer, 80)}"' if shown.issuer else "an authority without a name"
        by = "itself" if code in _SIGNED_BY_ITSELF and shown.issuer == shown.subject else signer
        return Unreachable(
            f"{opening}: it is signed by {by}, which is not a certificate-authority of this context.", hint=_AUTHORITY
        )
    return Unreachable(f"{opening}: {brief(error.verify_message, 120)}.", hint=_AUTHORITY)


_AUTHORITY: Final = "The cluster's certificate-authority in the kubeconfig must be the one that signed it."


def _names(shown: Certificate) -> str:
    names = [brief(name, 80) for name in shown.names]
    if not names:
        return "no name that counts (it has no alternative names)"
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _out_of_time(code: int, shown: Certificate | None, now: datetime) -> str:
    if code == _EXPIRED:
        if shown is not None and now > shown.ends:
            return f"it expired on {shown.ends:%Y-%m-%d %H:%M} UTC"
        return "one of the authorities that signed it has expired"
    if shown is not None and now < shown.begins:
        return f"it is not valid before {shown.begins:%Y-%m-%d %H:%M} UTC"
    return "one of the authorities that signed it is not valid yet"
