"""What the agreements room hands on: agreements as data, the facts they are held against, and the duties that follow. Pure.

An agreement says who must tell whom; facts say what the water reaches; an obligation is a clause applied to facts. Desks
are named by their division's code, divisions and parties by codes at any level.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from emergency.words import Words


class Kind(StrEnum):
    """What a notification is about; it chooses the words of the message."""

    INCIDENT = "incident"
    UPDATE = "update"
    PLANNED_RELEASE = "planned_release"
    UPSTREAM_ENQUIRY = "upstream_enquiry"
    END = "end"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    COURTESY_COPY = "courtesy_copy"
    REPORT_UPWARD = "report_upward"


class Circle(StrEnum):
    """How urgently a desk is told: rung now, told to prepare, or listed and watched. Most urgent first."""

    NOW = "now"
    PREPARE = "prepare"
    WATCH = "watch"


class Source(StrEnum):
    """Where a time limit comes from: the agreement's text, this deployment's policy, the law."""

    TEXT = "text"
    POLICY = "policy"
    STATUTE = "statute"


class Act(StrEnum):
    """What a duty officer may say alone, and what needs recorded consent."""

    HEADS_UP = "heads_up"
    FORMAL_NOTICE = "formal_notice"


class Medium(StrEnum):
    """What carries the pollution."""

    WATER = "water"
    AIR = "air"
    SOIL = "soil"
    SOLID_WASTE = "solid_waste"


class Relation(StrEnum):
    """How the told desk must stand to the telling one.

    downstream: the water goes from one to the other. upstream: the answer to an enquiry may lie there. adjacent: next
    door along a reached stretch. any_party: wherever it lies. told: already told of this incident by the telling desk.
    inside: an office of the telling desk's own side. above: the next desk over it. province: that of its province.
    """

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ADJACENT = "adjacent"
    ANY_PARTY = "any_party"
    TOLD = "told"
    INSIDE = "inside"
    ABOVE = "above"
    PROVINCE = "province"


ALONG: Final = frozenset({Relation.DOWNSTREAM, Relation.UPSTREAM, Relation.ADJACENT})
"""The relations by which a rule speaks of a river."""


class Role(StrEnum):
    """Whom at the desk a clause wants told; from `government` on, the offices of one's own side (first-hour.md 1)."""

    LIAISON = "liaison"
    DUTY_OFFICER = "duty_officer"
    LEADER = "leader"
    HEAD = "head"
    GOVERNMENT = "government"
    WATER_BUREAU = "water_bureau"
    DAM_OPERATOR = "dam_operator"
    WATER_COMPANY = "water_company"
    FIRE = "fire"
    EMERGENCY_MANAGEMENT = "emergency_management"
    TRANSPORT_POLICE = "transport_police"
    HEALTH = "health"
    AGRICULTURE = "agriculture"
    INFORMATION_OFFICE = "information_office"


INSIDE_ROLES: Final = frozenset(
    {
        Role.GOVERNMENT,
        Role.WATER_BUREAU,
        Role.DAM_OPERATOR,
        Role.WATER_COMPANY,
        Role.FIRE,
        Role.EMERGENCY_MANAGEMENT,
        Role.TRANSPORT_POLICE,
        Role.HEALTH,
        Role.AGRICULTURE,
        Role.INFORMATION_OFFICE,
    }
)


class Circumstance(StrEnum):
    """What puts an incident of unknown grade on the two-hour track (order 17 of 2011, article 4, items 1 to 6)."""

    DRINKING_WATER = "drinking_water"
    DENSE_SETTLEMENT = "dense_settlement"
    HEAVY_METAL = "heavy_metal"
    ACROSS_PROVINCES = "across_provinces"
    MASS_INCIDENT = "mass_incident"
    OTHER_NEED = "other_need"


class Form(StrEnum):
    """What kind of document binds."""

    AGREEMENT = "agreement"
    MEMORANDUM = "memorandum"
    STATUTE = "statute"
    PLAN = "plan"


class Grade(StrEnum):
    """Grade of an incident, gravest first."""

    I = "I"  # noqa: E741  the Roman numeral is its name in law
    II = "II"
    III = "III"
    IV = "IV"


class Confidence(StrEnum):
    """How far what a clause says is known: A read in a source, B known and to be verified, C to be verified before use."""

    A = "A"
    B = "B"
    C = "C"


