"""How a text goes over the air: its encoding, its length, how many segments it takes. Pure."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Regulation 9: limits of one segment, and of each part of a longer text (a 6-byte header is taken off).
UCS2_ONE, UCS2_PART = 70, 67
GSM7_ONE, GSM7_PART = 160, 153

GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_ESCAPED: Final = frozenset("\f^{}\\[~]|€")  # two septets each


class Encoding(StrEnum):
    """The alphabet of a text."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text is charged and split: encoding, length in its units, number of segments."""

    encoding: Encoding
    units: int
    count: int


def segments(body: str) -> Segments:
    """How `body` goes over the air."""
    if all(character in GSM7 or character in GSM7_ESCAPED for character in body):
        units = len(body) + sum(character in GSM7_ESCAPED for character in body)
        return Segments(Encoding.GSM7, units, 1 if units <= GSM7_ONE else -(-units // GSM7_PART))
    units = len(body.encode("utf-16-le")) // 2
    return Segments(Encoding.UCS2, units, 1 if units <= UCS2_ONE else -(-units // UCS2_PART))


def gsm7(body: str) -> str:
    """`body` with accents that GSM-7 lacks taken off; a letter of another script stays and makes the text too long."""
    return "".join(character if character in GSM7 else _plain(character) for character in body)


def _plain(character: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return bare if bare and all(part in GSM7 for part in bare) else QUOTES.get(character, character)


QUOTES: Final = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"}
