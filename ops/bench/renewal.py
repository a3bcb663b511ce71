"""Renews the constants of the sizing, and the pages CURVES.md and SIZING.md, from what the last cost curves measured.

`python -m ops.bench.renewal FILE`, with the document that `c360 bench --curves --json FILE` wrote; `make bench-curves`
does both. What a page tells in figures stands between two marks, and is made here; the rest is written by hand.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from ops.bench.pages import curves_table, ratios_table, sizing_table
from ops.sizing import MEASURED, Constants, as_markdown

__all__ = ["constants", "renew", "renewed"]

OPS: Final = Path(__file__).parent.parent
MIB: Final = 2**20


def constants(document: Mapping[str, Any], known: Constants) -> Constants:
    """What one worker with its views in memory showed at the largest bank; the rest, which curves don't tell, stays."""
    told = [point for point in document["points"] if point["setup"] == "one worker" and point["cpu_us"]]
    if not told:
        return known
    largest = max(told, key=lambda point: int(point["customers"]))
    held = (largest["held_mib"] - document["base_mib"]) * MIB / largest["customers"]
    return replace(
        known,
        worker_us=round(largest["cpu_us"]),
        worker_base_bytes=round(document["base_mib"]) * MIB,
        worker_overhead=round(held - largest["view_bytes"], -1),
        recovered_per_second=round(largest["customers"] * largest["sections"] / largest["recovery_seconds"], -3),
    )


def renewed(page: str, name: str, made: str) -> str:
    """The page with `made` between its marks of that name; KeyError when it has none."""
    begin, end = f"<!-- {name}: made by ops.bench.renewal -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise KeyError(name)
    return f"{before}{begin}{made}{end}{after}"


def renew(document: Mapping[str, Any], ops: Path = OPS) -> Constants:
    """Write sizing.json and both pages under `ops`; the constants that hold from now on."""
    found = constants(document, MEASURED)
    (ops / "sizing.json").write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")
    curves, sizing = ops / "bench" / "CURVES.md", ops / "bench" / "SIZING.md"
    figures = f"{_circumstances(document)}\n{curves_table(document)}\n{ratios_table(document)}"
    curves.write_text(renewed(curves.read_text(encoding="utf-8"), "figures", figures), encoding="utf-8")
    page = renewed(sizing.read_text(encoding="utf-8"), "constants", sizing_table(found))
    sizing.write_text(renewed(page, "examples", as_markdown(found)), encoding="utf-8")
    return found


def _circumstances(document: Mapping[str, Any]) -> str:
    machine, first = document["machine"], document["points"][0]
    return (
        f"Measured on {document['measured_on']}: {machine['system']}, {machine['cores']} cores for all processes, load "
        f"{machine['load']} at the start;\n{machine['kafka']}; backlogs of {document['backlog']:,} events; an empty "
        f"worker takes {document['base_mib']:,.0f} MiB. A view of two accounts: {first['view_bytes']:,} bytes, names "
        f"included, in {first['sections']} sections.\n"
    )


def main() -> None:
    """Renew from the document named on the command line."""
    found = renew(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print("Renewed ops/sizing.json, ops/bench/CURVES.md and ops/bench/SIZING.md:", found)


if __name__ == "__main__":
    main()
