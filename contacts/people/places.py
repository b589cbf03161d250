"""What there is to keep an organisation for beside the desk itself: an office of one's own side in a division, an intake.

Which divisions and intakes there are is known to others; they hand it in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contacts.people.directory import PLACE_MARK
from emergency.errors import BadInput
from emergency.labels import fault
from emergency.words import Words

INSIDE: Final = "inside"
SITE: Final = "site"
LONGEST: Final = 20


@dataclass(frozen=True, slots=True)
class Places:
    """Who knows the places. division: the name of a division by its code; intake: that of an intake by its number; None where
    there is none."""

    division: Callable[[str], Words | None]
    intake: Callable[[int], Words | None]

    def name(self, place: str) -> Words | None:
        """What a place is called, `CODE`, `inside:CODE` or `site:N`; None where there is no such place."""
        kind, mark, rest = place.partition(PLACE_MARK)
        if kind == SITE and mark:
            return self.intake(int(rest)) if rest.isascii() and rest.isdigit() else None
        return self.division(rest if mark else place)


def place_of(given: str, desk: str, places: Places) -> str:
    """Where an organisation is told: BadInput says how to write it, and of what there is not."""
    place = given.strip() or desk
    kind, mark, rest = place.partition(PLACE_MARK)
    if place == desk:
        return place
    if not (mark and kind in (INSIDE, SITE) and rest and len(place) <= LONGEST):
        zh, en = (
            "须留空、或为 inside:区划代码、site:取水口编号",
            "must be empty, inside:CODE of a division, or site:N of an intake",
        )
        raise BadInput("bad-field", fault("place", zh, en), field="place")
    if places.name(place) is None:
        what = Words("区划", "division") if kind == INSIDE else Words("取水口", "intake")
        words = fault("place", f"没有这个{what.zh}：{rest}，请查对", f"names no {what.en} that is known: {rest}")
        raise BadInput("no-such-place", words, field="place")
    return f"{SITE}{PLACE_MARK}{int(rest)}" if kind == SITE else place  # as those who look for it write it
