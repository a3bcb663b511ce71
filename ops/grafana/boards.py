"""All dashboards, and the command that writes them: `python -m ops.grafana.boards`."""

import json
from pathlib import Path
from typing import Final

from ops.grafana.alerts import ALERTS
from ops.grafana.business import BUSINESS
from ops.grafana.engine import ENGINE
from ops.grafana.lookups import LOOKUPS
from ops.grafana.panels import Board, as_grafana
from ops.grafana.projection import PROJECTION
from ops.grafana.sources import SOURCES

__all__ = ["BOARDS", "FOLDER", "written"]

BOARDS: Final[tuple[Board, ...]] = (BUSINESS, ENGINE, PROJECTION, ALERTS, SOURCES, LOOKUPS)
FOLDER: Final = Path(__file__).with_name("dashboards")


def written() -> dict[str, str]:
    """Name of the file -> its text, of every dashboard."""
    return {f"{board.uid}.json": json.dumps(as_grafana(board), indent=1) + "\n" for board in BOARDS}


def main() -> None:
    """Write them."""
    for name, text in written().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
