"""The API's server on a port: client certificates, too many connections, no HTTP at all."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.serving.api.server import ApiServer, server_settings
from ops.api_tls import tls_of
from ops.settings import load_settings
from tests.support.api import AnApi, a_customer, an_api
from tests.support.waiting import eventually

DAY = dt.timedelta(days=1)


@contextlib.contextmanager
def serving(api: AnApi, tls: ssl.SSLContext | None = None, most_connections: int = 100) -> Iterator[int]:
    """The port on which the application is served for the time of a `with`."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = ApiServer(server_settings(api.app, tls, most_connections), api.changes.close)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        eventually(lambda: server.started, within=60)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(60)


@pytest.fixture
def api() -> AnApi:
    return an_api({"C1": a_customer("C1")})


def test_more_connections_than_it_takes_are_told_to_come_back_and_the_others_go_on(api: AnApi) -> None:
    with contextlib.ExitStack() as open_ones, serving(api, most_connections=20) as port:
        kept = httpx.Client(base_url=f"http://127.0.0.1:{port}")
        open_ones.enter_context(kept)
        assert kept.get("/healthz").status_code == 200
        for _ in range(19):
            open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
        refused = eventually(lambda: said_to_a_newcomer(port), within=60)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5" in refused
        assert kept.get("/healthz").status_code == 200


def said_to_a_newcomer(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as newcomer:
        newcomer.settimeout(1)
        with contextlib.suppress(TimeoutError):
            return newcomer.recv(4096)
    return b""


def test_what_is_no_http_is_answered_in_words(api: AnApi) -> None:
    with serving(api) as port, socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        answer = caller.recv(4096)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"application/problem+json" in answer


def test_told_to_stop_while_it_starts_it_stops(api: AnApi) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    ApiServer(server_settings(api.app, None, 100), api.changes.close, lambda: True).run(sockets=[listener])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


class Authority:
    """Makes certificates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
        self.file = self._written("authority", self._signed(self._name, self._key, None))

    def certificate(self, name: str) -> tuple[str, str]:
        """Files of a certificate of `name`, for 127.0.0.1 too, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        private = self._folder / f"{name}.key"
        private.write_bytes(key.private_bytes(*form))
        return self._written(name, self._signed(subject, key, names)), str(private)

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, names: x509.SubjectAlternativeName | None
    ) -> bytes:
        now = dt.datetime.now(dt.UTC)  # noqa: TID251  a certificate is valid by the wall's clock
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        )
        if names is not None:
            built = built.add_extension(names, critical=False)
        return built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _written(self, name: str, pem: bytes) -> str:
        file = self._folder / f"{name}.pem"
        file.write_bytes(pem)
        return str(file)


def test_a_machine_may_prove_itself_by_its_certificate(api: AnApi, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certificate("api.bank.example")
    files = {"api_tls_certificate": certificate, "api_tls_key": key, "api_client_authorities": authority.file}
    with serving(api, tls_of(load_settings(**files))) as port:

        def me(certificate: tuple[str, str] | None) -> httpx.Response:
            context = ssl.create_default_context(cafile=authority.file)
            if certificate is not None:
                context.load_cert_chain(*certificate)
            return httpx.get(f"https://127.0.0.1:{port}/v1/me", verify=context)

        assert me(authority.certificate("crm.bank.example")).json()["subject"] == "machine:crm"
        assert me(authority.certificate("another.bank.example")).status_code == 401
        assert me(None).json()["type"] == "urn:c360:problem:token-missing"
        (tmp_path / "elsewhere").mkdir()
        with pytest.raises(httpx.TransportError):
            me(Authority(tmp_path / "elsewhere").certificate("crm.bank.example"))
