"""Whether the pods on both sides of a Service listen where it sends requests, as far as their templates tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ktui.model.routing import Service
from ktui.model.template import PodTemplate
from ktui.text import clean


def port_warnings(service: Service, templates: Mapping[str, Sequence[PodTemplate]]) -> Iterator[str]:
    """What is wrong with the ports of which colour, in sentences.

    A port by its name has to be declared, or it is none of the endpoint's. A port by its number need not be: that is
    said only of a side that declares ports, and not this one, while another side does declare it.
    """
    for port in service.spec.ports:
        target = port.target
        declared = {
            colour: {number for each in sides for name, number in each.ports if target in (name, number)}
            for colour, sides in templates.items()
        }
        for colour, numbers in declared.items():
            declares_any = any(each.ports for each in templates[colour])
            if numbers or (isinstance(target, int) and not (declares_any and any(declared.values()))):
                continue
            yield f"The Service sends to port {clean(str(target))}, which no container of {colour} declares."
        if isinstance(target, str) and len({frozenset(numbers) for numbers in declared.values() if numbers}) > 1:
            text = ", ".join(
                f"{'/'.join(map(str, sorted(numbers)))} of {colour}" for colour, numbers in declared.items() if numbers
            )
            yield f"The port {clean(target)} is not the same everywhere: {text}."
