"""Numbers, times and a cluster's text as people read them."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime
from unicodedata import category

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ktui.model.template import PodTemplate
from ktui.rollout import images
from ktui.text import (
    _BLANK,
    _PLAIN,
    MOST_MARKS,
    age,
    clean,
    count,
    duration,
    exact,
    lasts,
    local_time,
    roughly,
    shell_line,
    visible,
    without_sequences,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, as it is: ü, 漢, ✔", "plain text, as it is: ü, 漢, ✔"),
        ("", ""),
        ("two\nlines\tand tabs", "two lines and tabs"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x9b2J\x7f", "<U+009B>2J␡"),
        ("abc\u202egnp.exe", "abc<U+202E>gnp.exe"),
        ("in\u2066\u200bvisible\u061c", "in<U+2066><U+200B>visible<U+061C>"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("[bold]markup[/bold] is text", "[bold]markup[/bold] is text"),
        ("half a pair: \ud800", "half a pair: <U+D800>"),
        ("a byte that was not UTF-8: \udc9b", "a byte that was not UTF-8: <9B>"),
        ("e\u0301, नमस्ते, ภาษาไทย, שָׁלוֹם, العَرَبِيَّة", "e\u0301, नमस्ते, ภาษาไทย, שָׁלוֹם, العَرَبِيَّة"),
        ("\u0338on what stands before it", "<U+0338>on what stands before it"),
        ("e" + "\u0301" * 6, "e" + "\u0301" * MOST_MARKS + "<U+0301>" * 2),
        ("  indented,  spaced  ", "  indented,  spaced  "),
        (" lines \r\n\t and \u2028 more \n", "lines and more"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
@example("\x1c\u2028 \u0301")
def test_clean_text_is_printable_and_stays_as_it_is(text: str) -> None:
    for cleaned in (clean(text), exact(text)):
        assert cleaned.isprintable()
        assert clean(cleaned) == visible(cleaned) == cleaned


INVISIBLE = (
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u180b\u2800\u3164\uffa0\ufeff\ufffc",  # fillers, blanks, marks
    *map(chr, range(0x200B, 0x2010)),  # zero width, joiners, directions
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x2070)),
    *map(chr, range(0xFE00, 0xFE10)),  # variation selectors
    *map(chr, range(0xE0000, 0xE0200, 7)),  # tags, and more selectors
    *"\xa0\u1680\u2003\u202f\u205f\u3000",  # spaces that are none
    *map(chr, range(0x7F, 0xA0)),
    *"\U0001d159\U00016fe4\U00013441\ue000\ud800\udcff\U0010ffff",
)


def test_names_that_differ_look_different() -> None:
    breaks = "\t\n\x0b\x0c\r\x85\u2028\u2029"
    names = [
        "prod",
        *(f"prod{sign}" for sign in INVISIBLE),
        *(f"pr{sign}od" for sign in INVISIBLE),
        "prod\x1c",
        "prod\x00",
    ]
    names = [name for name in names if not set(name) & set(breaks)]
    shown = [clean(name) for name in names]
    assert len(set(shown)) == len(names)
    assert all(len(each) > len("prod") for each in shown[1:])
    ends = [*names, *(f"prod{each}" for each in breaks), "prod ", " prod", "pr od", "pr\nod"]
    assert len({exact(name) for name in ends}) == len(ends)


LOOK_ALIKES = (
    (
        "prod",
        "рrod",
        "ｐrod",
        "𝐩rod",
        "proԁ",
        "prοd",
        "prоd",
        "prօd",
        "рrоd",
    ),  # Cyrillic, fullwidth, bold, Greek, Armenian
    ("scope", "ѕсоре", "sсope"),
    ("file-k", "ﬁle-k", "file‐k", "file–k", "file−k"),
    ("K8S", "\u041a8\u0405", "\u13e68\u13da", "\u212a8S"),
    ("é", "e\u0301"),
    ("한", "\u1112\u1161\u11ab"),
    ("\u00c5", "A\u030a", "\u212b"),
    ("a:b/c.d", "a꞉b/c.d", "a:b∕c.d", "a:b/c․d", "a:b⁄c.d"),
    ("ọ́", "o\u0323\u0301", "o\u0301\u0323"),
    ("it's", "it’s", "itʼs", "it‘s"),
    ("I", "Ӏ", "Ι", "І", "ꓲ", "Ⅰ"),
)


@pytest.mark.parametrize("names", LOOK_ALIKES, ids=lambda names: names[0])
def test_names_that_only_look_alike_are_told_apart(names: tuple[str, ...]) -> None:
    shown = [exact(name) for name in names]
    assert shown[0] == names[0]
    assert all("<U+" in each for each in shown[1:]), shown
    assert len(set(shown)) == len(names)


@pytest.mark.parametrize(
    "text",
    ["прод", "тест-1", "δοκιμή", "փորձ", "本番環境", "한국", "प्रोडक्शन", "ตัวอย่าง", "Größe", "naïve", "веб-сервер"],
)
def test_names_in_other_scripts_stay(text: str) -> None:
    assert exact(text) == text


def test_a_letter_of_another_script_within_a_word_is_seen_in_any_text() -> None:
    assert clean("registry/shоp:1.0 и сервер") == "registry/sh<U+043E>p:1.0 и сервер"
    assert clean("5 µs, 3 μs, Δt, x → у") == "5 µs, 3 μs, Δt, x → у"


def test_what_needs_no_look_at_each_letter_is_visible() -> None:
    letters = [letter for letter in map(chr, range(0x110000)) if _PLAIN.fullmatch(letter)]
    assert len(letters) > 20_000
    assert all(letter.isprintable() and not _BLANK.match(letter) for letter in letters)
    assert not any(category(letter).startswith("M") for letter in letters)


def test_a_long_text_of_spaces_is_cleaned_in_no_time() -> None:
    assert clean("é" + " " * 1_000_000 + "\u200b").endswith(" <U+200B>")
    assert clean(" " * 1_000_000 + "\n") == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["kubectl", "-n", "shop", "a b"], "kubectl -n shop 'a b'"),
        (["it's"], """'it'"'"'s'"""),
        (["app:1\x1b[201~\n", "it's\\\x07"], r"$'app:1\x1b[201~\x0a' $'it\'s\\\x07'"),
        (["a\u200bü", "\U000e0041", ""], r"$'a\u200bü' $'\U000e0041' ''"),
        (["e\u0301\u2066"], r"$'e\u0301\u2066'"),
        (["grüße"], "'grüße'"),
    ],
)
def test_a_command_for_a_shell_says_what_cannot_be_seen(words: list[str], line: str) -> None:
    assert shell_line(words) == clean(line) == line


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_a_shell_reads_the_words_that_were_meant(words: list[str]) -> None:
    line = shell_line(["printf", r"%s\0", *words])
    assert clean(line) == line
    said = subprocess.run(["bash", "-c", line], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert said.stdout.decode() == "".join(f"{word}\0" for word in words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[31mred\x1b[0m and \x1b]0;title\x07plain", "red and plain"),
        ("\x9b1mbold\x9b0m", "bold"),
        ("\x1b", "\x1b"),
        ("nothing", "nothing"),
    ],
)
def test_what_was_meant_as_colours(text: str, said: str) -> None:
    assert without_sequences(text) == said


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


@given(st.integers(-100, 20 * 86400))
@example(-1)
@example(599)
@example(3600 - 1)
@example(8 * 3600 - 1)
@example(8 * 86400 - 1)
def test_a_length_of_time_is_told_in_the_same_words_for_as_long_as_it_lasts(seconds: int) -> None:
    stays = int(lasts(seconds))
    assert {duration(seconds + more) for more in (0, stays // 2, stays - 1)} == {duration(seconds)}
    assert duration(seconds + stays) != duration(seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.5, "a few seconds"),
        (8, "about 10s"),
        (44, "about 40s"),
        (94, "about 90s"),
        (96, "about 2m"),
        (400, "about 7m"),
        (5399, "about 90m"),
        (5401, "about 2h"),
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
    assert images.changed(images.differences(old, new)) == ("mesh:2", "mesh:3 +1")
    assert images.changed(images.differences(old, old)) is None
    assert images.changed(images.differences(None, new)) is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_no_moment_is_too_early_or_too_late_to_be_shown(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
            assert local_time(moment).year == moment.year
        noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
        assert local_time(noon) == noon
        assert local_time(noon).hour != 12
    finally:
        monkeypatch.undo()
        time.tzset()