class GapDuty(StrEnum):
    """What stands in where no agreement covers a reached desk: the law, the desk next door that passes it on, nothing."""

    STATUTE = "statute"
    RELAY = "relay"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a clause speaks. Empty media or None means no limit on that; an unknown grade or hour never silences it.

    circumstances: any one of them must hold. grade_known: it waits for a grade, predicted or declared. until_declared: it
    speaks only while no person has declared one.
    """

    relation: Relation
    kinds: tuple[Kind, ...]
    media: tuple[Medium, ...] = ()
    within_hours: float | None = None
    grade_at_least: Grade | None = None
    circumstances: tuple[Circumstance, ...] = ()
    grade_known: bool = False
    until_declared: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """What a clause asks. Empty who or tells: every party. within_minutes counts from when the telling desk knew.

    circle: where the text itself fixes how urgently, else None. copy_to: roles or offices that get a copy. tier: which
    level of the agreement holds it first, by id.
    """

    role: Role
    source: Source
    who: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    within_minutes: int | None = None
    circle: Circle | None = None
    copy_to: tuple[Words, ...] = ()
    automatic: bool = False
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule. label: how it is cited. text is None exactly when it is not held. confidence: how far its content is known."""

    id: str
    label: Words
    text: Words | None
    text_held: bool
    when: Condition
    duty: Duty
    confidence: Confidence = Confidence.A


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A mechanism that an agreement sets up; `name` is None for a slot whose name is not known either."""

    id: str
    name: Words | None
    text_held: bool


@dataclass(frozen=True, slots=True)
class Tier:
    """A level of the agreement's organisation, such as a joint meeting or a secretariat; an agreement lists the highest
    first."""

    id: str
    name: Words


@dataclass(frozen=True, slots=True)
class Agreement:
    """A dated agreement or rule. Empty media, rivers or divisions: no limit; empty parties: binds every desk.

    valid_to is the first instant at which it no longer holds. parties_complete is False when more parties may exist than
    are known. provenance: where this comes from; notes: what a reader must know of what is not held.
    """

    id: str
    version: int
    title: Words
    form: Form
    parties: tuple[str, ...]
    parties_complete: bool
    media: tuple[Medium, ...]
    rivers: tuple[str, ...]
    divisions: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime | None
    tiers: tuple[Tier, ...]
    mechanisms: tuple[Mechanism, ...]
    clauses: tuple[Clause, ...]
    provenance: Words
    notes: tuple[Words, ...] = ()

    @property
    def one_sided(self) -> bool:
        """Whether it is the plan of one party: towards others it makes that party's duties stricter, and raises none."""
        return self.form is Form.PLAN and len(self.parties) == 1

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at that instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    def path(self, tier: str | None) -> tuple[Words, ...]:
        """The levels that an unanswered duty climbs, from the one that holds it first (default: the lowest) to the top."""
        rising = tuple(reversed(self.tiers))
        start = next((n for n, each in enumerate(rising) if each.id == tier), 0)
        return tuple(each.name for each in rising[start:])


ANY_TIME: Final = datetime.min.replace(tzinfo=UTC)
EntryKey = tuple[str, int]
"""A division's code and the number of the entry."""


@dataclass(frozen=True, slots=True)
class Reached:
    """One entry of the water into a division, told at `desk` (None: nobody there or above has one).

    came_from: the entries from which the water comes here directly, none for the start's own; beside: the entries that
    share a border river with it. An unknown earliest hour is None, never guessed.
    """

    code: str
    name: Words
    desk: str | None
    river: str
    river_name: Words
    entry: int
    earliest_at: datetime | None
    likely_at: datetime | None
    latest_at: datetime | None
    bank: str
    came_from: tuple[EntryKey, ...]
    beside: tuple[EntryKey, ...] = ()
    flags: tuple[Words, ...] = ()

    @property
    def key(self) -> EntryKey:
        """Unique among the entries of one assessment."""
        return self.code, self.entry

    @property
    def arrival(self) -> tuple[datetime, int, str]:
        """Order of first arrival; an unknown hour comes first, for it may be the soonest."""
        return self.earliest_at or ANY_TIME, self.entry, self.code


