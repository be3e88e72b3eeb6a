"""A program for a terminal of its own that shows texts in every way in which ktui shows one.

`python -m tests.shown FOLDER`: at each key it shows the texts in FOLDER/texts, and then has the title `shown N`.
`python -m tests.shown FOLDER print` prints them as commands do.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from ktui.cli import printing, standard_streams
from ktui.text import clean, exact, shell_line
from ktui.tui.door import Choices, Field, Words
from ktui.tui.draw.widgets import COMPONENTS, Painting, Scroll, Span, cut_front, fit, wrap
from ktui.tui.ending import EndingApp

WORDS = 6


class Show(EndingApp):
    """All widgets that bear text, and notes, and the terminal's title."""

    AUTO_FOCUS = None
    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    CSS = "Choices { height: 8; } Scroll { height: 14; } Toast { width: 60; }"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.shown = 0

    def compose(self) -> ComposeResult:
        for _ in range(WORDS):
            yield Words()
        yield Field()
        yield Choices()
        yield Painting()
        yield Scroll()

    def on_mount(self) -> None:
        self.call_after_refresh(self.query_one(Words).update, "ready for a key")

    def on_key(self, event: events.Key) -> None:
        if event.key == "q":
            self.exit()
            return
        texts = json.loads((self.folder / "texts").read_text())
        for words, text in zip(self.query(Words), texts, strict=False):
            words.update(text)
        self.query_one(Field).value = texts[0]
        self.query_one(Choices).fill([(f"{at} {text}", text) for at, text in enumerate(texts[:8])])
        self.query_one(Painting).show(
            [[Span(f"{fit(clean(one), 40)} "), Span(cut_front(clean(one), 30), "failed")] for one in texts[:10]]
        )
        # What has not been cleaned goes through the net.
        self.query_one(Scroll).show([[Span(f"{text} ", "dim") for text in texts[at::14]] for at in range(14)])
        self.clear_notifications()
        self.notify(" ".join(texts[:3]), title=texts[3], timeout=60)
        self.set_terminal_title(f"ktui {texts[4]}")
        self.call_after_refresh(self.call_after_refresh, self.tell)

    def tell(self) -> None:
        self.shown += 1
        self.set_terminal_title(f"shown {self.shown}")


def print_all(texts: list[str]) -> None:
    """Through the door of the commands."""
    for text in texts:
        printing.line(f"{text} {exact(text)}", colour="red")
        printing.note(shell_line(["kubectl", text]))
        printing.error(text, "\n".join(wrap(clean(text), 20, 3)))
        # What a library may write by itself goes through the net.
        sys.stdout.write(f"{text}\n")
    printing.table(["NAME", "TEXT"], [[text, text] for text in texts])
    for output in ("json", "yaml"):
        printing.document(dict.fromkeys(texts[:20], texts[:20]), output)


if __name__ == "__main__":
    given = Path(sys.argv[1])
    if sys.argv[2:] == ["print"]:
        with standard_streams.streams():
            print_all(json.loads((given / "texts").read_text()))
    else:
        sys.exit(Show(given).run_to_the_end())
