"""What does a message say? One segment, always: 70 UCS-2 units in Chinese, 160 septets of GSM-7 in English. Pure.

It puts `notifications.Content` in words and adds nothing to it. Too long, it is shortened by the declared SHORTENINGS in
their order; it is never cut. It never carries a link, a telephone number, a grade, a company or a mass.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from contacts.values import Level
from emergency.errors import BadInput
from emergency.notifications import Content
from emergency.words import Language, Words

# Regulation 9: limits of one segment, and of each part of a longer text (a 6-byte header is taken off).
UCS2_ONE, UCS2_PART = 70, 67
GSM7_ONE, GSM7_PART = 160, 153
SCRIPT_MOST: Final = 40
ENCODINGS: Final = {Language.ZH: "UCS-2", Language.EN: "GSM-7"}

GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_ESCAPED: Final = frozenset("\f^{}\\[~]|€")  # two septets each

SHORTENINGS: Final = ("hint", "place", "occurred", "substance", "was", "river", "section")
"""What is left out or put in general words, in this order, each on top of those before.

hint: where our number is found. was: the hour of the message before; that it is earlier or later stays.
"""

FORBIDDEN: Final = re.compile(
    r"https?://|www\.|\b[a-z0-9-]+\.(?:com|cn|net|org|gov|top|link|me|ly)\b"  # a link
    r"|(?:\+?\d[ -]?){7,}"  # a telephone number
    r"|(?<![a-z0-9])\d[\d.,]*\s*(?:(?:kg|t|g|tons?|tonnes?)\b|吨|公斤|千克|克)"  # a mass
    r"|公司|集团|\b(?:Co|Ltd|Inc|Corp|Company)\b\.?"
    r"|特别重大|重大|[一二三四ⅠⅡⅢⅣ]级|\bgrade\b",
    re.IGNORECASE | re.ASCII,
)

ENDINGS_ZH: Final = re.compile(r"(?<=..)(?:[\u4e00-\u9fff]{1,4}族)*(?:自治州|自治县|新区|省|市|区|县|州)$")
ENDINGS_EN: Final = re.compile(
    r"(?: (?:Tibetan|Qiang|Yi|Tujia|Miao|and))* (?:Autonomous )?(?:Prefecture|County|District|Municipality|City|New Area)$"
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


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text is charged and split: encoding, length in its units, number of segments."""

    encoding: str
    units: int
    count: int


@dataclass(frozen=True, slots=True)
class Said:
    """The short variables of a text, already in words. An empty string is left out with its punctuation.

    earliest names its day; earliest_then only where it is not the day of `occurred`, just before it in the text.
    """

    kind: str
    version: int
    code: str
    sender: str
    hint: bool
    river: str
    place: str
    section: str
    substance: str
    unknown: bool
    verified: bool
    occurred: str
    earliest: str
    earliest_then: str
    was: str
    moved: str
    next_update: str
    minutes: int


