"""Events, with the fields that ktui reads."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import force_setattr

from ktui.model.structs import ObjectMeta, Struct, shared


class ObjectReference(Struct, frozen=True):
    """What an Event is about."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""

    def __post_init__(self) -> None:
        force_setattr(self, "kind", shared(self.kind))
        force_setattr(self, "namespace", shared(self.namespace))
        force_setattr(self, "field_path", shared(self.field_path))


class EventSeries(Struct, frozen=True):
    """How often an Event of events.k8s.io came again."""

    count: int = 0
    last_observed_time: datetime | None = None


class EventSource(Struct, frozen=True):
    """Who sent an Event, in its older spelling."""

    component: str = ""


class Event(Struct, frozen=True):
    """v1 Event. `type` is Normal or Warning."""

    metadata: ObjectMeta
    involved_object: ObjectReference = ObjectReference()
    type: str = "Normal"
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None
    source: EventSource = EventSource()
    reporting_component: str = ""

    def __post_init__(self) -> None:
        for field in ("type", "reason", "source", "reporting_component"):
            force_setattr(self, field, shared(getattr(self, field)))

    @property
    def times(self) -> int:
        """How often this happened."""
        if self.series is not None and self.series.count:
            return self.series.count
        return self.count or 1

    @property
    def last_seen(self) -> datetime | None:
        """When this last happened, from whichever of the four fields the sender filled in."""
        series = self.series.last_observed_time if self.series is not None else None
        return series or self.last_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def first_seen(self) -> datetime | None:
        """When this happened first."""
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp or self.last_timestamp
