"""Every key c360 has in Redis; no other module spells one.

All names begin with `c360:<namespace>:`, and a namespace is `<schema>.<n>`: n grows with each rebuild, the schema when
what stands under the names changes, so that a program of another version notices. Two keys stand outside: `POINTER`,
the namespace that lookups read, and `REBUILDING`, the one that is being filled to take its place. No call names keys of
two slots, so all of it may lie on a Redis Cluster: what must be written at once shares the customer's number as hash
tag.

- `view:{<customer>}`: hash, a field per section (value: the section's bytes) and `POSITION`.
- `staged:{<customer>}`: hash, sections that wait for a summary and had to leave the projector's memory.
- `doubt:{<customer>}`: set, index entries that may stand without the view asking for them: while it changes, and after
  a crash until his next change.
- `partition:{<n>}`: hash like a view, of what belongs to partition n (`progress`).
- `resume`: hash, where reading `customer-views` goes on (the `RESUME_...` fields).
- `projector`: hash, the projector's heartbeat and how fresh Redis is.

The indexes are sorted sets, and what stands in them follows from the sections of the customers' views alone
(`connectors/indexing.py`). `<who>` is `manager:<id>`, whose customers are those he is host or co-host of, or
`branch:<id>`, the home branch of its customers. Without a score named here it is 0, and members have the order of their
bytes.

- `id:<kind>:<hash>`: customers with this account, loan, phone, document or organisation code.
- `portfolio:<who>`: customers.
- `alerts:to:<addressee>`, `alerts:branch:<id>`: open alerts, `<customer>/<alert id>`, addressed to somebody, or of a
  branch's customers. Score: when it was raised, Unix seconds.
- `maturities:<who>`: `<customer>/<subject>` of deposits, drawdowns, bills and guarantees that live. Score: the day,
  counted from 0001-01-01 as 1.
- `complaints:<owed>:<who>`: `<customer>/<complaint>` of complaints neither resolved nor withdrawn. `<owed>` is what is
  owed next: `acknowledgement` while nobody has taken it up, then `resolution`. Score: the day of receipt, from which
  its limits count, as above; that of 9999-12-31 while it is not known, or when it was answered and opened again.
- `birthdays:<who>`: customers whose day of birth, or founding, is known. Score: month * 100 + day.
- `contacts:<who>`: customers. Score: the last contact in which he was reached, Unix seconds; 0 when none is known.
- `value:<currency>[:<branch>]`: customers. Score: the balance of their accounts not closed, minor units. Amounts of two
  currencies are never added up.
- `product:<product>:<currency>[:<branch>]`: `<customer>/<section>`. Score: balance of an account, amount of a
  guarantee, what is outstanding of a loan or an acceptance, minor units.
- `names:<hash of a first letter>`: `<folded name from one of its words on>` NUL `<customer>`.

What names of keys reveal: customer numbers, managers, branches, products and currencies, and (with the size of the
values) how many customers, alerts and contracts each has. Of phones, documents, organisation codes, accounts, contracts
and names they hold hashes (`connectors/identifiers.py`): these reveal who has the same one, and how many names begin
with the same letter. Members and values are as confidential as the views.

What the delivery of alerts remembers begins with `c360:{delivery}:` and belongs to no namespace: a rebuild of the views
forgets nobody's contacts. One hash tag, since one decision looks at several of its keys.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from schemas.views import PARTITION_PREFIX

__all__ = [
    "DEFAULT_NAMESPACE",
    "POINTER",
    "POSITION",
    "REBUILDING",
    "RESUME_EPOCH",
    "RESUME_SECRET",
    "RESUME_SWEPT",
    "RESUME_TOPIC",
    "RESUME_VIEWS",
    "SCHEMA",
    "DeliveryKeys",
    "Keys",
    "Who",
    "branch",
    "following",
    "manager",
    "schema_of",
]

SCHEMA: Final = 3
"""Raised when keys, members or scores change: a projector then asks for a rebuild, and lookups refuse what is older."""

POINTER: Final = "c360:namespace"
"""String: the namespace in force."""

REBUILDING: Final = "c360:rebuilding"
"""String: the namespace that a rebuild fills."""

DEFAULT_NAMESPACE: Final = f"{SCHEMA}.1"

POSITION: Final = "@"
"""Field of a view: `<epoch>:<offset>`, how far it is. No section is named like this."""

RESUME_TOPIC: Final = "topic"
"""Field of `resume`: the id of the topic the positions are of."""

RESUME_VIEWS: Final = "views"
"""Field of `resume`: the name of that topic, which is another one for each generation of the views."""

RESUME_EPOCH: Final = "epoch"
"""Field of `resume`: grows each time the topic is read from the beginning, because it or Redis is a new one."""

RESUME_SWEPT: Final = "swept"
"""Field of `resume`: the newest epoch after which the views of older ones were removed."""

RESUME_SECRET: Final = "secret"
"""Field of `resume`: the fingerprint of the secret under which identifiers were hashed."""

Who = str
"""`manager:<id>` or `branch:<id>`: whose customers an index holds."""


def manager(manager_id: str) -> Who:
    """The customers whose host or co-host he is."""
    return f"manager:{manager_id}"


def branch(branch_id: str) -> Who:
    """The customers of a branch."""
    return f"branch:{branch_id}"


def schema_of(namespace: str) -> int:
    """The schema a namespace was written by; 1 wrote none into its name."""
    schema, dot, _ = namespace.partition(".")
    return int(schema) if dot and schema.isdigit() else 1


def following(namespace: str) -> str:
    """The namespace that a rebuild of this one fills."""
    number = namespace.rpartition(".")[2]
    return f"{SCHEMA}.{int(number) + 1}"


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

    def doubt(self, owner: str) -> str:
        """Set of index entries in doubt, each `<key>` NEWLINE `<member>`; in the slot of `owner`'s hash."""
        tag = owner.removeprefix(PARTITION_PREFIX)
        return f"c360:{self.namespace}:doubt:{{{tag}}}"

    def partition(self, partition: int | str) -> str:
        """Hash of what belongs to a partition."""
        return f"c360:{self.namespace}:partition:{{{partition}}}"

    def identified(self, kind: str, digest: str) -> str:
        """The customers with an identifier, by its hash."""
        return f"c360:{self.namespace}:id:{kind}:{digest}"

    def portfolio(self, who: Who) -> str:
        """Customers, by number."""
        return f"c360:{self.namespace}:portfolio:{who}"

    def alerts_to(self, addressee: str) -> str:
        """Open alerts of one addressee (a manager, `branch:<id>`, a department or a desk) by when they were raised."""
        return f"c360:{self.namespace}:alerts:to:{addressee}"

    def alerts_of(self, branch_id: str) -> str:
        """Open alerts of a branch's customers by when they were raised."""
        return f"c360:{self.namespace}:alerts:branch:{branch_id}"

    def maturities(self, who: Who) -> str:
        """What falls due, by day."""
        return f"c360:{self.namespace}:maturities:{who}"

    def complaints(self, owed: str, who: Who) -> str:
        """Open complaints to which this is owed next, by day of receipt."""
        return f"c360:{self.namespace}:complaints:{owed}:{who}"

    def birthdays(self, who: Who) -> str:
        """Customers by month and day of birth or founding."""
        return f"c360:{self.namespace}:birthdays:{who}"

    def contacts(self, who: Who) -> str:
        """Customers by the last contact with them."""
        return f"c360:{self.namespace}:contacts:{who}"

    def value(self, currency: str, branch_id: str | None = None) -> str:
        """Customers by balance, of all branches or of one."""
        return f"c360:{self.namespace}:value:{currency}{_of(branch_id)}"

    def product(self, product: str, currency: str, branch_id: str | None = None) -> str:
        """Sections of one product by amount, of all branches or of one."""
        return f"c360:{self.namespace}:product:{_quoted(product)}:{currency}{_of(branch_id)}"

    def names(self, first_letter: str) -> str:
        """Names that begin with a letter, by its hash."""
        return f"c360:{self.namespace}:names:{first_letter}"

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

    @property
    def pattern(self) -> str:
        """Matches every key of the namespace."""
        return f"c360:{self.namespace}:*"

    def customer_of(self, view_key: str) -> str:
        """The customer of a key made by `view`."""
        return view_key[len(f"c360:{self.namespace}:view:") + 1 : -1]


@lru_cache(maxsize=1024)
def _quoted(product: str) -> str:
    return quote(product, safe="")


def _of(branch_id: str | None) -> str:
    return "" if branch_id is None else f":{branch_id}"


@dataclass(frozen=True)
class DeliveryKeys:
    """The names of what the contact budget remembers."""

    prefix: str = "c360:{delivery}"

    @property
    def trial(self) -> str:
        """String: written to see whether it can be."""
        return f"{self.prefix}:trial"

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
