"""Certificates that end soon are told while there is time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.doctor.certificates import judge_end, shown_by_us
from ops.settings import Settings
from tests.support.certificates import Authority

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "state", "said"),
    [
        (timedelta(days=90), "ok", "The certificate of it is valid until 2027-02-23."),
        (timedelta(days=20), "warning", "The certificate of it expires in 20 days, on 2026-12-15."),
        (timedelta(0), "fault", "The certificate of it has expired on 2026-11-25."),
    ],
)
def test_a_certificate_is_judged_by_what_is_left_of_it(left: timedelta, state: str, said: str) -> None:
    (finding,) = judge_end("kafka", "it", NOW + left, NOW)
    assert (finding.state, finding.said) == (state, said)


def test_our_own_certificates_are_looked_at_and_a_file_that_holds_none_is_named(tmp_path: Path) -> None:
    mine = Authority(tmp_path).files(days=10)
    none = tmp_path / "none.pem"
    none.write_text("nothing")
    settings = Settings(api_tls_certificate=mine, api_tls_key=mine)
    now = datetime.now(UTC)  # noqa: TID251  the certificate is made by the wall's clock
    assert [finding.state for finding in shown_by_us(settings, now)] == ["warning"]
    (found,) = shown_by_us(Settings(api_tls_certificate=none, api_tls_key=none), now)
    assert found.said.startswith(f"{none} (C360_API_TLS_CERTIFICATE) holds no certificate in PEM")
