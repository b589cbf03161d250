"""What a file or a filter may name, and a sentence for a name that nobody knows.

A wrong code must never pass for one that touches nothing: the sentence gives the nearest known ones, by code or by name, and
the command that lists them all. Pure.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from emergency.errors import BadInput
from emergency.words import Words

NEAREST: Final = 3
"""How many known names a sentence offers as what may be meant."""
FEW: Final = 12
"""So many are listed whole."""
ALIKE: Final = 0.5
"""How alike the spelling must be, of 1; two of three letters are."""
KINDS: Final[Mapping[str, Words]] = {
    "river": Words("现有河网里没有河流", "the networks have no river"),
    "division": Words("区划清单里没有", "the register has no division"),
    "agreement": Words("没有载入协议", "no agreement is loaded as"),
}
"""What is said of an unknown one, by what it should be."""


def nearest(given: str, known: Mapping[str, Words]) -> list[str]:
    """The codes that may be meant, best first: written alike, or of a name that is."""
    spelt: dict[str, str] = {}
    for code, words in known.items():
        for name in (code, words.zh, words.en, *words.zh.split("·"), *words.en.split(" / ")):
            spelt.setdefault(name.casefold(), code)
    alike = get_close_matches(given.casefold(), list(spelt), n=NEAREST, cutoff=ALIKE)
    return list(dict.fromkeys(spelt[each] for each in alike))


def listed(codes: Iterable[str], known: Mapping[str, Words]) -> Words:
    """Codes with their names."""
    named = [(code, known[code]) for code in codes]
    return Words(
        "、".join(code if words.zh == code else f"{code} {words.zh}" for code, words in named),
        ", ".join(code if words.en == code else f"{code} {words.en}" for code, words in named),
    )


def unknown(kind: str, given: str, known: Mapping[str, Words]) -> Words:
    """That nobody knows `given`, what may be meant, and how to list them; kind: a key of KINDS."""
    said, command = KINDS[kind], f"flask agreements names {kind}s"
    if not known:
        return Words(f"{said.zh}“{given}”：一个都还没有载入", f'{said.en} "{given}": none has been loaded yet')
    few = len(known) <= FEW
    meant = listed(sorted(known) if few else nearest(given, known), known)
    if not meant.zh:
        meant = Words("没有相近的", "none is spelt alike")
    elif not few:
        meant = Words(f"相近的有 {meant.zh}", f"the nearest are {meant.en}")
    else:
        meant = Words(f"现有 {meant.zh}", f"there are {meant.en}")
    return Words(
        f"{said.zh}“{given}”：{meant.zh}；全部列出用 {command}",
        f'{said.en} "{given}": {meant.en}; {command} lists all',
    )


def require(kind: str, given: str, known: Mapping[str, Words]) -> None:
    """Refuse a filter that nothing can fit, since nobody knows its name; an empty one asks for everything."""
    if given and given not in known:
        words = unknown(kind, given[:80], known)
        facts = {"nearest": nearest(given[:80], known), "known": sorted(known)[:LISTED]}
        sentence = Words(f"{words.zh}。", f"{words.en[:1].upper()}{words.en[1:]}.")
        raise BadInput(f"no-such-{kind}", sentence, field=kind, facts=facts)


LISTED: Final = 500
"""A problem names no more of the known ones than a screen can hold."""
