"""Where the API has the Flagger Canaries."""

from __future__ import annotations

from typing import Final

from ktui.kinds.flagger_canary.objects import Canary
from ktui.model.resources import Resource

CANARIES: Final = Resource(
    "flagger.app", "v1beta1", "canaries", Canary, names=("canary",), short="canary", kind="Canary"
)
