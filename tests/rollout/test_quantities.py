"""Quantities against the official client's own reading of them, and how they are written."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils.quantity import parse_quantity

from ktui.model.quantities import amount_text, cpu_text, memory_text, quantity

SUFFIXES = ("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
NUMBERS = st.from_regex(r"[+-]?([0-9]{1,20}(\.[0-9]{0,12})?|\.[0-9]{1,12})", fullmatch=True, alphabet="0123456789.+-")
EXPONENTS = st.from_regex(r"[eE][+-]?[0-9]{1,2}", fullmatch=True, alphabet="eE+-0123456789")


@given(NUMBERS, st.sampled_from(SUFFIXES) | EXPONENTS)
def test_what_the_official_client_reads(number: str, suffix: str) -> None:
    with localcontext(prec=200):
        assert quantity(number + suffix) == parse_quantity(number + suffix)


@given(st.text(alphabet="0123456789.+-eEinumkKMGTPx ²٣\x00") | st.text())
def test_any_text_is_a_quantity_or_unknown(text: str) -> None:
    found = quantity(text)
    if found is not None:
        with localcontext(prec=200):
            assert found == parse_quantity(text)
        assert cpu_text(found)
        assert memory_text(found)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("4", "4"),
        ("100m", "0.1"),
        ("64Mi", "67108864"),
        ("1.5", "1.5"),
        ("1k", "1000"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("2E", "2e18"),
        ("123456789n", "0.123456789"),
    ],
)
def test_quantities(text: str, number: str) -> None:
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "x", "1x", "Ki", "1 Ki", "--1", "1mm", "1mi", "1e3Ki", "1e999999999", "9" * 5000])
def test_what_is_no_quantity(text: str) -> None:
    assert quantity(text) is None


@pytest.mark.parametrize(
    ("cores", "text"),
    [("0", "0"), ("0.0004", "0.4m"), ("0.12", "120m"), ("0.9996", "1000m"), ("1.25", "1.25"), ("16", "16")],
)
def test_cpu_as_people_read_it(cores: str, text: str) -> None:
    assert cpu_text(Decimal(cores)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("0", "0"),
        ("1023", "1023"),
        ("1024", "1Ki"),
        ("251658240", "240Mi"),
        ("1610612736", "1.5Gi"),
        ("3e12", "2794Gi"),
    ],
)
def test_memory_as_people_read_it(octets: str, text: str) -> None:
    assert memory_text(Decimal(octets)) == text


def test_amounts_by_what_a_quota_calls_them() -> None:
    assert amount_text("limits.memory", Decimal(2**30)) == "1Gi"
    assert amount_text("requests.cpu", Decimal("0.5")) == "500m"
    assert amount_text("pods", Decimal(12)) == "12"
