"""The fields of the forms: what is said of what was filled in, and the lines that show it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from ktui.model.template import Container, PodTemplate
from ktui.tui.dialogs.form_lines import Choice, Entry, Offered, label, offers, options, said
from ktui.tui.draw.widgets import Line, Span
from ktui.tui.steering.canary_dialogs import read_canary
from ktui.tui.steering.image_fields import changed_images, read_images


def containers(*images: str) -> list[Container]:
    named = [{"name": f"c{number}", "image": image} for number, image in enumerate(images)]
    return list(PodTemplate({"spec": {"containers": named}}).containers)


CART = "registry.example/shop/cart:1.0"
DIGEST = f"sha256:{'0a' * 32}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.2", "registry.example/shop/cart:1.2"),
        (":1.2", "registry.example/shop/cart:1.2"),
        ("registry.example/shop/cart::1.2", "registry.example/shop/cart:1.2"),
        (f"registry.example/shop/cart:@{DIGEST}", f"registry.example/shop/cart@{DIGEST}"),
        ("registry.example/shop/cart:mirror.example/shop/cart:1.2", "mirror.example/shop/cart:1.2"),
        ("mirror.example/shop/cart:1.2", "mirror.example/shop/cart:1.2"),
    ],
)
def test_however_an_image_is_typed_the_whole_one_is_meant_and_said(typed: str, meant: str) -> None:
    found, values = containers(CART), {"image:c0": typed}
    reading = read_images(found, values)
    assert not reading.wrong
    assert changed_images(found, values).images == (("c0", meant),)
    told = reading.notes["image:c0"].text
    assert told == f"→ {meant}" or "changes from registry.example/shop/cart to mirror.example/shop/cart" in told


def test_only_what_is_another_image_is_set_and_one_must_be() -> None:
    found = containers(CART, "envoy:Odd/", "agent:3")
    values = {"image:c0": CART, "image:c1": "envoy:Odd/", "image:c2": "4"}
    assert not read_images(found, values).wrong
    assert changed_images(found, values).images == (("c2", "agent:4"),)
    same = {**values, "image:c2": "agent:3"}
    assert read_images(found, same).wrong == {"image:c0": "This is what runs now: enter another tag or image."}
    both = read_images(found, {**values, "image:c0": "shop/cart:", "image:c2": ""}).wrong
    assert set(both) == {"image:c0", "image:c2"}


def canary(size: str, desired: int = 12, surge: str | None = "yes") -> tuple[str, str, str, dict[str, str]]:
    """What is said of a size: what is wrong with it and with the surge, what it comes to, what the options mean."""
    values = {"image:c0": "2.0", "size": size, **({"surge": surge} if surge else {})}
    reading = read_canary(containers(CART), desired, values)
    note = reading.notes.get("size", Span("")).text
    return reading.wrong.get("size", ""), reading.wrong.get("surge", ""), note, dict(reading.options["surge"])


def test_a_size_in_pods_shares_and_steps() -> None:
    assert canary("1") == (
        "",
        "",
        "holds 1 of 12 pods, then all",
        {"yes": "1 more: 12 old, 1 new", "no": "1 replaced: 11 old, 1 new"},
    )
    assert canary("25%")[2] == "holds 3 of 12 pods, then all"
    assert canary(" 2, 50% ,100%")[2] == "holds 2 of 12 pods, then 6, then all"
    # A step that nothing is held back at is all of them.
    assert canary("1,12")[2] == "holds 1 of 12 pods, then all"
    assert canary("2", surge=None)[2] == "holds 2 of 12 pods, then all; they replace old ones"


@pytest.mark.parametrize("size", ["", "y", "0", "12", "100%", "3,2", "1,", "-1", "101%", "9" * 400])
def test_what_is_not_a_size_is_said_with_the_size(size: str) -> None:
    wrong, surge, note, meanings = canary(size)
    assert wrong
    assert wrong.endswith(".")
    assert (surge, note) == ("", "")
    assert meanings == {"yes": "beside all old pods", "no": "instead of old pods"}


def test_a_single_pod_can_only_have_a_canary_beside_it_and_the_surge_says_so() -> None:
    assert canary("1", 1)[:3] == ("", "", "holds 1 of 1 pod, then all")
    wrong, surge, _, _ = canary("1", 1, surge="no")
    assert not wrong
    assert surge.startswith("Without surge a canary replaces an old pod")
    assert canary("1", 1, surge=None)[0].startswith("Without surge")


def shown(line: Line) -> str:
    return "".join(span.text for span in line)


@pytest.mark.parametrize("room", [30, 32, 70])
def test_no_line_is_wider_than_its_room_and_no_hint_is_cut(room: int) -> None:
    image = "registry.example/a/very/long/path/of/an/image/cart:20261128.3"
    marked = [Offered(image, "12", [Span("3d  ", "dim"), Span("last good", "good")])] * 9
    entry = Entry("a", "Image of " + "a-container-of-a-long-name" * 2, image, "a hint", offered=marked)
    choice = Choice("b", "Surge", "yes", ("yes", "no"), "a hint that is rather long")
    lines = [
        *label(entry, room, is_focused=True),
        *label(choice, room, is_focused=False),
        *offers(entry, 0, 7, room),
        *options(choice, 1, "yes", {"yes": "1200 more pods: 12000 old, 1200 new", "no": "none"}, room),
        *said(Span("! the repository changes from " + image, "warn"), room),
    ]
    assert lines
    assert max(cell_len(shown(line)) for line in lines) <= room
    text = "\n".join(map(shown, lines))
    assert ":20261128.3" in text
    assert "last good" in text
    assert "+4 more" in text
    assert "1200 more pods: 12000 old, 1200 new" in " ".join(text.split())
    assert "a hint that is rather long" in text or "a hint" not in text


def test_what_is_offered_stays_around_what_is_chosen() -> None:
    entry = Entry("a", "Image", "", offered=[Offered(f"cart:{number}") for number in range(8)])
    for chosen in (None, *range(8)):
        lines = [shown(line) for line in offers(entry, 0, chosen, 60)]
        assert len(lines) == 6
        assert chosen is None or any(line.strip() == f"▸ cart:{chosen}" for line in lines)
    assert offers(Entry("a", "Image", ""), 0, None, 60) == []
