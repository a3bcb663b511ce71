"""A certificate authority for one test: it signs what receivers on this machine show."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]


class Authority:
    """`ca_file` is what trusts it."""

    def __init__(self, folder: Path, name: str = "Bank CA") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        begins = _now() - timedelta(days=400)
        builder = _certificate(self._name, self._name, self._key.public_key(), begins, begins + timedelta(days=4000))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.ca_file = folder / f"{name.replace(' ', '-')}.pem"
        self.ca_file.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def server(self, *, address: str = "127.0.0.1", expired: bool = False) -> ssl.SSLContext:
        """What a server at `address` shows; expired: until yesterday."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files(address=address, expired=expired))
        return context

    def files(
        self, *, address: str = "127.0.0.1", expired: bool = False, days: int = 30, subject: str = "receiver"
    ) -> Path:
        """A PEM file with a key and its certificate for `address`; expired: until yesterday, else for `days` more."""
        key, now = ec.generate_private_key(ec.SECP256R1()), _now()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        ends = now - timedelta(days=1) if expired else now + timedelta(days=days)
        builder = _certificate(name, self._name, key.public_key(), now - timedelta(days=100), ends)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = builder.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        file = self._folder / f"{subject}-{certificate.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file


def _now() -> datetime:
    # What a certificate says of its time is held against the machine's clock, by OpenSSL and not by us.
    return datetime.now(UTC)  # noqa: TID251


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
