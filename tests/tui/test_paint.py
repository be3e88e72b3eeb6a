"""The widget that draws lines: what it shows is what it was last told to show."""

from __future__ import annotations

from textual.app import App, ComposeResult

from ktui.tui.draw.widgets import Line, Pages, Span


class Paper(App[None]):
    CSS = "Pages { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield Pages()


def numbered(count: int, word: str = "line") -> list[Line]:
    return [[Span(f"{word} {number}")] for number in range(count)]


def drawn(app: App[None]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def test_what_does_not_fit_can_be_scrolled_to() -> None:
    async with Paper().run_test(size=(40, 10)) as pilot:
        pages = pilot.app.query_one(Pages)
        pages.focus()
        pages.show(numbered(100))
        await pilot.pause()
        assert drawn(pilot.app)[0] == "line 0"
        await pilot.press("G")
        await pilot.pause()
        assert drawn(pilot.app)[-1].startswith("line 99")
        await pilot.press("g", "j")
        await pilot.pause()
        assert drawn(pilot.app)[0].startswith("line 1")


async def test_a_line_that_takes_the_place_of_another_is_drawn_after_a_resize_too() -> None:
    async with Paper().run_test(size=(40, 10)) as pilot:
        pages = pilot.app.query_one(Pages)
        pages.show(numbered(3, "old"))
        await pilot.pause()
        pages.on_resize()
        pages.show(numbered(3, "new"))
        await pilot.pause()
        assert drawn(pilot.app)[:3] == ["new 0", "new 1", "new 2"]
