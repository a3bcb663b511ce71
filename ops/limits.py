"""Until when complaints are in time, by the rules in force: what the API tells beside a complaint."""

import logging
import threading
from collections.abc import Mapping
from typing import Any, Final

from connectors.brokers import Kafka
from ops.errors import OperatorError
from ops.rules_in_force import RulesInForce, follow_rules
from ops.settings import Settings
from schemas.views import PROFILE, complaint_section
from streams.rules.limits import limits_of
from streams.view import View

__all__ = ["ComplaintLimits"]

_AGAIN_S: Final = 5.0
_GRACE_S: Final = 2.0

logger = logging.getLogger("c360.api")


class ComplaintLimits:
    """Follows rules and calendars in threads of its own; while they can't be read nothing is known, nothing waits."""

    def __init__(self, settings: Settings, bootstrap: Kafka) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._rules: RulesInForce | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="limits", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        # It may be waiting for a Kafka that does not answer, and ends with the process.
        if self._thread.is_alive():
            self._thread.join(_GRACE_S)

    def of(self, profile: Mapping[str, Any], complaint: Mapping[str, Any]) -> dict[str, str]:
        """As `limits_of`; nothing while the rules are not known."""
        if self._rules is None:
            return {}
        held = {PROFILE: dict(profile)} if profile else {}
        view = View("", {}, {**held, complaint_section(complaint["complaint_id"]): dict(complaint)})
        return limits_of(self._rules.current, view, dict(complaint))

    def _run(self) -> None:
        told = None
        while not self._stop.is_set():
            try:
                self._rules, topics = follow_rules(self._settings, self._bootstrap)
            except OperatorError as error:
                if str(error) != told:
                    logger.warning("Limits of complaints are not shown: %s", error)
                told = str(error)
                self._stop.wait(_AGAIN_S)
                continue
            for topic in topics:
                topic.follow()
            self._stop.wait()
            for topic in topics:
                topic.close()
