"""How names, labels and amounts are written; each check gives the API server's words, or None where all is well."""

import re

_LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL_1123}(\.{_LABEL_1123})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_PERCENT = "[0-9]+%"


def _bad(text: str, pattern: str, longest: int, words: str) -> str | None:
    if len(text) > longest:
        return f"must be no more than {longest} characters"
    return None if re.fullmatch(pattern, text) else words


def bad_label_1123(text: str) -> str | None:
    """What is wrong with the name of a container, a volume or a namespace."""
    return _bad(
        text,
        _LABEL_1123,
        63,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
        "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
        f"regex used for validation is '{_LABEL_1123}')",
    )


def bad_subdomain(text: str) -> str | None:
    """What is wrong with the name of most objects."""
    return _bad(
        text,
        _SUBDOMAIN,
        253,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
        "start and end with an alphanumeric character (e.g. 'example.com', "
        f"regex used for validation is '{_SUBDOMAIN}')",
    )


def bad_label_1035(text: str) -> str | None:
    """What is wrong with the name of a Service."""
    return _bad(
        text,
        _LABEL_1035,
        63,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
        f"regex used for validation is '{_LABEL_1035}')",
    )


def bad_qualified_name(text: str) -> str | None:
    """What is wrong with the key of a label or an annotation."""
    prefix, slash, name = text.rpartition("/")
    if slash and not prefix:
        return "prefix part must be non-empty"
    if slash and (why := bad_subdomain(prefix)):
        return f"prefix part {why}"
    if not name:
        return "name part must be non-empty"
    if len(name) > 63:
        return "name part must be no more than 63 characters"
    if re.fullmatch(_QUALIFIED, name):
        return None
    return (
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
        f"regex used for validation is '{_QUALIFIED}')"
    )


def bad_label_value(text: str) -> str | None:
    """What is wrong with the value of a label."""
    return _bad(
        text,
        _LABEL_VALUE,
        63,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
        "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
        f"regex used for validation is '{_LABEL_VALUE}')",
    )


def bad_config_key(text: str) -> str | None:
    """What is wrong with a key of a ConfigMap or a Secret."""
    return _bad(
        text,
        _CONFIG_KEY,
        253,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
        f"'KEY_NAME',  or 'key-name', regex used for validation is '{_CONFIG_KEY}')",
    )


def bad_percent(text: str) -> str | None:
    """What is wrong with a share such as ``25%``."""
    if re.fullmatch(_PERCENT, text):
        return None
    return (
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
        f"regex used for validation is '{_PERCENT}')"
    )


_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?")
_FACTORS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0} | {
    prefix + binary: float((1024 if binary else 1000) ** power)
    for power, prefix in enumerate("kMGTPE", start=1)
    for binary in ("", "i")
}
_FACTORS["Ki"] = 1024.0


def quantity(value: str | int | float) -> float:
    """A resource quantity as a number: cores for ``500m``, bytes for ``64Mi``.

    Raises:
        ValueError: it is none.
    """
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        raise ValueError(f"not a quantity: {value!r}")
    number, suffix = found.group(1), found.group(2) or ""
    if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix not in _FACTORS:
        return float(number + suffix)
    return float(number) * _FACTORS[suffix]
