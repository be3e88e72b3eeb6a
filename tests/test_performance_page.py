"""The page that `make performance` writes."""

from __future__ import annotations

from datetime import date

from tests.benchmarks.page import page
from tests.benchmarks.report import Figure


def test_it_has_the_median_of_the_runs_with_its_range_budget_and_baseline() -> None:
    runs = [
        [
            Figure("key to screen", measured, "ms", 50, f"without a storm {measured / 2:.0f} ms"),
            Figure("memory", 81, "MB", aim=60),
        ]
        for measured in (40, 90, 60)
    ]
    written = page(date(2026, 11, 29), "a machine", "alone", {"A storm": runs})
    assert "on 2026-11-29 on a machine, alone." in written
    assert "## A storm\n\n| figure | measured | budget | aim | baseline |" in written
    assert "| key to screen | 60 ms (40–90) | 50 ms: MISSED by 20 % |  | without a storm 30 ms |" in written
    assert "| memory | 81 MB (81–81) |  | 60 MB: 1.4 times that |  |" in written
