"""The lookup API against its own OpenAPI document: whatever is asked, no fault and no answer that is not promised."""

import json
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from connectors.serving.access.roles import May, default_roles
from tests.support.alerts import an_alert
from tests.support.api import PEOPLE, a_customer, an_api

# The customer of the document's examples, seen by somebody who may do everything.
NUMBER = "B00000001"
ALERT = an_alert(customer_id=NUMBER)
CUSTOMER = {**a_customer(NUMBER), f"alert:{ALERT['alert_id']}": json.dumps(ALERT).encode()}
EVERYTHING = default_roles()["manager"].model_copy(update={"rows": "any", "may": frozenset(May)})
API = an_api({NUMBER: CUSTOMER}, roles={"manager": EVERYTHING})
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

# A stream has no end that a client in this process could wait for; its own tests are in tests/integration.
schema = schemathesis.openapi.from_asgi("/v1/openapi.json", API.app).exclude(path="/v1/stream")


@schema.parametrize()
@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_promises(case: schemathesis.Case[Any]) -> None:
    token = API.issuer.token(PEOPLE["marek"])
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)
