"""Looks by whoever may use this host: at everybody, unmasked, and each in the audit trail before it is shown.

He could read Redis and Kafka without c360 as well; what the trail shows is that he did it by the bank's tool, when, at
whom and why.
"""

import getpass
import logging
import os
from collections.abc import Callable
from typing import Final

from connectors.errors import Unavailable
from connectors.serving.access.door import Door
from connectors.serving.access.person import Person
from connectors.serving.access.roles import May, Role
from connectors.serving.audit_trail import LookWriter
from connectors.serving.permitted import PermittedViews
from connectors.serving.views import Views
from ops.errors import OperatorError
from ops.running import kafka_of
from ops.settings import Settings
from schemas.audit import LookupAudit

__all__ = ["permitted_at_host"]

_ROLE: Final = "host"
_WITHIN_S: Final = 15.0
"""A process that has just begun connects first, and a person waits."""
_EVERYTHING: Final = Role(title="At the host", rows="any", may=frozenset({May.CUSTOMERS}))

logger = logging.getLogger("c360.lookup")


def permitted_at_host(views: Views, settings: Settings) -> PermittedViews:
    """The client for this login. It raises OperatorError when a look can't be written, unless audit is best-effort."""
    return PermittedViews(views, Door(Person(f"host:{_login()}", _ROLE), _EVERYTHING), _writing(settings))


def _writing(settings: Settings) -> Callable[[LookupAudit], None]:
    def write(record: LookupAudit) -> None:
        try:
            LookWriter(kafka_of(settings).bootstrap, _WITHIN_S)(record)
        except (Unavailable, OperatorError) as error:
            reason = error.reason if isinstance(error, Unavailable) else str(error)
            if settings.audit == "required":
                raise OperatorError(
                    f"The look can't be written to the audit trail, and without that nothing is shown: "
                    f"{reason.rstrip('.')}. Bring Kafka back, see that it has the topic (c360 topics create), "
                    "or set C360_AUDIT=best-effort."
                ) from None
            logger.warning("The look was not written to the audit trail: %s", reason)

    return write


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return f"uid-{os.getuid()}"
