"""TLS of the API: a file that can't be used is named, with what to do, before anything is started."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from ops.api_tls import tls_of
from ops.errors import OperatorError
from ops.settings import load_settings
from tests.support.certificates import Authority


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A file with a certificate and its key."""
    return Authority(tmp_path).files()


def refused(certificate: Path, key: Path, authorities: Path | None = None) -> str:
    settings = load_settings(api_tls_certificate=certificate, api_tls_key=key, api_client_authorities=authorities)
    with pytest.raises(OperatorError) as raised:
        tls_of(settings)
    return raised.value.message


def test_without_files_there_is_no_tls() -> None:
    assert tls_of(load_settings()) is None


def test_client_certificates_count_where_authorities_are_given(pair: Path) -> None:
    plain = tls_of(load_settings(api_tls_certificate=pair, api_tls_key=pair))
    asking = tls_of(load_settings(api_tls_certificate=pair, api_tls_key=pair, api_client_authorities=pair))
    assert plain is not None
    assert plain.verify_mode == ssl.CERT_NONE
    assert asking is not None
    assert asking.verify_mode == ssl.CERT_OPTIONAL


def test_one_file_without_the_other_is_not_enough(pair: Path) -> None:
    with pytest.raises(OperatorError, match="TLS needs both"):
        tls_of(load_settings(api_tls_key=pair))
    with pytest.raises(OperatorError, match="C360_API_CLIENT_AUTHORITIES needs TLS"):
        tls_of(load_settings(api_client_authorities=pair))


def test_a_file_that_is_no_pem_is_named(pair: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("not a certificate")
    assert refused(wrong, pair).startswith(f"C360_API_TLS_CERTIFICATE {wrong} holds no certificate: it has to be")
    assert refused(pair, wrong).startswith(f"C360_API_TLS_KEY {wrong} holds no key that can be used: it has to be")
    assert refused(pair, pair, wrong).startswith(f"C360_API_CLIENT_AUTHORITIES {wrong} holds no certificate")


def test_a_key_of_another_certificate_is_named(pair: Path, tmp_path: Path) -> None:
    another = Authority(tmp_path, "Another CA").files(subject="another")
    said = refused(pair, another)
    assert said.startswith(f"C360_API_TLS_KEY {another} is not the key of C360_API_TLS_CERTIFICATE {pair}: set the two")


def test_nobody_is_asked_for_the_password_of_a_key(pair: Path, tmp_path: Path) -> None:
    key = serialization.load_pem_private_key(pair.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    encryption = serialization.BestAvailableEncryption(b"secret")
    locked.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    assert refused(pair, locked).endswith("a PEM file with a private key, without a password.")


def test_a_file_that_can_not_be_read_is_named(pair: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    gone.write_bytes(pair.read_bytes())
    settings = load_settings(api_tls_certificate=pair, api_tls_key=gone)
    gone.unlink()
    with pytest.raises(OperatorError, match=r"C360_API_TLS_KEY .*gone\.pem can't be read \(No such file"):
        tls_of(settings)
