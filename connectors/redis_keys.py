"""Every key c360 has in Redis; no other module spells one.

All names begin with `c360:<namespace>:`. A rebuild fills another namespace and is switched over by `POINTER`, the one
key outside: it holds the namespace that lookups read. What must be written atomically for one customer shares his
number as hash tag, so it stands in one slot of a cluster; no call mixes slots.

- `view:{<customer>}`: hash, a field per section (value: the section's bytes) and `POSITION`. The section names are
  also the list of the customer's index entries: an entry counts only while its section is there.
- `staged:{<customer>}`: hash, sections that wait for a summary and had to leave the projector's memory.
- `partition:{<n>}`: hash like a view, of what belongs to partition n (`progress`).
- `account:<id>`, `loan:<id>`: set of the customers that have, or had, such a section.
- `resume`: hash, where reading `customer-views` goes on (`Resume` fields below).
- `projector`: hash, the projector's heartbeat and how fresh Redis is.

What the delivery of alerts remembers begins with `c360:{delivery}:` and belongs to no namespace: a rebuild of the views
forgets nobody's contacts. One hash tag, since one decision looks at several of its keys.
"""

from dataclasses import dataclass
from typing import Final

from schemas.views import PARTITION_PREFIX, account_section, loan_section

__all__ = [
    "DEFAULT_NAMESPACE",
    "POINTER",
    "POSITION",
    "RESUME_EPOCH",
    "RESUME_SWEPT",
    "RESUME_TOPIC",
    "DeliveryKeys",
    "Keys",
]

POINTER: Final = "c360:namespace"
"""String: the namespace in force."""

DEFAULT_NAMESPACE: Final = "1"

POSITION: Final = "@"
"""Field of a view: `<epoch>:<offset>`, how far it is. No section is named like this."""

RESUME_TOPIC: Final = "topic"
"""Field of `resume`: the id of the topic the positions are of."""

RESUME_EPOCH: Final = "epoch"
"""Field of `resume`: grows each time the topic is read from the beginning, because it or Redis is a new one."""

RESUME_SWEPT: Final = "swept"
"""Field of `resume`: the newest epoch after which the views of older ones were removed."""

_INDEXED: Final = (account_section(""), loan_section(""))


@dataclass(frozen=True)
class Keys:
    """The names of one namespace."""

    namespace: str = DEFAULT_NAMESPACE

    def view(self, customer_id: str) -> str:
        """Hash of a customer's sections."""
        return f"c360:{self.namespace}:view:{{{customer_id}}}"

    def owner(self, owner: str) -> str:
        """Hash of whatever a key of `customer-views` begins with: a customer, or `$partition-<n>`."""
        if owner.startswith(PARTITION_PREFIX):
            return self.partition(owner[len(PARTITION_PREFIX) :])
        return self.view(owner)

    def staged(self, owner: str) -> str:
        """Hash of sections that wait for their summary; in the slot of `owner`'s hash."""
        tag = owner.removeprefix(PARTITION_PREFIX)
        return f"c360:{self.namespace}:staged:{{{tag}}}"

    def partition(self, partition: int | str) -> str:
        """Hash of what belongs to a partition."""
        return f"c360:{self.namespace}:partition:{{{partition}}}"

    def account(self, account_id: str) -> str:
        """Set of the customers of an account."""
        return self._index(account_section(account_id))

    def loan(self, contract_id: str) -> str:
        """Set of the customers of a lending contract."""
        return self._index(loan_section(contract_id))

    def index(self, section: str) -> str | None:
        """The index that leads to a section, or None when there is none."""
        return self._index(section) if section.startswith(_INDEXED) else None

    @property
    def resume(self) -> str:
        """Hash of the positions of `customer-views`: partition -> next offset, and the `RESUME_...` fields."""
        return f"c360:{self.namespace}:resume"

    @property
    def projector(self) -> str:
        """Hash of the projector's heartbeat."""
        return f"c360:{self.namespace}:projector"

    @property
    def views_pattern(self) -> str:
        """Matches the keys of all views."""
        return f"c360:{self.namespace}:view:*"

    def customer_of(self, view_key: str) -> str:
        """The customer of a key made by `view`."""
        return view_key[len(f"c360:{self.namespace}:view:") + 1 : -1]

    def _index(self, section: str) -> str:
        return f"c360:{self.namespace}:{section}"


@dataclass(frozen=True)
class DeliveryKeys:
    """The names of what the contact budget remembers."""

    prefix: str = "c360:{delivery}"

    def decision(self, contact: str) -> str:
        """String: what was decided about a contact."""
        return f"{self.prefix}:decision:{contact}"

    def contacts_of_customer(self, customer_id: str, severity: str) -> str:
        """Sorted set: contacts about a customer, by time."""
        return f"{self.prefix}:customer:{severity}:{customer_id}"

    def contacts_of_addressee(self, to: str, severity: str) -> str:
        """Sorted set: contacts to an addressee, by time."""
        return f"{self.prefix}:addressee:{severity}:{to}"

    def contacts_between(self, customer_id: str, to: str, severity: str) -> str:
        """Sorted set: contacts about a customer to an addressee, by time."""
        return f"{self.prefix}:between:{severity}:{customer_id}/{to}"