def segments(body: str) -> Segments:
    """How `body` goes over the air."""
    if all(character in GSM7 or character in GSM7_ESCAPED for character in body):
        units = len(body) + sum(character in GSM7_ESCAPED for character in body)
        return Segments("GSM-7", units, 1 if units <= GSM7_ONE else -(-units // GSM7_PART))
    units = len(body.encode("utf-16-le")) // 2
    return Segments("UCS-2", units, 1 if units <= UCS2_ONE else -(-units // UCS2_PART))


def text(content: Content, *, act: str, level: Level, language: Language, zone: ZoneInfo, minutes: int) -> Text:
    """The text of a message for one contact; TooLong if no declared shortening makes it fit.

    A heads-up is a bell in writing, whatever the contact may be sent. minutes: until the next person is told.
    """
    template = _template(content, bell=level is Level.BELL or act == "heads_up", language=language)
    for count in range(len(SHORTENINGS) + 1):
        shortened = SHORTENINGS[:count]
        said = _said(content, act=act, language=language, zone=zone, minutes=minutes, without=shortened)
        body = template(said) if language is Language.ZH else _gsm7(template(said))
        measured = segments(body)
        if measured.count == 1 and measured.encoding == ENCODINGS[language] and _proper(body, content.code):
            return Text(body, measured.encoding, measured.units, 1, shortened)
    raise _too_long(content)


def script(content: Content, *, act: str, language: Language, zone: ZoneInfo) -> str:
    """What the officer says on the telephone: at most 40 characters."""
    forms = SCRIPTS[language, content.drill]
    for count in range(len(SHORTENINGS) + 1):
        said = _said(content, act=act, language=language, zone=zone, minutes=0, without=SHORTENINGS[:count])
        for form in forms:
            spoken = form(said)
            if len(spoken) <= SCRIPT_MOST and _proper(spoken, content.code):
                return spoken
    raise _too_long(content)


# Variables -----------------------------------------------------------------------------------------------------------


def _said(
    content: Content, *, act: str, language: Language, zone: ZoneInfo, minutes: int, without: Collection[str]
) -> Said:
    zh = language is Language.ZH
    occurred = None if "occurred" in without else _at(content.occurred_at, zone)
    earliest, was = _floor(_at(content.earliest_at, zone)), _floor(_at(content.was_earliest_at, zone))
    promised = _at(content.next_update_at, zone)
    when = _when_zh if zh else _when_en
    general = "substance" in without or content.substance is None
    return Said(
        kind=content.kind,
        version=content.version,
        code=content.code,
        sender=short_name(content.sender, language),
        hint="hint" not in without,
        river=_general(_river(content.river, language), "该河" if zh else "river", "river" in without),
        place="" if "place" in without else _named(content.place, language),
        section=_general(_named(content.section, language), "贵区" if zh else "your area", "section" in without),
        substance=("污染物" if zh else "pollutant") if general else _named(content.substance or {}, language),
        unknown=content.substance is None,
        verified=(content.verified and act != "heads_up") or content.kind in CERTAIN,
        occurred=when(occurred, None) if occurred else "",
        earliest=when(earliest, None) if earliest else "",
        earliest_then=when(earliest, occurred) if earliest else "",
        was=when(was, earliest) if was and was != earliest and "was" not in without else "",
        moved="" if earliest is None or was is None else _compared(earliest, was),
        next_update=when(promised, earliest or occurred) if promised else "",
        minutes=minutes,
    )


def short_name(name: Mapping[str, str], language: Language) -> str:
    """A desk as it is spoken of: 达州, Dazhou."""
    full = _named(name, language)
    return (ENDINGS_ZH if language is Language.ZH else ENDINGS_EN).sub("", full) or full


def _named(name: Mapping[str, str], language: Language) -> str:
    return name.get(language.value, "").strip()


def _river(name: Mapping[str, str], language: Language) -> str:
    return _named(name, language) if language is Language.ZH else re.sub(r" River$", " R", _named(name, language))


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


def _when_zh(at: datetime, beside: datetime | None) -> str:
    minute = {0: "", 30: "半"}.get(at.minute, f"{at.minute}分")
    day = "" if beside is not None and at.date() == beside.date() else f"{at.day}日"
    return f"{day}{at.hour}时{minute}"


def _when_en(at: datetime, beside: datetime | None) -> str:
    day = "" if beside is not None and at.date() == beside.date() else f" {at.day} {MONTHS[at.month - 1]}"
    return f"{at:%H:%M}{day}"


MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# Chinese -------------------------------------------------------------------------------------------------------------


LABELS_ZH: Final = {
    "incident": "首报",
    "withdrawal": "撤回",
    "correction": "更正",
    "end": "终报",
    "upstream_enquiry": "协查",
    "planned_release": "调度预告",
    "courtesy_copy": "抄送",
    "report_upward": "报告",
}


def _label_zh(said: Said) -> str:
    if said.kind == "update" or (said.kind == "incident" and said.version > 1):
        return f"更新{said.version}"
    return LABELS_ZH[said.kind]


def _arrival_zh(said: Said, earliest: str) -> str:
    was = f"（原{said.was}）" if said.was else ""
    return f"最早{earliest}达{said.section}{was}" if earliest else f"达{said.section}时间未定{was}"


def _doubt_zh(said: Said) -> str:
    return "" if said.verified else "，待核实"


def _call_zh(said: Said) -> str:
    again = f"，{said.next_update}前再报" if said.next_update else ""
    return f"请回电{said.sender}值班室报码{said.code}{again}"


def _first_zh(said: Said) -> str:
    what = f"{said.substance}入河{'，物质不明' if said.unknown else ''}{_doubt_zh(said)}"
    return f"【联防】{said.sender}{_label_zh(said)}：{said.river}{said.place}{said.occurred}{what}。{_arrival_zh(said, said.earliest_then)}。{_call_zh(said)}"


MOVES_ZH: Final = {
    "earlier": ("提前", "请即核对取水口、闸坝并回电报码"),
    "later": ("推后", "防范措施不撤。请回电报码"),
    "unchanged": ("时间不变", "防范措施不撤。请回电报码"),
    "": ("有更新", "请回电报码"),
}


def _update_zh(said: Said) -> str:
    change, ask = MOVES_ZH[said.moved]
    again = f"，{said.next_update}前再报" if said.next_update else ""
    head = f"【联防】{said.sender}{_label_zh(said)}：{said.river}污染{change}{_doubt_zh(said)}"
    return f"{head}，{_arrival_zh(said, said.earliest)}。{ask}{said.code}{again}"


def _correction_zh(said: Said) -> str:
    head = f"【联防】{said.sender}更正{said.version}：{said.river}前报有误，以本次为准{_doubt_zh(said)}"
    return f"{head}：{_arrival_zh(said, said.earliest)}。{_call_zh(said)}"


def _withdrawal_zh(said: Said) -> str:
    return f"【联防】{said.sender}撤回：{said.river}{said.place}所报情况不实，前报作废，可解除准备。请回电{said.sender}值班室报码{said.code}"


def _end_zh(said: Said) -> str:
    return (
        f"【联防】{said.sender}终报：{said.river}本次污染对贵区通报结束。是否恢复取水由贵方决定。请回电报码{said.code}"
    )


def _enquiry_zh(said: Said) -> str:
    head = f"【联防】{said.sender}协查：{said.section}断面{said.occurred}水质异常，疑来自上游{_doubt_zh(said)}"
    return f"{head}。请查排放与闸坝，回电{said.sender}值班室报码{said.code}"


def _release_zh(said: Said) -> str:
    since = f"{said.occurred}起" if said.occurred else ""
    return f"【联防】{said.sender}调度预告（非事故）：{said.river}{said.place}{since}下泄，下游水位将涨。请告取水口，回电报码{said.code}"


def _bell_zh(said: Said) -> str:
    urgent = "" if said.kind in ENDINGS else "紧急"
    where = "（号码见通讯录）" if said.hint else ""
    chase = f"。{said.minutes}分钟未回将联系您的上级" if said.minutes else ""
    head = f"【联防】{said.sender}有{urgent}跨界水环境通报（{_label_zh(said)}{_doubt_zh(said)}）"
    return f"{head}，请立即致电{said.sender}值班室{where}报码{said.code}{chase}"


def _drill_zh(said: Said) -> str:
    head = f"【联防】【演练】{said.sender}{_label_zh(said)}：{said.river}{said.place}模拟"
    order = f"只需回电报码{said.code}，不得采取实际措施【演练】"
    if said.kind in ENDINGS:
        return f"{head}通报{ENDINGS[said.kind].zh}。{order}"
    return f"{head}{said.substance}入河，{_arrival_zh(said, said.earliest)}。{order}"


def _drill_bell_zh(said: Said) -> str:
    return f"【联防】【演练】{said.sender}演练通报（{_label_zh(said)}），只需致电{said.sender}值班室报码{said.code}，不得采取实际措施【演练】"


ENDINGS: Final = {"end": Words("结束", "ended"), "withdrawal": Words("作废", "withdrawn")}
CERTAIN: Final = frozenset({*ENDINGS, "planned_release"})
"""Kinds that are the sender's own act: nothing in them waits to be verified."""


def _gist_zh(said: Said) -> str:
    if said.kind in ENDINGS:
        return f"{said.river}前报{ENDINGS[said.kind].zh}"
    if said.kind == "planned_release":
        return f"{said.river}放水，非事故"
    if said.kind == "upstream_enquiry":
        return f"{said.section}水质异常{_doubt_zh(said)}，请查上游"
    return f"{said.river}污染{_doubt_zh(said)}，{_arrival_zh(said, said.earliest)}"


# English -------------------------------------------------------------------------------------------------------------


LABELS_EN: Final = {
    "incident": "FIRST",
    "withdrawal": "WITHDRAWN",
    "correction": "CORRECTION",
    "end": "END",
    "upstream_enquiry": "ENQUIRY",
    "planned_release": "PLANNED RELEASE",
    "courtesy_copy": "COPY",
    "report_upward": "REPORT",
}


def _label_en(said: Said) -> str:
    if said.kind == "update" or (said.kind == "incident" and said.version > 1):
        return f"UPDATE {said.version}"
    return LABELS_EN[said.kind]


def _arrival_en(said: Said, earliest: str, word: str = "from") -> str:
    was = f" (was {said.was})" if said.was else ""
    return f"{said.section} {word} {earliest}{was}" if earliest else f"{said.section} time unknown{was}"


def _doubt_en(said: Said) -> str:
    return "" if said.verified else ", unverified"


def _next_en(said: Said) -> str:
    return f". Next {said.next_update}" if said.next_update else ""


def _first_en(said: Said) -> str:
    place = f" at {said.place}" if said.place else ""
    when = f" {said.occurred}" if said.occurred else ""
    what = f"{'unknown substance' if said.unknown else said.substance} in river{when}{_doubt_en(said)}"
    head = f"LIANFANG {said.sender} {_label_en(said)}: {said.river}{place}, {what}"
    return f"{head}. {_arrival_en(said, said.earliest_then)}. Call our duty desk, code {said.code}{_next_en(said)}"


MOVES_EN: Final = {
    "earlier": ("EARLIER", "from", "Check intakes and gates now. "),
    "later": ("LATER", "not before", "Keep all measures. "),
    "unchanged": ("NO CHANGE", "from", "Keep all measures. "),
    "": ("update", "from", ""),
}


def _update_en(said: Said) -> str:
    change, word, ask = MOVES_EN[said.moved]
    head = f"LIANFANG {said.sender} {_label_en(said)}: {said.river} {change}{_doubt_en(said)}"
    return f"{head}, {_arrival_en(said, said.earliest, word)}. {ask}Call back, code {said.code}{_next_en(said)}"


def _correction_en(said: Said) -> str:
    head = f"LIANFANG {said.sender} CORRECTION {said.version}: {said.river}, our last notice was wrong{_doubt_en(said)}"
    return f"{head}. Now: {_arrival_en(said, said.earliest)}. Call back, code {said.code}{_next_en(said)}"


def _withdrawal_en(said: Said) -> str:
    head = f"LIANFANG {said.sender} WITHDRAWN: {said.river} notice was not so"
    return f"{head}. Stand down. Call our duty desk, code {said.code}"


def _end_en(said: Said) -> str:
    head = f"LIANFANG {said.sender} END: {said.river}, our notice to you ends"
    return f"{head}. Reopening intakes is yours to decide. Call back, code {said.code}"


def _enquiry_en(said: Said) -> str:
    when = f" {said.occurred}" if said.occurred else ""
    head = f"LIANFANG {said.sender} ENQUIRY: {said.section}{when} abnormal{_doubt_en(said)}, may be from upstream"
    return f"{head}. Check discharges and gates, call our desk, code {said.code}"


def _release_en(said: Said) -> str:
    since = f" from {said.occurred}" if said.occurred else ""
    head = f"LIANFANG {said.sender} PLANNED RELEASE, not an incident: {said.river}{since}, level will rise"
    return f"{head}. Tell intakes downstream. Call back, code {said.code}"


def _bell_en(said: Said) -> str:
    urgent = "" if said.kind in ENDINGS else "urgent "
    where = " (number in your directory)" if said.hint else ""
    chase = f". Not back in {said.minutes} min: we call your leader" if said.minutes else ""
    head = f"LIANFANG {said.sender} {_label_en(said)}: {urgent}cross-border water notice{_doubt_en(said)}"
    return f"{head}. Call {said.sender} duty desk now{where}, code {said.code}{chase}"


def _drill_en(said: Said) -> str:
    head = f"LIANFANG EXERCISE {said.sender} {_label_en(said)}: {said.river}, simulated "
    order = f"Only call back, code {said.code}. Take NO real action. EXERCISE"
    if said.kind in ENDINGS:
        return f"{head}notice {ENDINGS[said.kind].en}. {order}"
    return f"{head}{said.substance}, {_arrival_en(said, said.earliest)}. {order}"


def _drill_bell_en(said: Said) -> str:
    head = f"LIANFANG EXERCISE {said.sender} ({_label_en(said)})"
    return f"{head}: only call {said.sender} duty desk, code {said.code}. Take NO real action. EXERCISE"


def _gist_en(said: Said) -> str:
    word = ENDINGS[said.kind].en if said.kind in ENDINGS else GISTS_EN.get(said.kind, "spill")
    return f"{said.river} {word}{_doubt_en(said)}"


GISTS_EN: Final = {"planned_release": "release", "upstream_enquiry": "enquiry"}


# Choosing ------------------------------------------------------------------------------------------------------------


Template = Callable[[Said], str]
TEMPLATES: Final[Mapping[str, tuple[Template, Template]]] = {
    "incident": (_first_zh, _first_en),
    "courtesy_copy": (_first_zh, _first_en),
    "report_upward": (_first_zh, _first_en),
    "update": (_update_zh, _update_en),
    "correction": (_correction_zh, _correction_en),
    "withdrawal": (_withdrawal_zh, _withdrawal_en),
    "end": (_end_zh, _end_en),
    "upstream_enquiry": (_enquiry_zh, _enquiry_en),
    "planned_release": (_release_zh, _release_en),
}
SCRIPTS: Final[Mapping[tuple[Language, bool], tuple[Template, ...]]] = {
    (Language.ZH, False): (
        lambda s: f"{s.sender}{_label_zh(s)}：{_gist_zh(s)}，码{s.code}，请复述",
        lambda s: f"{s.sender}{_label_zh(s)}：{s.river}{_doubt_zh(s)}，详见短信，码{s.code}，请复述",
        lambda s: f"跨界水环境通报{_label_zh(s)}{_doubt_zh(s)}，码{s.code}，请复述",
    ),
    (Language.ZH, True): (
        lambda s: f"演练：{s.sender}{_label_zh(s)}，{s.river}，码{s.code}，请复述，演练",
        lambda s: f"演练：{_label_zh(s)}，码{s.code}，请复述，演练",
    ),
    (Language.EN, False): (
        lambda s: f"{s.sender}: {_gist_en(s)}, {s.earliest}. Code {s.code}",
        lambda s: f"{s.sender}: {_gist_en(s)}. Code {s.code}",
        lambda s: f"{s.sender}: {s.river}{_doubt_en(s)}. Code {s.code}",
        lambda s: f"{_label_en(s)}: water notice. Code {s.code}",
    ),
    (Language.EN, True): (
        lambda s: f"EXERCISE {s.sender}. Code {s.code}. EXERCISE",
        lambda s: f"EXERCISE. Code {s.code}. EXERCISE",
    ),
}
"""By language and drill; the first that fits is said."""


def _template(content: Content, *, bell: bool, language: Language) -> Template:
    zh = language is Language.ZH
    if content.kind not in TEMPLATES:
        raise BadInput(
            "unknown-kind", Words(f"没有 {content.kind} 的短信模板。", f"There is no text for {content.kind}.")
        )
    if content.drill and bell:
        return _drill_bell_zh if zh else _drill_bell_en
    if content.drill:
        return _drill_zh if zh else _drill_en
    if bell:
        return _bell_zh if zh else _bell_en
    kind = "update" if content.kind == "incident" and content.version > 1 else content.kind
    return TEMPLATES[kind][0 if zh else 1]


def _gsm7(body: str) -> str:
    """`body` with accents that GSM-7 lacks taken off; a letter of another script stays and makes the text too long."""
    return "".join(character if character in GSM7 else _plain(character) for character in body)


def _plain(character: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return bare if bare and all(part in GSM7 for part in bare) else QUOTES.get(character, character)


QUOTES: Final = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"}


def _proper(body: str, code: str) -> bool:
    return FORBIDDEN.search(body.replace(code, "")) is None  # a code such as 234T is no mass


def _too_long(content: Content) -> TooLong:
    words = Words(
        "这条通报无法写进一条短信，请缩短地名。", "This message cannot be said in one text: shorten its names."
    )
    return TooLong("too-long", words, facts={"kind": content.kind, "version": content.version})
