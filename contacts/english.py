"""The English texts, in GSM-7 letters. Pure."""

import re
from datetime import datetime
from typing import Final

from contacts.said import ENDINGS, Near, Said, Wording

LABELS: Final = {
    "incident": "FIRST",
    "withdrawal": "WITHDRAWN",
    "correction": "CORRECTION",
    "end": "END",
    "upstream_enquiry": "ENQUIRY",
    "planned_release": "PLANNED RELEASE",
    "courtesy_copy": "COPY",
    "report_upward": "REPORT",
    "contact_test": "CONTACT TEST",
}


def _label(said: Said) -> str:
    if said.kind == "update" or (said.kind == "incident" and said.version > 1):
        return f"UPDATE {said.version}"
    return LABELS[said.kind]


def _arrival(said: Said, earliest: str, word: str = "from") -> str:
    was = f" (was {said.was})" if said.was else ""
    return f"{said.section} {word} {earliest}{was}" if earliest else f"{said.section} time unknown{was}"


def _doubt(said: Said) -> str:
    return "" if said.verified else ", unverified"


def _next(said: Said) -> str:
    return f". Next {said.next_update}" if said.next_update else ""


def _first(said: Said) -> str:
    place = f" at {said.place}" if said.place else ""
    when = f" {said.occurred}" if said.occurred else ""
    what = f"{'unknown substance' if said.unknown else said.substance} in river{when}{_doubt(said)}"
    head = f"LIANFANG {said.sender} {_label(said)}: {said.river}{place}, {what}"
    return f"{head}. {_arrival(said, said.earliest_then)}. Call our duty desk, code {said.code}{_next(said)}"


MOVES: Final = {
    "earlier": ("EARLIER", "from", "Check intakes and gates now. "),
    "later": ("LATER", "not before", "Keep all measures. "),
    "unchanged": ("NO CHANGE", "from", "Keep all measures. "),
    "": ("update", "from", ""),
}


def _update(said: Said) -> str:
    change, word, ask = MOVES[said.moved]
    head = f"LIANFANG {said.sender} {_label(said)}: {said.river} {change}{_doubt(said)}"
    return f"{head}, {_arrival(said, said.earliest, word)}. {ask}Call back, code {said.code}{_next(said)}"


FIELDS: Final = {
    "river": "river",
    "place": "place",
    "occurred_at": "time",
    "substance": "substance",
    "source_open": "source",
    "file": "incident",
}
SPARED: Final = "you are no longer reached"


def _wrong(said: Said) -> str:
    """What was wrong: source now stopped, wrong place; without the fields only that something was."""
    if not said.corrected:
        return "our last notice was wrong"
    wrong = [(field, now) for field, now in said.corrected if field != "reached"]
    words = [f"{FIELDS[field]} now {now}" if now else f"wrong {FIELDS[field]}" for field, now in wrong]
    return ", ".join([SPARED, *words] if _spared(said) else words)


def _spared(said: Said) -> bool:
    """Whether the water does not come to the receiver after all."""
    return any(field == "reached" for field, _ in said.corrected)


def _correction(said: Said) -> str:
    head = f"LIANFANG {said.sender} CORRECTION {said.version}: {said.river}, {_wrong(said)}{_doubt(said)}"
    arrival = "" if _spared(said) else f". {_arrival(said, said.earliest)}"
    return f"{head}{arrival}. Call back, code {said.code}{_next(said)}"


def _withdrawal(said: Said) -> str:
    head = f"LIANFANG {said.sender} WITHDRAWN: {said.river} notice was not so"
    return f"{head}. Stand down. Call our duty desk, code {said.code}"


def _end(said: Said) -> str:
    head = f"LIANFANG {said.sender} END: {said.river}, our notice to you ends"
    return f"{head}. Reopening intakes is yours to decide. Call back, code {said.code}"


def _enquiry(said: Said) -> str:
    when = f" {said.occurred}" if said.occurred else ""
    head = f"LIANFANG {said.sender} ENQUIRY: {said.section}{when} abnormal{_doubt(said)}, may be from upstream"
    return f"{head}. Check discharges and gates, call our desk, code {said.code}"


def _release(said: Said) -> str:
    since = f" from {said.occurred}" if said.occurred else ""
    head = f"LIANFANG {said.sender} PLANNED RELEASE, not an incident: {said.river}{since}, level will rise"
    return f"{head}. Tell intakes downstream. Call back, code {said.code}"


def _bell(said: Said) -> str:
    urgent = "" if said.kind in ENDINGS else "urgent "
    where = " (number in your directory)" if said.hint else ""
    chase = f". Not back in {said.minutes} min: we call your leader" if said.minutes else ""
    head = f"LIANFANG {said.sender} {_label(said)}: {urgent}cross-border water notice{_doubt(said)}"
    return f"{head}. Call {said.sender} duty desk now{where}, code {said.code}{chase}"


