"""`c360 rebuild status`: what stands, in words."""

from connectors.brokers import Kafka
from ops.settings import Settings
from ops.view_generations import generations_of
from ops.views_rebuild.progress import reached
from schemas.generations import FIRST, ViewGenerations, group_of, views_topic

__all__ = ["told"]


def told(bootstrap: Kafka, settings: Settings) -> list[str]:
    """Lines for an operator. OperatorError when Kafka does not answer."""
    standing = generations_of(bootstrap)
    if standing is None:
        return [_line(FIRST, settings, "in force; there never was another one")]
    at = f"{standing.changed_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        f"Changed last by {standing.changed_by} at {at}; switched {standing.switches} times.",
        _line(standing.in_force, settings, "in force"),
    ]
    if standing.other is not None:
        lines.append(_line(standing.other, settings, _beside(bootstrap, settings, standing, standing.other)))
    return lines


def _beside(bootstrap: Kafka, settings: Settings, standing: ViewGenerations, other: int) -> str:
    if other < standing.in_force:
        return "kept to go back to: `c360 rebuild rollback`, or `c360 rebuild drop`"
    found = reached(bootstrap, settings.consumer_group, other, standing.in_force)
    return f"being built, {found.percent:.1f} % ({found.folded:,} of {found.to_fold:,} records)"


def _line(generation: int, settings: Settings, state: str) -> str:
    topic, group = views_topic(generation), group_of(settings.consumer_group, generation)
    return f"Generation {generation} (topic {topic}, group {group}): {state}."
