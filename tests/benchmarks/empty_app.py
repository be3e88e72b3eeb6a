"""The baseline: an app of Textual's with one label, and the keys to leave it."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class EmptyApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Label("empty app")


if __name__ == "__main__":
    EmptyApp().run()