def _drill(said: Said) -> str:
    head = f"LIANFANG EXERCISE {said.sender} {_label(said)}: {said.river}, simulated "
    order = f"Only call back, code {said.code}. Take NO real action. EXERCISE"
    if said.kind in ENDINGS:
        return f"{head}notice {ENDINGS[said.kind].en}. {order}"
    return f"{head}{said.substance}, {_arrival(said, said.earliest)}. {order}"


def _drill_bell(said: Said) -> str:
    head = f"LIANFANG EXERCISE {said.sender} ({_label(said)})"
    return f"{head}: only call {said.sender} duty desk, code {said.code}. Take NO real action. EXERCISE"


def _contact_test(said: Said) -> str:
    head = f"LIANFANG EXERCISE {said.sender} contact test, no incident"
    return f"{head}. Call {said.sender} duty desk, code {said.code}. Take NO real action. EXERCISE"


def _gist(said: Said) -> str:
    word = ENDINGS[said.kind].en if said.kind in ENDINGS else GISTS.get(said.kind, "spill")
    return f"{said.river} {word}{_doubt(said)}"


def _updated(said: Said, *, was: bool, tail: str) -> str:
    """The script of an update, the news first; "" for any other kind, and where the hour before is wanted and not known."""
    if said.kind != "update" or (was and not said.was):
        return ""
    before = f" was {said.was}" if was else ""
    return (
        f"{MOVES[said.moved][0].upper()} {said.earliest_then or 'time unknown'}{before}{_doubt(said)}{tail} {said.code}"
    )


def _set_right(said: Said, *, values: bool) -> str:
    """The script of a correction, what was wrong first; "" for any other kind."""
    if said.kind != "correction" or not said.corrected:
        return ""
    fields = _wrong(said) if values else ", ".join(FIELDS[field] for field, _ in said.corrected if field in FIELDS)
    return f"CORRECTED: {fields}{_doubt(said)}. Code {said.code}"


def _near(near: Near) -> str:
    if near.drill:
        return "EXERCISE: repeat, do nothing. EXERCISE"
    return f"{near.sender}: {NEAR[near.says][0]}" if near.sender else NEAR[near.says][1]


NEAR: Final = {
    "near": ("spill above. Close or sample now", "Spill upstream: close or sample now"),
    "withdrawal": ("false alarm. Reopening is yours", "False alarm. Reopening is your decision"),
    "end": ("spill is over. Reopening is yours", "Spill is over. Reopening: you decide"),
}

GISTS: Final = {"planned_release": "release", "upstream_enquiry": "enquiry"}


MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _when(at: datetime, beside: datetime | None) -> str:
    day = "" if beside is not None and at.date() == beside.date() else f" {at.day} {MONTHS[at.month - 1]}"
    return f"{at:%H:%M}{day}"


WORDING: Final = Wording(
    when=_when,
    ranks=re.compile(
        r"(?: (?:Tibetan|Qiang|Yi|Tujia|Miao|and))*"
        r"(?: Autonomous)? (?:Prefecture|County|District|Municipality|City|New Area)$"
    ),
    river=lambda name: re.sub(r" River$", " R", name),
    general_river="river",
    general_section="your area",
    pollutant="pollutant",
    texts={
        "incident": _first,
        "courtesy_copy": _first,
        "report_upward": _first,
        "update": _update,
        "correction": _correction,
        "withdrawal": _withdrawal,
        "end": _end,
        "upstream_enquiry": _enquiry,
        "planned_release": _release,
        "contact_test": _contact_test,
    },
    bell=_bell,
    drill=_drill,
    drill_bell=_drill_bell,
    scripts=(
        lambda s: _updated(s, was=True, tail=". Code"),
        lambda s: _updated(s, was=True, tail=""),
        lambda s: _updated(s, was=False, tail=". Code"),
        lambda s: _updated(s, was=False, tail=""),
        lambda s: _set_right(s, values=True),
        lambda s: _set_right(s, values=False),
        lambda s: f"{s.sender}: {_gist(s)}, {s.earliest}. Code {s.code}",
        lambda s: f"{s.sender}: {_gist(s)}. Code {s.code}",
        lambda s: f"{s.sender}: {s.river}{_doubt(s)}. Code {s.code}",
        lambda s: f"{_label(s)}: water notice. Code {s.code}",
    ),
    drill_scripts=(
        lambda s: f"EXERCISE {s.sender}. Code {s.code}. EXERCISE",
        lambda s: f"EXERCISE. Code {s.code}. EXERCISE",
    ),
    near_scripts=(_near,),
    source_open={True: "running", False: "stopped", None: "unknown"},
    unknown="unknown",
)
