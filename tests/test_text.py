"""Numbers, times and a cluster's text as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.model.template import PodTemplate
from ktui.rollout import images
from ktui.text import age, clean, count, duration, roughly


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, as it is: ü, 漢, ✔", "plain text, as it is: ü, 漢, ✔"),
        ("", ""),
        ("two\nlines\tand tabs", "two lines and tabs"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b2J\x7f", "\ufffd2J\ufffd"),
        ("abc\u202egnp.exe", "abc\ufffdgnp.exe"),
        ("in\u2066\u200b\ufeff\u00advisible\u061c", "in\ufffd\ufffd\ufffd\ufffdvisible\ufffd"),
        ("tag\U000e0041", "tag\ufffd"),
        ("[bold]markup[/bold] is text", "[bold]markup[/bold] is text"),
        ("half a pair: \ud800", "half a pair: \ufffd"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_clean_text_is_printable_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable()
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0.9, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (72, "1m12s"),
        (599, "9m59s"),
        (601, "10m"),
        (3599, "59m"),
        (3600, "1h"),
        (7500, "2h5m"),
        (8 * 3600 + 300, "8h"),
        (86400, "1d"),
        (3 * 86400 + 4 * 3600, "3d4h"),
        (12 * 86400 + 3600, "12d"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "a few seconds"),
        (8, "about 10 s"),
        (44, "about 40 s"),
        (94, "about 90 s"),
        (96, "about 2 min"),
        (400, "about 7 min"),
        (5399, "about 90 min"),
        (5401, "about 2 h"),
    ],
)
def test_a_guess_promises_no_more_than_it_holds(seconds: float, text: str) -> None:
    assert roughly(seconds) == text


def test_age() -> None:
    now = datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert age(None, now) == ""
    assert age(now.replace(hour=12), now) == "1h"
    assert age(now.replace(hour=14), now) == "0s"


def test_count() -> None:
    assert [count(n, "new pod") for n in (0, 1, 2)] == ["0 new pods", "1 new pod", "2 new pods"]


@pytest.mark.parametrize(
    ("image", "short"),
    [
        ("nginx", "nginx"),
        ("nginx:1.27", "nginx:1.27"),
        ("registry.example:5000/shop/cart:5.0", "cart:5.0"),
        ("registry.example/cart@sha256:0a1b2c3d4e5f", "cart@sha256:0a1b2c3"),
        ("registry.example/cart:5.0@sha256:0a1b2c3d4e5f", "cart:5.0"),
        ("localhost:5000/cart", "cart"),
        ("", ""),
    ],
)
def test_images_are_short(image: str, short: str) -> None:
    assert images.short(image) == short


def template(**images_by_name: str) -> PodTemplate:
    return PodTemplate({"spec": {"containers": [{"name": n, "image": i} for n, i in images_by_name.items()]}})


def test_the_image_of_a_template_is_its_first_and_how_many_more() -> None:
    assert images.of_template(template(web="r/web:1")) == "web:1"
    assert images.of_template(template(web="r/web:1", mesh="r/mesh:2", log="r/log:3")) == "web:1 +2"
    assert images.of_template(template()) == ""


def test_the_change_of_image_is_that_of_the_first_container_that_differs() -> None:
    old, new = template(web="r/web:1", mesh="r/mesh:2"), template(mesh="r/mesh:3", web="r/web:1", extra="r/e:1")
    assert images.changed(old, new) == ("mesh:2", "mesh:3")
    assert images.changed(old, old) is None
    assert images.changed(None, new) is None
