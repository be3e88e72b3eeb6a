"""An object as the API's Go types hold it: without what they have no field for, and without empty values.

What a client sends as null or as zero is the same as what it leaves out, wherever the type cannot tell the two apart.
"""

from typing import Any

from ktui.sim.api.schema import SCALARS, Field, type_of, types

JSON = dict[str, Any]

_ZERO: dict[str, Any] = {"str": "", "quantity": "0", "int": 0, "bool": False, "bytes": ""}


def tidy(kind: str, obj: JSON) -> None:
    """Drop, in place, unknown fields and what the server never writes; the status is left as it is.

    A spec is there, if only an empty one, wherever the kind has one.
    """
    described = types().get(type_of(obj.get("apiVersion", ""), kind) or "")
    if described is None:
        return
    if "spec" in described.fields and obj.get("spec") is None:
        obj["spec"] = {}
    for name, value in list(obj.items()):
        field = described.fields.get(name)
        if field is None:
            del obj[name]
        elif name in ("metadata", "spec") and isinstance(value, dict):
            _tidy_fields(value, field.type_name)
        elif name != "status" and value is not None:
            obj[name] = _tidied(value, field)


def _tidy_fields(obj: JSON, type_name: str) -> None:
    described = types().get(type_name)
    if described is None:
        return
    for name, value in list(obj.items()):
        field = described.fields.get(name)
        if field is None or value is None or (field.omit_zero and not value):
            del obj[name]
        else:
            obj[name] = _tidied(value, field)


def _tidied(value: Any, field: Field) -> Any:
    if field.type_name == "any":
        return value
    if field.container == "list":
        return [_item(item, field.type_name) for item in value]
    if field.container == "map":
        return {name: _item(item, field.type_name) for name, item in value.items()}
    return _item(value, field.type_name)


def _item(value: Any, type_name: str) -> Any:
    if type_name in SCALARS:
        return _ZERO.get(type_name) if value is None else value
    made = {} if value is None else value
    _tidy_fields(made, type_name)
    return made
