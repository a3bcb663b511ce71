"""The samples of schemas/README.md that need no broker, run as they are printed there."""

import re
from typing import Any

from ops.contracts.folder import SCHEMAS
from tests.support.alerts import an_alert


def test_the_sample_of_open_alerts_follows_their_lives() -> None:
    printed = re.findall(r"```python\n(.*?)```", (SCHEMAS / "README.md").read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(printed[1], names)
    raised, closed = an_alert("one"), an_alert("two")
    addressed = an_alert("one", revision=2, change="addressed", to="M002")
    resolved = an_alert("two", revision=2, change="resolved", state="resolved")
    # Again, and late: the greatest revision is an alert's present state.
    found = names["open_alerts"]([raised, closed, addressed, resolved, raised, closed])
    assert found == {raised["alert_id"]: addressed}
