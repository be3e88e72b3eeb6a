"""Names, labels and amounts."""

from collections.abc import Callable

import pytest

from ktui.sim.api import syntax

Check = Callable[[str], str | None]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("500m", 0.5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("64Mi", 64 * 2.0**20),
        ("1Ki", 1024.0),
        ("1k", 1000.0),
        ("2G", 2e9),
        ("1e3", 1000.0),
        ("1E", 1e18),
        ("250000n", 0.00025),
        ("-1", -1.0),
        (2, 2.0),
    ],
)
def test_a_quantity_stands_for_a_number(text: str | int, number: float) -> None:
    assert syntax.quantity(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "much", "1Q", "1 Gi", "1ki", "0x1", "Mi"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        syntax.quantity(text)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (syntax.bad_label_1123, ["a", "a-b", "1a", "a" * 63], ["", "A", "-a", "a-", "a.b", "a_b", "a" * 64]),
        (syntax.bad_subdomain, ["a.b", "a", "a-b.c1"], ["", ".a", "a..b", "A.b", "a_b", "a" * 254]),
        (syntax.bad_label_1035, ["a", "a1-b"], ["1a", "", "a.b", "a" * 64]),
        (
            syntax.bad_qualified_name,
            ["a", "A_b.c-d", "example.com/name", "1"],
            ["", "/a", "a/", "a/b/c", "A.com/b", "-a", "a" * 64],
        ),
        (syntax.bad_label_value, ["", "a", "A_b.c-1"], ["a b", "-a", "a" * 64, "é"]),
        (syntax.bad_config_key, ["a.b", "KEY_1", "-"], ["", "a b", "a/b"]),
        (syntax.bad_percent, ["0%", "100%"], ["", "%", "-1%", "1.5%", "25"]),
    ],
)
def test_what_may_be_written_and_what_not(check: Check, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if check(text) is not None] == []
    assert [text for text in bad if check(text) is None] == []