@dataclass(frozen=True, slots=True)
class NearSite:
    """An intake that the water reaches."""

    id: int
    name: Words
    jurisdiction: str
    desk: str | None
    earliest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """A desk that was told of this incident, by which desk and when (the first time)."""

    desk: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What an assessment found, as far as duties depend on it.

    lead: the leading desk. known_at: when it learnt what this occasion tells; its clocks start there. occasion:
    "initial", "update 2", "end". reached: what lies downstream, for an upstream enquiry what lies upstream (then
    came_from points downstream, to where the search came from). rivers: all passed, by code. grade: predicted or
    declared, whichever is graver; None while unknown; may_be_graver: what is not known could still raise it;
    declared: whether a person has declared it. circumstances: stated ones; a line of a province or an intake on the
    way is found from what is reached. since: when the incident itself became known, where that is not known_at:
    agreements bind as they stood then. zone: for hours in reasons.
    """

    lead: str
    known_at: datetime
    assessed_at: datetime
    zone: ZoneInfo
    occasion: str
    reached: tuple[Reached, ...]
    rivers: tuple[str, ...]
    intakes: tuple[NearSite, ...] = ()
    told: tuple[Told, ...] = ()
    medium: Medium = Medium.WATER
    kind: Kind = Kind.INCIDENT
    grade: Grade | None = None
    drill: bool = False
    may_be_graver: bool = False
    declared: bool = False
    circumstances: tuple[Circumstance, ...] = ()
    since: datetime | None = None

    @property
    def stood_at(self) -> datetime:
        """The instant whose agreements bind: a later version closes nothing that was open before it."""
        return self.since or self.known_at

    @property
    def neighbours(self) -> tuple[tuple[str, str], ...]:
        """The crossings (from desk, to desk) that the entries show, in order of first arrival; a border river is crossed
        both ways."""
        by_key = {entry.key: entry for entry in self.reached}
        pairs = (
            (source.desk, entry.desk)
            for entry in sorted(self.reached, key=lambda each: each.arrival)
            for source in sorted(_named(by_key, (*entry.came_from, *entry.beside)), key=lambda each: each.arrival)
        )
        found = [(source, target) for source, target in pairs if source and target and source != target]
        return tuple(dict.fromkeys(found))


def _named(by_key: Mapping[EntryKey, Reached], keys: Iterable[EntryKey]) -> list[Reached]:
    return [by_key[key] for key in keys if key in by_key]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a duty stands, part by part: what was found, where on the river (None where reach is not what binds), and which
    clock runs: from when, how long, and what the limit rests on."""

    fact: Words
    stretch: Words | None
    clock: Words


ObligationKey = tuple[str, str, str, str, str, str, str]
"""Who, tells, role, agreement, clause, kind, occasion: one duty of one incident, whatever it was found again by."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A clause applied: who owes what to whom by when, and why. `cited` names agreement and clause for a reader.

    source: of the time limit. deadline_at is None when neither text nor policy sets a limit. tiers: the levels it climbs if
    nobody answers. new: why a later assessment raised what an earlier one did not; None for the others.
    """

    agreement: str
    version: int
    clause: str
    cited: Words
    clause_text: Words | None
    text_held: bool
    who: str
    tells: str
    role: Role
    circle: Circle
    deadline_at: datetime | None
    source: Source
    reason: Words
    kind: Kind
    occasion: str
    copy_to: tuple[Words, ...]
    automatic: bool
    explanation: Explanation | None = None
    tiers: tuple[Words, ...] = ()
    new: Words | None = None

    @property
    def key(self) -> ObligationKey:
        """What makes it this duty and no other; a new version of its agreement makes no new duty."""
        return self.who, self.tells, self.role, self.agreement, self.clause, self.kind, self.occasion

    @property
    def inside(self) -> bool:
        """Whether it is owed to an office of one's own side: done by a call from the desk, never sent to another."""
        return self.who == self.tells


@dataclass(frozen=True, slots=True)
class Gap:
    """A reached desk (or a division without one) that no agreement with a telling desk covers.

    relay: the desk that passes the news on, if one does.
    """

    jurisdiction: str
    reason: Words
    duty: GapDuty
    relay: str | None


@dataclass(frozen=True, slots=True)
class NotificationDraft:
    """One message that discharges all its obligations: same who, tells, role and kind.

    act: what discharges it. automatic: some clause lets a heads-up go out before anyone approves; the formal notice, where
    `act` asks for one, still waits for consent.
    """

    who: str
    tells: str
    role: Role
    kind: Kind
    occasion: str
    act: Act
    circle: Circle
    deadline_at: datetime | None
    clauses: tuple[tuple[str, str], ...]
    obligations: tuple[Obligation, ...]
    automatic: bool
