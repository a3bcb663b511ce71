"""Sizing is arithmetic: what it gives holds the load, and more of anything never needs less."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from ops.bench.peers.building import HERE
from ops.cli import app
from ops.sizing import EXAMPLES, MEASURED, Bank, as_markdown, size

BANK = Bank(100_000_000, 5_000_000)


def test_a_small_bank_has_a_worker_and_one_to_lose() -> None:
    found = size(Bank(100_000, 10_000))
    assert found.workers == 2
    assert found.partitions == 8
    assert found.limit.startswith("none")


@pytest.mark.parametrize("bank", EXAMPLES.values(), ids=EXAMPLES)
def test_with_one_worker_lost_the_rest_have_processor_memory_and_time(bank: Bank) -> None:
    found = size(bank)
    staying = found.workers - 1
    assert found.peak_per_second * MEASURED.worker_us / 1e6 <= staying * bank.busy + 1e-9
    assert found.worker_bytes <= bank.worker_memory + 1
    assert found.recovery_seconds <= bank.back_within_seconds
    assert found.partitions >= 4 * found.workers


@pytest.mark.parametrize(
    "more",
    [
        {"events_per_day": 400_000_000},
        {"customers": 20_000_000},
        {"view_bytes": 8_192},
        {"sections": 30},
        {"retention_days": 30},
        {"copies": 5},
        {"peak": 12.0},
    ],
    ids=str,
)
def test_more_of_anything_never_needs_less(more: dict[str, float]) -> None:
    one, other = size(BANK), size(replace(BANK, **more))  # type: ignore[arg-type]
    assert other.workers >= one.workers
    assert other.partitions >= one.partitions
    assert other.redis_bytes >= one.redis_bytes
    assert other.disk_bytes >= one.disk_bytes
    assert other.broker_cores >= one.broker_cores


def test_disk_holds_the_input_for_its_retention_in_every_copy() -> None:
    assert size(BANK).disk_bytes > 3 * 7 * BANK.events_per_day * MEASURED.input_bytes


def test_the_guides_table_is_what_is_calculated() -> None:
    guide = (HERE.parent / "SIZING.md").read_text(encoding="utf-8")
    assert as_markdown() in guide, "run `python -m ops.bench.renewal ops/bench/curves.json`"


def test_the_guide_names_every_constant_with_its_value() -> None:
    guide = (HERE.parent / "SIZING.md").read_text(encoding="utf-8")
    for name, value in vars(MEASURED).items():
        shown = f"{value / 2**20:,.0f} MiB" if name == "worker_base_bytes" else f"{value:,g}"
        assert f"| `{name}` | {shown} |" in guide, name


def test_the_command_says_what_a_bank_needs() -> None:
    done = CliRunner().invoke(app, ["sizing", "--events-per-day", "1000000000", "--customers", "50000000"])
    assert done.exit_code == 0
    assert "C360_PARTITIONS" in done.output
    assert "with one lost" in done.output
