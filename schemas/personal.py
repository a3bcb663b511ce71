"""Which fields hold a person's data, or what somebody wrote freely: the one list that logs and comparisons go by.

Every text field of a contract stands here or is known to hold none (tests/unit/ops/test_redaction.py): a new one has
to be put somewhere.
"""

from typing import Final

__all__ = ["PERSONAL"]

PERSONAL: Final = frozenset(
    {
        # Who somebody is, and where.
        "address",
        "address_before",
        "beneficiary",
        "born_on",
        "customer_name",
        "document_number",
        "email",
        "name",
        "organisation_code",
        "payee",
        "phone",
        # What somebody wrote.
        "comment",
        "content",
        "description",
        "note",
        "reason",
        "resolution",
        "text",
        "why",
        # A refused record, as it came.
        "key_base64",
        "value_base64",
    }
)
"""Names of fields, of events, sections, alerts and of what else is in a topic; nowhere do they hold anything else."""
