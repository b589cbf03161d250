"""What does a message say? One segment, always: 70 UCS-2 units in Chinese, 160 septets of GSM-7 in English. Pure.

It puts `notifications.Content` in words and adds nothing to it. Too long, it is shortened by the declared SHORTENINGS in
their order; it is never cut. It never carries a link, a telephone number, a grade, a company or a mass.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contacts.texts import chinese, english
from contacts.texts.said import CERTAIN, ENDINGS, Form, Near, Said, Wording
from contacts.texts.segments import Encoding, gsm7, segments
from contacts.values import CONTACT_TEST, Level
from emergency.errors import BadInput
from emergency.notifications import Content
from emergency.words import Language, Words

SCRIPT_MOST: Final = 40
WORDINGS: Final[Mapping[Language, Wording]] = {Language.ZH: chinese.WORDING, Language.EN: english.WORDING}
ENCODINGS: Final = {Language.ZH: Encoding.UCS2, Language.EN: Encoding.GSM7}

SHORTENINGS: Final = ("hint", "place", "occurred", "substance", "values", "was", "river", "section", "fields")
"""What is left out or put in general words, in this order, each on top of those before.

hint: where our number is found. was: the hour of the message before; that it is earlier or later stays. values: what a
corrected field is now; which field it is stays. fields: that too; that the notice before was wrong stays.
"""

FORBIDDEN: Final = re.compile(
    r"https?://|www\.|\b[a-z0-9-]+\.(?:com|cn|net|org|gov|top|link|me|ly)\b"  # a link
    r"|(?:\+?\d[ -]?){7,}"  # a telephone number
    r"|(?<![a-z0-9])\d[\d.,]*\s*(?:(?:kg|t|g|tons?|tonnes?)\b|吨|公斤|千克|克)"  # a mass
    r"|公司|集团|\b(?:Co|Ltd|Inc|Corp|Company)\b\.?"
    r"|特别重大|重大|[一二三四ⅠⅡⅢⅣ]级|\bgrade\b",
    re.IGNORECASE | re.ASCII,
)


class TooLong(BadInput):
    """The facts of a message cannot be said in one segment."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text ready to send. shortened: which of SHORTENINGS were needed."""

    body: str
    encoding: str
    units: int
    segments: int
    shortened: tuple[str, ...]


def text(
    content: Content, *, act: str, level: Level, language: Language, zone: ZoneInfo, minutes: int, risen: bool = False
) -> Text:
    """The text of a message for one contact; TooLong if no declared shortening makes it fit.

    A heads-up is a bell in writing, whatever the contact may be sent. minutes: until the next person is told. risen: somebody
    was told before and has not answered.
    """
    form = _form(content, bell=level is Level.BELL or act == "heads_up", risen=risen, language=language)
    for count in range(len(SHORTENINGS) + 1):
        shortened = SHORTENINGS[:count]
        said = _said(content, act=act, language=language, zone=zone, minutes=minutes, without=shortened)
        body = form(said) if language is Language.ZH else gsm7(form(said))
        measured = segments(body)
        if measured.count == 1 and measured.encoding == ENCODINGS[language] and _proper(body, content.code):
            return Text(body, measured.encoding, measured.units, 1, shortened)
    raise _too_long(content)


def fitting(
    content: Content, *, act: str, level: Level, language: Language, zone: ZoneInfo, minutes: int, risen: bool = False
) -> tuple[Text, Language, Level] | None:
    """The text in the contact's language and level; where the facts do not fit a bell, where that does not, a Chinese bell.

    With the language and level it was written in; None where not even that can be written.
    """
    for tongue, shown in ((language, level), (language, Level.BELL), (Language.ZH, Level.BELL)):
        try:
            made = text(content, act=act, level=shown, language=tongue, zone=zone, minutes=minutes, risen=risen)
            return made, tongue, shown
        except TooLong:
            continue  # the next, shorter form is tried; the caller says so
    return None


def script(content: Content, *, act: str, language: Language, zone: ZoneInfo) -> str:
    """What the officer says on the telephone: at most 40 characters."""
    forms = WORDINGS[language].drill_scripts if content.drill else WORDINGS[language].scripts
    for count in range(len(SHORTENINGS) + 1):
        said = _said(content, act=act, language=language, zone=zone, minutes=0, without=SHORTENINGS[:count])
        for form in forms:
            spoken = form(said)
            if spoken and len(spoken) <= SCRIPT_MOST and _proper(spoken, content.code):
                return spoken
    raise _too_long(content)


def near_script(sender: Mapping[str, str], *, says: str, drill: bool, language: Language) -> str:
    """What an intake is told that is too near for any message: at most 40 characters."""
    for name in (short_name(sender, language), ""):
        for form in WORDINGS[language].near_scripts:
            spoken = form(Near(says, name, drill))
            if len(spoken) <= SCRIPT_MOST and _proper(spoken, ""):
                return spoken
    words = Words("这句话说不完整，请缩短席位名。", "That cannot be said: shorten the desk's name.")
    raise TooLong("too-long", words, facts={"says": says})


