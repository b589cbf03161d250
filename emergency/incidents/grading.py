"""Which grade the facts point to, criterion by criterion, under each rule set. Predicted only: a person declares, with a reason.

The question answered here: were all that is stated and foreseen to prove true, which grade would it be at least, which
criteria say so, and what is not known that could raise it? Meeting any one criterion suffices. Thresholds are data
(reference/rules), for two rule sets exist and disagree. Pure; it must not declare, and must not take unknown for none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from emergency.agreements.values import Grade
from emergency.jurisdictions.values import Divisions
from emergency.words import Words

GRAVITY: Final[Mapping[Grade, int]] = {grade: rank for rank, grade in enumerate(Grade)}
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a rule set: a number that is reached (`least`) or a class that applies (`classes`), by grade."""

    id: str
    measure: str
    mark: str
    least: Mapping[Grade, float]
    classes: Mapping[str, Grade]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The criteria of one document; `default`: the one that counts. otherwise: where no criterion is met."""

    id: str
    version: int
    title: Words
    source: Words
    default: bool
    valid_from: datetime
    valid_to: datetime | None
    criteria: tuple[Criterion, ...]
    otherwise: Grade


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that is stated or foreseen: the measure, its value, whether it is only foreseen, and in words why."""

    measure: str
    value: float | str
    foreseen: bool
    because: Words


@dataclass(frozen=True, slots=True)
class Hit:
    """A criterion that is met, and how."""

    criterion: str
    grade: Grade
    foreseen: bool
    because: Words


@dataclass(frozen=True, slots=True)
class Prediction:
    """At least this grade, by these criteria; `unknown`: what is not known and could raise it."""

    rule_set: str
    version: int
    grade: Grade
    hits: tuple[Hit, ...]
    unknown: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """Whether nothing unknown could raise it."""
        return not self.unknown

    @property
    def reason(self) -> Words:
        """The criteria that decide, in words; the doubt after them."""
        deciding = [hit.because for hit in self.hits if hit.grade is self.grade]
        said = Words("；".join(each.zh for each in deciding), "; ".join(each.en for each in deciding))
        if not deciding:
            said = Words("未达到任何较高级别的标准", "no criterion of a higher grade is met")
        if self.certain:
            return said
        named = [NAMES[each] for each in self.unknown]
        zh, en = "、".join(each.zh for each in named), ", ".join(each.en for each in named)
        return Words(f"至少{self.grade}级：{said.zh}。不明：{zh}", f"At least {self.grade}: {said.en}. Unknown: {en}")


NAMES: Final[Mapping[str, Words]] = {
    "deaths": Words("死亡人数", "deaths"),
    "poisoned": Words("中毒或重伤人数", "poisoned or seriously injured"),
    "evacuated": Words("疏散转移人数", "evacuated"),
    "loss_yuan": Words("直接经济损失", "direct loss"),
    "intake_interrupted": Words("取水中断", "interruption of water intakes"),
    "crossing": Words("跨界影响", "effect across lines"),
    "ecology": Words("生态损害", "damage to ecology"),
    "hazard": Words("敏感地点的重金属或危险化学品", "heavy metals or hazardous chemicals at a sensitive place"),
    "dispute": Words("跨县纠纷", "a dispute across counties"),
}
"""What is measured, as a reader calls it."""
UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "deaths": ("死亡 {n} 人", "{n} dead"),
    "poisoned": ("中毒或重伤 {n} 人", "{n} poisoned or seriously injured"),
    "evacuated": ("疏散转移 {n} 人", "{n} evacuated"),
    "loss_yuan": ("直接经济损失 {n} 元", "direct loss of {n} yuan"),
}
INTERRUPTED: Final[Mapping[str, Words]] = {
    "city": Words(
        "设区的市级以上集中式饮用水水源地取水中断", "the water intake of a city with districts is interrupted"
    ),
    "county": Words("县级集中式饮用水水源地取水中断", "the water intake of a county-level city is interrupted"),
    "township": Words("乡镇集中式饮用水水源地取水中断", "the water intake of a township is interrupted"),
}


@dataclass(frozen=True, slots=True)
class Intake:
    """An intake that may be reached soon: its name and the class that the rule sets know it by."""

    name: Words
    grade_class: str


def effects(
    lead: str, reached: Iterable[str], divisions: Divisions, impact: Mapping[str, object], intakes: Iterable[Intake]
) -> tuple[Effect, ...]:
    """What is stated of harm, and what is foreseen from geography and from the intakes on the way."""
    return (*_stated(impact), *_crossing(lead, tuple(reached), divisions), *(_foreseen(each) for each in intakes))


