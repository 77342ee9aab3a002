"""A certificate authority of our own and server certificates signed by it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Tls:
    """What the server presents: the last three are the troubles a client may meet."""

    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    expired: bool = False
    trusted: bool = True  # signed by the authority in ``ca_file``
    offered: bool = True  # False: no STARTTLS, and no TLS port


def write(folder: Path, tls: Tls) -> None:
    """Write ``ca.pem``, ``server.pem`` and ``server.key`` into ``folder``."""
    key, authority = _authority("ticket_system test authority")
    (folder / "ca.pem").write_bytes(_pem(authority))
    if not tls.trusted:
        key, authority = _authority("another authority")
    server_key = ec.generate_private_key(ec.SECP256R1())
    alternatives = x509.SubjectAlternativeName([_general_name(h) for h in tls.hosts])
    server = (
        _builder(tls.hosts[0], server_key, authority.subject, expired=tls.expired)
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(_pem(server))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _authority(name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(name, key, _subject(name))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def _builder(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    *,
    expired: bool = False,
) -> x509.CertificateBuilder:
    end = datetime.now(UTC) + (timedelta(days=-1) if expired else LIFETIME)
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - LIFETIME - timedelta(days=2))
        .not_valid_after(end)
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