# Variables -----------------------------------------------------------------------------------------------------------


def _said(
    content: Content, *, act: str, language: Language, zone: ZoneInfo, minutes: int, without: Collection[str]
) -> Said:
    wording = WORDINGS[language]
    occurred = None if "occurred" in without else _at(content.occurred_at, zone)
    earliest, was = _floor(_at(content.earliest_at, zone)), _floor(_at(content.was_earliest_at, zone))
    promised = _at(content.next_update_at, zone)
    return Said(
        kind=content.kind,
        version=content.version,
        code=content.code,
        sender=short_name(content.sender, language),
        hint="hint" not in without,
        river=_general(wording.river(_named(content.river, language)), wording.general_river, "river" in without),
        place="" if "place" in without else _named(content.place, language),
        section=_general(_named(content.section, language), wording.general_section, "section" in without),
        substance=_general(_named(content.substance or {}, language), wording.pollutant, "substance" in without),
        unknown=content.substance is None,
        verified=(content.verified and act != "heads_up") or content.kind in CERTAIN,
        occurred=wording.when(occurred, None) if occurred else "",
        earliest=wording.when(earliest, None) if earliest else "",
        earliest_then=wording.when(earliest, occurred) if earliest else "",
        was=wording.when(was, earliest) if was and was != earliest and "was" not in without else "",
        moved="" if earliest is None or was is None else _compared(earliest, was),
        next_update=wording.when(promised, earliest or occurred) if promised else "",
        minutes=minutes,
        corrected=() if "fields" in without else _corrected(content, language, zone, values="values" not in without),
    )


def _corrected(content: Content, language: Language, zone: ZoneInfo, *, values: bool) -> tuple[tuple[str, str], ...]:
    """The fields with what each is now; the number of the event stays when the values are left out, for it is the news."""
    kept = [values or each["field"] == "file" for each in content.corrected]
    return tuple(
        (each["field"], _now(each, language, zone) if keep else "")
        for each, keep in zip(content.corrected, kept, strict=True)
    )


def _now(changed: Mapping[str, Any], language: Language, zone: ZoneInfo) -> str:
    """What a corrected field is now, in words; "" where that must not be sent, or cannot be said."""
    wording, now = WORDINGS[language], changed["now"]
    if changed["field"] == "reached":
        return ""
    if changed["field"] == "file":
        return f"#{now}"
    if changed["field"] == "source_open":
        return wording.source_open[now]
    if changed["field"] == "occurred_at":
        at = _at(now, zone)
        return wording.when(at, None) if at else wording.unknown
    if now is None:
        return wording.unknown
    named = _named(now, language)
    return named if _proper(named, "") else ""


def short_name(name: Mapping[str, str], language: Language) -> str:
    """A desk as it is spoken of: 达州, Dazhou."""
    full = _named(name, language)
    return WORDINGS[language].ranks.sub("", full) or full


def _named(name: Mapping[str, str], language: Language) -> str:
    return name.get(language.value, "").strip()


def _general(name: str, word: str, wanted: bool) -> str:
    return word if not name or (wanted and (len(word) < len(name) or not _proper(name, ""))) else name


def _at(stored: str | None, zone: ZoneInfo) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored).astimezone(zone)


def _floor(at: datetime | None) -> datetime | None:
    """Down to the half hour: a forecast to the minute is not believed, and earlier is the safe side."""
    return (
        None if at is None else at - timedelta(minutes=at.minute % 30, seconds=at.second, microseconds=at.microsecond)
    )


def _compared(earliest: datetime, was: datetime) -> str:
    return "unchanged" if earliest == was else "earlier" if earliest < was else "later"


# Choosing ------------------------------------------------------------------------------------------------------------


def _form(content: Content, *, bell: bool, risen: bool, language: Language) -> Form:
    wording = WORDINGS[language]
    if content.kind not in wording.texts:
        words = Words(f"没有 {content.kind} 的短信模板。", f"There is no text for {content.kind}.")
        raise BadInput("unknown-kind", words)
    if content.kind == CONTACT_TEST:
        return wording.texts[content.kind]
    if content.drill:
        return wording.drill_bell if bell else wording.drill
    if bell:
        return wording.bell_risen if risen and content.kind not in ENDINGS else wording.bell
    usual = wording.texts[content.kind]
    return wording.risen.get(content.kind, usual) if risen else usual


def _proper(body: str, code: str) -> bool:
    return FORBIDDEN.search(body.replace(code, "")) is None  # a code such as 234T is no mass


def _too_long(content: Content) -> TooLong:
    words = Words(
        "这条通报无法写进一条短信，请缩短地名。", "This message cannot be said in one text: shorten its names."
    )
    return TooLong("too-long", words, facts={"kind": content.kind, "version": content.version})