def predicted(found: Sequence[Effect], rule_set: RuleSet) -> Prediction:
    """The grade that the effects point to; an effect that nobody has stated is unknown, never none."""
    hits = sorted(
        (hit for effect in found for criterion in rule_set.criteria if (hit := _hit(criterion, effect)) is not None),
        key=lambda hit: (GRAVITY[hit.grade], hit.foreseen, hit.criterion),
    )
    grade = hits[0].grade if hits else rule_set.otherwise
    known = {effect.measure for effect in found if not effect.foreseen or effect.measure == "crossing"}
    unknown = dict.fromkeys(
        each.measure for each in rule_set.criteria if each.measure not in known and _could_raise(each, grade)
    )
    return Prediction(rule_set.id, rule_set.version, grade, tuple(hits), tuple(unknown))


def graver(one: Grade | None, other: Grade | None) -> Grade | None:
    """The graver of two grades, of which either may be unknown."""
    known = [grade for grade in (one, other) if grade is not None]
    return min(known, key=lambda grade: GRAVITY[grade]) if known else None


def in_force(sets: Iterable[RuleSet], at: datetime) -> tuple[RuleSet, ...]:
    """The rule sets that hold at an instant, the default first."""
    holding = (one for one in sets if one.valid_from <= at and (one.valid_to is None or at < one.valid_to))
    return tuple(sorted(holding, key=lambda one: (not one.default, one.id)))


def _hit(criterion: Criterion, effect: Effect) -> Hit | None:
    if criterion.measure != effect.measure:
        return None
    grade = _by_class(criterion, effect.value) if isinstance(effect.value, str) else _by_number(criterion, effect.value)
    return None if grade is None else Hit(criterion.id, grade, effect.foreseen, effect.because)


def _by_class(criterion: Criterion, value: str) -> Grade | None:
    return criterion.classes.get(value)


def _by_number(criterion: Criterion, value: float) -> Grade | None:
    """Of "at least this many" the gravest; a threshold is part of its own grade."""
    met = [grade for grade, least in criterion.least.items() if value >= least]
    return min(met, key=lambda grade: GRAVITY[grade], default=None)


def _could_raise(criterion: Criterion, grade: Grade) -> bool:
    grades = {*criterion.least, *criterion.classes.values()}
    return any(GRAVITY[each] < GRAVITY[grade] for each in grades)


def _stated(impact: Mapping[str, object]) -> Iterable[Effect]:
    for measure, (zh, en) in UNITS.items():
        value = impact.get(measure)
        if isinstance(value, int | float):
            number = f"{value:,.0f}"
            yield Effect(measure, float(value), False, Words(zh.format(n=number), en.format(n=number)))
    interrupted = impact.get("intake_interrupted")
    if isinstance(interrupted, str):
        because = INTERRUPTED.get(interrupted, Words("没有取水中断", "no intake is interrupted"))
        yield Effect("intake_interrupted", interrupted, False, because)


def _foreseen(intake: Intake) -> Effect:
    what = INTERRUPTED[intake.grade_class]
    because = Words(f"可能使{what.zh}（{intake.name.zh}）", f"it may be that {what.en} ({intake.name.en})")
    return Effect("intake_interrupted", intake.grade_class, True, because)


def _crossing(lead: str, codes: Sequence[str], divisions: Divisions) -> Iterable[Effect]:
    """How far the effect may go, should the reached divisions really be affected."""
    home = divisions.province_of(lead)
    desk = divisions.prefecture_of(lead) or lead
    if abroad := next((code for code in codes if divisions.province_of(code) != home), None):
        yield Effect("crossing", "province", True, _across(abroad, divisions, "跨省级", "across a provincial line"))
    elif beyond := next((code for code in codes if (divisions.prefecture_of(code) or code) != desk), None):
        yield Effect(
            "crossing", "prefecture", True, _across(beyond, divisions, "跨设区的市级", "across a prefecture's line")
        )
    else:
        yield Effect("crossing", NONE, True, Words("影响未出本市州", "no effect beyond the prefecture"))


def _across(code: str, divisions: Divisions, zh: str, en: str) -> Words:
    name = divisions.name(code)
    return Words(f"可能{zh}影响（{name.zh}）", f"may have an effect {en} ({name.en})")
