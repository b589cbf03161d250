"""The English texts, in GSM-7 letters. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contacts.texts.said import ENDINGS, Near, Said, Template, Wording

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


def label(kind: str, version: int) -> str:
    """What a message is called: its version where it follows another, else its kind."""
    return f"UPDATE {version}" if kind == "update" or (kind == "incident" and version > 1) else LABELS[kind]


def _label(said: Said) -> str:
    return label(said.kind, said.version)


def _doubt(said: Said) -> str:
    return "" if said.verified else ", unverified"


MOVES: Final = {"earlier": "EARLIER", "later": "LATER", "unchanged": "NO CHANGE", "": "UPDATE"}


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


def _values(said: Said) -> Mapping[str, str]:
    return {
        "sender": said.sender,
        "label": _label(said),
        "river": said.river,
        "place": said.place,
        "section": said.section,
        "occurred": said.occurred,
        "earliest": said.earliest,
        "earliest_then": said.earliest_then,
        "was": said.was,
        "next_update": said.next_update,
        "no_hour": "" if said.earliest else "time unknown",
        "substance": "unknown substance" if said.unknown else said.substance,
        "unknown": "",
        "doubt": "" if said.verified else "unverified",
        "urgent": "" if said.kind in ENDINGS else "urgent ",
        "hint": " (number in your directory)" if said.hint else "",
        "wrong": _wrong(said),
        "ending": ENDINGS[said.kind].en if said.kind in ENDINGS else "",
        "code": said.code,
        "version": str(said.version),
        "minutes": str(said.minutes) if said.minutes else "",
    }


def _simulated(said: Said) -> Mapping[str, str]:
    return {**_values(said), "substance": said.substance}


def _template(name: str, words: str) -> Template:
    return Template(f"en.{name}", words, _values)


FIRST: Final = _template(
    "first",
    "LIANFANG {sender} {label}: {river}[ at {place}], {substance} in river[ {occurred}][, {doubt}]. "
    "{section}[ from {earliest_then}][ {no_hour}][ (was {was})]. Call our duty desk, code {code}[. Next {next_update}]",
)
UPDATES: Final = {
    "earlier": _template(
        "update.earlier",
        "LIANFANG {sender} {label}: {river} EARLIER[, {doubt}], {section}[ from {earliest}][ {no_hour}][ (was {was})]. "
        "Check intakes and gates now. Call back, code {code}[. Next {next_update}]",
    ),
    "later": _template(
        "update.later",
        "LIANFANG {sender} {label}: {river} LATER[, {doubt}], {section}[ not before {earliest}][ {no_hour}][ (was {was})]. "
        "Keep all measures. Call back, code {code}[. Next {next_update}]",
    ),
    "unchanged": _template(
        "update.unchanged",
        "LIANFANG {sender} {label}: {river} NO CHANGE[, {doubt}], {section}[ from {earliest}][ {no_hour}][ (was {was})]. "
        "Keep all measures. Call back, code {code}[. Next {next_update}]",
    ),
    "": _template(
        "update",
        "LIANFANG {sender} {label}: {river} update[, {doubt}], {section}[ from {earliest}][ {no_hour}][ (was {was})]. "
        "Call back, code {code}[. Next {next_update}]",
    ),
}
CORRECTION: Final = _template(
    "correction",
    "LIANFANG {sender} CORRECTION {version}: {river}, {wrong}[, {doubt}]. "
    "{section}[ from {earliest}][ {no_hour}][ (was {was})]. Call back, code {code}[. Next {next_update}]",
)
SPARED_CORRECTION: Final = _template(
    "correction.spared",
    "LIANFANG {sender} CORRECTION {version}: {river}, {wrong}[, {doubt}]. Call back, code {code}[. Next {next_update}]",
)
WITHDRAWAL: Final = _template(
    "withdrawal",
    "LIANFANG {sender} WITHDRAWN: {river} notice was not so. Stand down. Call our duty desk, code {code}",
)
END: Final = _template(
    "end",
    "LIANFANG {sender} END: {river}, our notice to you ends. Reopening intakes is yours to decide. Call back, code {code}",
)
ENQUIRY: Final = _template(
    "enquiry",
    "LIANFANG {sender} ENQUIRY: {section}[ {occurred}] abnormal[, {doubt}], may be from upstream. "
    "Check discharges and gates, call our desk, code {code}",
)
RELEASE: Final = _template(
    "release",
    "LIANFANG {sender} PLANNED RELEASE, not an incident: {river}[ from {occurred}], level will rise. "
    "Tell intakes downstream. Call back, code {code}",
)
RISEN: Final = _template(
    "escalation",
    "LIANFANG {sender} {label}, NO ANSWER YET: {river}[ at {place}], {substance}[, {doubt}], "
    "{section}[ from {earliest}][ {no_hour}]. Call our duty desk, code {code}[. Next {next_update}]",
)
BELL: Final = _template(
    "bell",
    "LIANFANG {sender} {label}: {urgent}cross-border water notice[, {doubt}]. "
    "Call {sender} duty desk now{hint}, code {code}[. Not back in {minutes} min: we call your leader]",
)
BELL_RISEN: Final = _template(
    "bell.escalation",
    "LIANFANG {sender} {label}: {urgent}water notice[, {doubt}], nobody has answered. "
    "Call {sender} duty desk now{hint}, code {code}[. Not back in {minutes} min: we call your leader]",
)
DRILL: Final = Template(
    "en.drill",
    "LIANFANG EXERCISE {sender} {label}: {river}, simulated {substance}, "
    "{section}[ from {earliest}][ {no_hour}][ (was {was})]. "
    "Only call back, code {code}. Take NO real action. EXERCISE",
    _simulated,
)
DRILL_END: Final = _template(
    "drill.end",
    "LIANFANG EXERCISE {sender} {label}: {river}, simulated notice {ending}. "
    "Only call back, code {code}. Take NO real action. EXERCISE",
)
DRILL_BELL: Final = _template(
    "drill.bell",
    "LIANFANG EXERCISE {sender} ({label}): only call {sender} duty desk, code {code}. Take NO real action. EXERCISE",
)
CONTACT_TEST: Final = _template(
    "contact_test",
    "LIANFANG EXERCISE {sender} contact test, no incident. "
    "Call {sender} duty desk, code {code}. Take NO real action. EXERCISE",
)
REGISTRY: Final = (
    FIRST,
    *UPDATES.values(),
    CORRECTION,
    SPARED_CORRECTION,
    WITHDRAWAL,
    END,
    ENQUIRY,
    RELEASE,
    RISEN,
    BELL,
    BELL_RISEN,
    DRILL,
    DRILL_END,
    DRILL_BELL,
    CONTACT_TEST,
)
"""Every text that goes out in English, as it is registered with a provider."""


def _gist(said: Said) -> str:
    word = ENDINGS[said.kind].en if said.kind in ENDINGS else GISTS.get(said.kind, "spill")
    return f"{said.river} {word}{_doubt(said)}"


def _updated(said: Said, *, was: bool, tail: str) -> str:
    """The script of an update, the news first; "" for any other kind, and where the hour before is wanted and not known."""
    if said.kind != "update" or (was and not said.was):
        return ""
    before = f" was {said.was}" if was else ""
    return f"{MOVES[said.moved]} {said.earliest_then or 'time unknown'}{before}{_doubt(said)}{tail} {said.code}"


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
        "incident": FIRST,
        "courtesy_copy": FIRST,
        "report_upward": FIRST,
        "update": lambda said: UPDATES[said.moved](said),
        "correction": lambda said: (SPARED_CORRECTION if _spared(said) else CORRECTION)(said),
        "withdrawal": WITHDRAWAL,
        "end": END,
        "upstream_enquiry": ENQUIRY,
        "planned_release": RELEASE,
        "contact_test": CONTACT_TEST,
    },
    risen=dict.fromkeys(("incident", "update", "report_upward"), RISEN),
    bell=BELL,
    bell_risen=BELL_RISEN,
    drill=lambda said: (DRILL_END if said.kind in ENDINGS else DRILL)(said),
    drill_bell=DRILL_BELL,
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
    registry=REGISTRY,
)
