"""The contact budget: how often people are told, by severity; in Redis, so that processes and restarts share it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from connectors.redis_keys import DeliveryKeys
from connectors.sinks.redis_link import RedisLink, Script

__all__ = ["Contact", "ContactBudget", "Limits"]

_ADMIT: Final = Script("admit")


@dataclass(frozen=True)
class Limits:
    """Of one severity; None: no limit."""

    per_customer: int | None
    per_addressee: int | None
    window: timedelta
    cool_down: timedelta
    """Least time between two contacts about one customer to one addressee."""


@dataclass(frozen=True)
class Contact:
    """Somebody is to be told something about a customer."""

    id: str
    customer_id: str
    to: str
    severity: str


class ContactBudget:
    """Admits contacts within the limits. Asked again about a contact it answers as before: it is counted once."""

    def __init__(self, url: str, keys: DeliveryKeys = DeliveryKeys()) -> None:  # noqa: B008  immutable
        self._keys = keys
        self._link = RedisLink(url, (_ADMIT,), client_name="c360-deliverer")

    def look(self) -> None:
        """See that Redis takes what is written; one key, which goes away by itself. Raises Unavailable."""
        self._link.connect()
        self._link.run([("SET", self._keys.trial, "", "PX", 1_000)])

    def held_because(self, contact: Contact, limits: Limits, now: float) -> str | None:
        """Why it is kept back, or None when it is admitted. Raises Unavailable."""
        window, cool_down = limits.window.total_seconds(), limits.cool_down.total_seconds()
        keys = self._keys
        call = _ADMIT.call(
            [
                keys.decision(contact.id),
                keys.contacts_of_customer(contact.customer_id, contact.severity),
                keys.contacts_of_addressee(contact.to, contact.severity),
                keys.contacts_between(contact.customer_id, contact.to, contact.severity),
            ],
            contact.id,
            str(now),
            str(window),
            str(cool_down),
            -1 if limits.per_customer is None else limits.per_customer,
            -1 if limits.per_addressee is None else limits.per_addressee,
        )
        (answer,) = self._link.run([call])
        reason = answer.decode()
        return None if reason == "admitted" else reason

    def close(self) -> None:
        """End the connection."""
        self._link.close()
