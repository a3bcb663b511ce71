"""Rule `host_changed`: a customer was handed over to another host manager."""

from typing import Final

from schemas.customers import RelationshipAssigned, RelationshipEnded
from schemas.relationship_rules import HostChangedRule
from schemas.views import PROFILE
from streams.change import Change
from streams.rules.kind import Finding, Kind, Verdict, state_of, with_state

__all__ = ["HostChanged"]

_LEFT: Final = "left"


class HostChanged(Kind[HostChangedRule]):
    """It remembers, while a customer has no host, who left him."""

    watches = (RelationshipAssigned, RelationshipEnded)

    def judge(self, change: Change) -> Verdict | None:
        """Whether the host is another one than the last; an assignment that comes late changes no host."""
        after = change.after
        was = None if change.before is None else change.before["host_manager"]
        host = after["host_manager"]
        if was == host or not self.covers(change.view, after):
            return None
        if host is None:
            return Verdict(section=with_state(after, self.rule.id, {_LEFT: was}))
        state = state_of(after, self.rule.id)
        former = was if was is not None or state is None else state[_LEFT]
        section = None if state is None else with_state(after, self.rule.id, None)
        raises = None if former is None or former == host else self._finding(change, former, host)
        return None if raises is None and section is None else Verdict(raises=raises, section=section)

    def _finding(self, change: Change, former: str, host: str) -> Finding:
        event: RelationshipAssigned | RelationshipEnded = change.event
        return Finding(
            rule=self.rule,
            subject=PROFILE,
            cause=f"{event.source}:{event.relationship_id}:{event.source_seq}",
            raised_at=event.occurred_at,
            payload={"host_before": former, "host": host},
            thresholds={},
            position=change.position,
            before={"host_manager": former},
            after={"host_manager": host},
        )
