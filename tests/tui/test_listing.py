"""Which rows the overview has, in which order, and where its cursor stays. Pure."""

from __future__ import annotations

from datetime import timedelta

from ktui import signs
from ktui.rollout.rollout import Rollout
from ktui.tui.overview.listing import Listing
from tests.rollout.made import NOW
from tests.tui.test_overview_lines import WHY, a, cause

ALL = (a("api", "api:1"), a("cart", "cart:1"), a("web", "web:1"))


def seen(listing: Listing, rollouts: tuple[Rollout, ...] = ALL, later: float = 60) -> list[str]:
    now = NOW + timedelta(seconds=later)
    listing.update(rollouts, now, is_settled=True, is_read=False)
    return [each.name for each in listing.rows]


def test_the_cursor_stays_on_its_rollout_wherever_that_moves() -> None:
    listing = Listing()
    assert seen(listing) == ["api", "cart", "web"]
    listing.move(1, NOW)
    assert listing.cursor == "cart"
    assert seen(listing, (*ALL[:2], a("web", "web:2", cause(WHY)))) == ["web", "api", "cart"]
    assert listing.cursor == "cart"


def test_where_its_rollout_is_gone_the_cursor_is_on_what_stands_there() -> None:
    listing = Listing()
    seen(listing)
    listing.move(2, NOW)
    seen(listing)
    seen(listing, ALL[:2])
    assert listing.cursor == "cart"


def test_rows_keep_their_places_while_the_cursor_is_moved() -> None:
    listing = Listing()
    seen(listing)
    listing.move(1, NOW)
    broken = (*ALL[:2], a("web", "web:2", cause(WHY)))
    assert seen(listing, broken, later=1) == ["api", "cart", "web"]
    assert seen(listing, broken, later=5) == ["web", "api", "cart"]


def test_what_looked_bad_before_all_was_read_does_not_stay_at_the_top() -> None:
    broken = (*ALL[:2], a("web", "web:2", cause(WHY)))
    for is_settled, then in ((True, ["web", "api", "cart"]), (False, ["api", "cart", "web"])):
        listing = Listing()
        listing.update(broken, NOW, is_settled=is_settled, is_read=False)
        assert [each.name for each in listing.rows] == ["web", "api", "cart"]
        assert seen(listing, later=1) == then


def test_what_is_selected_and_filtered_away_is_acted_on_too_and_said() -> None:
    listing = Listing()
    seen(listing)
    listing.mark_all()
    listing.search("cart", ALL, NOW, is_settled=True, is_read=False)
    assert seen(listing) == ["cart"]
    assert (listing.cursor, listing.chosen_uids) == ("cart", ["cart", "api", "web"])
    assert listing.selection_note() == [f"{signs.CHECK} 3 selected, 2 not shown, esc clears"]
    assert listing.limits_note(3) == ["1 of 3 match “cart”, esc clears"]
    listing.mark_all()
    assert listing.chosen_uids == ["api", "web"]
