"""A certificate for 127.0.0.1, so that clients send the simulated cluster their tokens."""

from pathlib import Path

import trustme

from ktui.sim import TlsFiles


def issued(folder: Path) -> TlsFiles:
    """The PEM files of a server, and of the authority that its clients are to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return TlsFiles(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
