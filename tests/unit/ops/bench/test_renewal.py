"""What the last cost curves measured becomes the sizing's constants, and the pages' figures."""

import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from ops.bench.renewal import OPS, constants, renew, renewed
from ops.sizing import MEASURED

MIB = 2**20
POINT: dict[str, Any] = {
    "customers": 1_000_000,
    "accounts": 2,
    "setup": "one worker",
    "view_bytes": 1_000,
    "sections": 6,
    "recovery_seconds": 15.0,
    "held_mib": 80.0 + 1_800 * 1_000_000 / MIB,
    "rate": 30_000.0,
    "cpu_us": 33.4,
    "broker_us": 9.0,
    "peak_mib": 2_000.0,
    "alert_ms": None,
}
MACHINE = {"system": "Linux x86_64", "cores": 2, "load": 0.5, "kafka": "Kafka: maven"}
DOCUMENT = {
    "machine": MACHINE,
    "measured_on": "2026-11-25",
    "base_mib": 80.0,
    "backlog": 150_000,
    "points": [
        POINT,
        {**POINT, "customers": 10_000, "cpu_us": 25.0},
        {**POINT, "setup": "one worker, RocksDB", "cpu_us": 99.0},
    ],
}


def test_the_constants_are_those_of_one_worker_at_the_largest_bank() -> None:
    found = constants(DOCUMENT, MEASURED)
    assert (found.worker_us, found.worker_base_bytes) == (33, 80 * MIB)
    assert (found.worker_overhead, found.recovered_per_second) == (800, 400_000)


def test_what_curves_do_not_tell_stays() -> None:
    found = constants(DOCUMENT, MEASURED)
    assert (found.projector_us, found.redis_factor) == (MEASURED.projector_us, MEASURED.redis_factor)
    assert constants({**DOCUMENT, "points": []}, MEASURED) == MEASURED


def test_only_what_stands_between_the_marks_is_made_anew() -> None:
    page = "by hand\n<!-- x: made by ops.bench.renewal -->\nold\n<!-- end of x -->\nby hand too\n"
    assert renewed(page, "x", "new\n") == page.replace("old", "new")
    with pytest.raises(KeyError):
        renewed(page, "y", "new\n")


def test_renewing_writes_the_constants_and_both_pages(tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()
    for page in ("CURVES.md", "SIZING.md"):
        shutil.copy(OPS / "bench" / page, tmp_path / "bench" / page)
    found = renew(DOCUMENT, tmp_path)
    assert orjson.loads((tmp_path / "sizing.json").read_bytes())["worker_us"] == found.worker_us == 33
    assert "| 1,000,000 x 2 | one worker | 30,000 | 33.4 |" in (tmp_path / "bench" / "CURVES.md").read_text()
    assert "| `worker_us` | 33 |" in (tmp_path / "bench" / "SIZING.md").read_text()
