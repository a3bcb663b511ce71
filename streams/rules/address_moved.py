"""Rule `address_moved`: a customer lives somewhere else."""

from schemas.customers import CustomerAmended, CustomerRegistered
from schemas.relationship_rules import AddressMovedRule
from schemas.views import PROFILE
from streams.change import Change
from streams.rules.kind import Finding, Kind, Verdict

__all__ = ["AddressMoved"]


class AddressMoved(Kind[AddressMovedRule]):
    """The first address that is stated is no move. The proof does not repeat the addresses: they are personal."""

    watches = (CustomerRegistered, CustomerAmended)

    def judge(self, change: Change) -> Verdict | None:
        """Whether the address held is another one now."""
        before = None if change.before is None else change.before["address"]
        address = change.after["address"]
        if before is None or address == before or _plain(address) == _plain(before):
            return None
        if not self.covers(change.view, change.after):
            return None
        return Verdict(
            raises=Finding(
                rule=self.rule,
                subject=PROFILE,
                cause=f"{change.event.source}:{change.event.source_seq}",
                raised_at=change.event.occurred_at,
                payload={"address_before": before, "address": address},
                thresholds={},
                position=change.position,
            )
        )


def _plain(address: str) -> str:
    return " ".join(address.split()).casefold()
