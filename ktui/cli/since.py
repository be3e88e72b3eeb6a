"""`--since`: the period that a command is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from ktui.figures import period


class _Since(click.ParamType[str]):
    """`30m`, `24h`, `7d`, `2w` or a date."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it is one."""
        try:
            period.since(str(value), datetime.now(UTC))
        except ValueError as error:
            self.fail(f"{error}; write 30m, 24h, 7d, 2w, or a date as 2026-11-01.", param, ctx)
        return str(value)


since_option = click.option(
    "--since",
    "back",
    type=_Since(),
    default="7d",
    show_default=True,
    help="The start of the period: 30m, 24h, 7d, 2w, or a date.",
)
