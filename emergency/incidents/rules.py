"""Rule documents: the criteria of grades and the limits of clocks, as they came with the service and as a deployment loads them.

A document is a dated YAML file. What comes with the service holds unless the deployment has loaded one of the same id; of
several versions the newest begun holds. A limit of the deployment can only shorten what the law sets: clocks take the
shortest. A version is never changed.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import rfc8785
import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from emergency import journal
from emergency.agreements.body import ZONE
from emergency.agreements.values import Grade, Source
from emergency.errors import BadFile, BadInput
from emergency.incidents.clocks import Due, Item, Limit, Owes, Pace, Rules, Scope, To
from emergency.incidents.grading import Criterion, RuleSet
from emergency.incidents.models import RuleRow
from emergency.journal import Actor
from emergency.words import Words

SHIPPED: Final = Path(__file__).resolve().parents[1] / "reference" / "rules"
LARGEST_BYTES: Final = 1_000_000
LOADING: Final = 0x72756C65
"""Advisory lock: two loads at a time would both take the next number."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one document; `new` is False when it was there already."""

    id: str
    version: int
    new: bool


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Words(_Part):
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    @property
    def words(self) -> Words:
        return Words(self.zh, self.en)


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
GradeName = Literal["I", "II", "III", "IV"]
Minutes = Annotated[int, Field(ge=1, le=527_040)]
"""A year at most."""


class _Criterion(_Part):
    id: Name
    measure: Literal[
        "deaths",
        "poisoned",
        "evacuated",
        "loss_yuan",
        "intake_interrupted",
        "crossing",
        "ecology",
        "hazard",
        "dispute",
    ]
    mark: Literal["A", "B", "C"]
    least: dict[GradeName, float | int] = {}
    is_: dict[GradeName, str] = Field(default={}, alias="is")

    @model_validator(mode="after")
    def _one_kind(self) -> "_Criterion":
        if bool(self.least) == bool(self.is_):
            raise ValueError("least-or-is")
        return self

    @model_validator(mode="after")
    def _falling(self) -> "_Criterion":
        in_order = [self.least[grade.value] for grade in Grade if grade.value in self.least]
        if any(above <= below for above, below in itertools.pairwise(in_order)):
            raise ValueError("not-falling")
        return self


class _Dated(_Part):
    id: Name
    title: _Words
    valid_from: date
    valid_to: date | None = None


class _Grading(_Dated):
    kind: Literal["grading"]
    default: bool
    source: _Words
    criteria: Annotated[list[_Criterion], Field(min_length=1)]
    otherwise: GradeName


class _When(_Part):
    grades: list[GradeName] = []
    article_4: bool = False
    neighbours: bool = False
    sensitive: bool = False


class _Limit(_Part):
    id: Name
    label: _Words
    due: Literal[
        "initial",
        "change",
        "follow_up",
        "written",
        "final",
        "propose",
        "next_word",
        "press_first",
        "press_conference",
    ]
    owes: Annotated[list[Literal["place", "receiver", "province", "ministry"]], Field(min_length=1)]
    to: Annotated[
        list[
            Literal[
                "own_government",
                "higher_bureau",
                "provincial_department",
                "ministry",
                "state_council",
                "central_committee",
                "each_phoned",
                "those_told",
                "public",
            ]
        ],
        Field(min_length=1),
    ]
    when: _When
    within_minutes: Minutes | None = None
    policy: Name | None = None
    mark: Literal["A", "B", "C"]

    @model_validator(mode="after")
    def _limited_once(self) -> "_Limit":
        if (self.within_minutes is None) == (self.policy is None):
            raise ValueError("within-or-policy")
        return self


class _Policy(_Part):
    within_minutes: Minutes
    what: _Words


class _Alerts(_Part):
    before_share: Annotated[float, Field(gt=0, lt=1)]
    before_least_minutes: Minutes
    before_most_minutes: Minutes
    tier_minutes: Minutes
    repeat_minutes: Minutes


class _Foresight(_Part):
    intake_within_hours: Annotated[int, Field(ge=1, le=8_784)]
    intake_classes: dict[str, Literal["township", "county", "city"]]
    metals: list[Annotated[str, Field(min_length=1)]]


class _Item(_Part):
    id: Name
    label: _Words


class _Limits(_Dated):
    kind: Literal["limits"]
    scope: Literal["national", "provincial", "local", "policy"]
    source: Literal["statute", "policy", "text"]
    jurisdictions: list[str]
    policy: dict[Name, _Policy] = {}
    limits: list[_Limit] = []
    alerts: _Alerts | None = None
    foresight: _Foresight | None = None
    article_4: list[_Item] = []

    @model_validator(mode="after")
    def _policies_known(self) -> "_Limits":
        if any(each.policy is not None and each.policy not in self.policy for each in self.limits):
            raise ValueError("policy-unknown")
        return self

    @model_validator(mode="after")
    def _bound(self) -> "_Limits":
        if self.scope in ("local", "provincial") and not self.jurisdictions:
            raise ValueError("whose")
        return self


_Document = Annotated[_Grading | _Limits, Field(discriminator="kind")]
_READER: Final[TypeAdapter[_Grading | _Limits]] = TypeAdapter(_Document)


def in_force(session: Session, at: datetime) -> Rules:
    """The rules that hold at an instant."""
    begun: dict[str, tuple[int, _Grading | _Limits]] = {}
    for version, document in (*((0, each) for each in _shipped()), *_loaded(session)):
        if _starts(document) <= at:
            begun[document.id] = (version, document)
    holding = [(version, one) for version, one in begun.values() if one.valid_to is None or at < _ends(one)]
    return _rules(holding)


def shipped(at: datetime) -> Rules:
    """The rules that came with the service, as they hold at an instant."""
    return _rules([(0, one) for one in _shipped() if _starts(one) <= at and (one.valid_to is None or at < _ends(one))])


def check(path: Path) -> list[Words]:
    """What is wrong with a rule file; empty when it can be loaded."""
    try:
        _read(path)
    except BadFile as wrong:
        return [wrong.words]
    return []


def load(session: Session, path: Path, *, at: datetime, by: Actor) -> Loaded:
    """Store a rule file as the next version of its id. BadFile names file, line, what and remedy; then nothing is changed."""
    document, body = _read(path)
    checksum = hashlib.sha256(rfc8785.dumps(body)).hexdigest()
    session.execute(select(func.pg_advisory_xact_lock(LOADING)))
    newest = session.scalar(select(RuleRow).where(RuleRow.id == document.id).order_by(RuleRow.version.desc()).limit(1))
    if newest is not None and newest.checksum == checksum:
        return Loaded(document.id, newest.version, new=False)
    version = 1 if newest is None else newest.version + 1
    session.add(
        RuleRow(id=document.id, version=version, kind=document.kind, loaded_at=at, checksum=checksum, body=body)
    )
    facts = {"rules": document.id, "version": version, "checksum": checksum, "file": path.name}
    journal.append(session, "system", "rules.loaded", by=by, at=at, facts=facts)
    return Loaded(document.id, version, new=True)


@cache
def _shipped() -> tuple[_Grading | _Limits, ...]:
    return tuple(_read(path)[0] for path in sorted(SHIPPED.glob("*.yaml")))


def _loaded(session: Session) -> Iterator[tuple[int, _Grading | _Limits]]:
    for row in session.scalars(select(RuleRow).order_by(RuleRow.id, RuleRow.version)):
        yield row.version, _READER.validate_json(rfc8785.dumps(row.body))


def _starts(document: _Dated) -> datetime:
    return datetime.combine(document.valid_from, time(), tzinfo=ZONE)


def _ends(document: _Dated) -> datetime:
    assert document.valid_to is not None
    return datetime.combine(document.valid_to + timedelta(days=1), time(), tzinfo=ZONE)


_NO_RULES: Final = Words(
    "那一天没有分级与时限规则：请改用较晚的日期，或用 flask rules load 载入当时的规则。",
    "No rules of grades and time limits hold on that day: take a later day, or load those of the day by flask rules load.",
)


def _rules(holding: Sequence[tuple[int, _Grading | _Limits]]) -> Rules:
    sets = [_set(version, one) for version, one in holding if isinstance(one, _Grading)]
    limits = [(version, one) for version, one in holding if isinstance(one, _Limits)]
    pace = next((one.alerts for _, one in reversed(limits) if one.alerts is not None), None)
    foresight = next((one.foresight for _, one in reversed(limits) if one.foresight is not None), None)
    if not sets or pace is None or foresight is None:
        raise BadInput("no-rules", _NO_RULES, field="at")
    return Rules(
        sets=tuple(sorted(sets, key=lambda one: (not one.default, one.id))),
        limits=tuple(limit for version, one in limits for limit in _each_limit(version, one)),
        pace=_pace(pace),
        article_4=tuple(Item(each.id, each.label.words) for _, one in limits for each in one.article_4),
        intake_within=timedelta(hours=foresight.intake_within_hours),
        intake_classes=foresight.intake_classes,
        metals=tuple(foresight.metals),
    )


def _pace(given: _Alerts) -> Pace:
    return Pace(
        before_share=given.before_share,
        before_least=timedelta(minutes=given.before_least_minutes),
        before_most=timedelta(minutes=given.before_most_minutes),
        tier=timedelta(minutes=given.tier_minutes),
        repeat=timedelta(minutes=given.repeat_minutes),
    )


def _set(version: int, one: _Grading) -> RuleSet:
    return RuleSet(
        id=one.id,
        version=version,
        title=one.title.words,
        source=one.source.words,
        default=one.default,
        valid_from=_starts(one),
        valid_to=None if one.valid_to is None else _ends(one),
        criteria=tuple(_criterion(each) for each in one.criteria),
        otherwise=Grade(one.otherwise),
    )


def _criterion(one: _Criterion) -> Criterion:
    return Criterion(
        id=one.id,
        measure=one.measure,
        mark=one.mark,
        least={Grade(grade): float(least) for grade, least in one.least.items()},
        classes={value: Grade(grade) for grade, value in one.is_.items()},
    )


def _each_limit(version: int, document: _Limits) -> Iterator[Limit]:
    at_once = document.policy.get("at_once")
    for one in document.limits:
        policy = None if one.policy is None else document.policy[one.policy]
        yield Limit(
            id=one.id,
            document=document.id,
            version=version,
            scope=Scope(document.scope),
            label=one.label.words,
            cited=_cited(document.title.words, one.label.words, policy),
            due=Due(one.due),
            owes=tuple(Owes(each) for each in one.owes),
            to=tuple(To(each) for each in one.to),
            within_minutes=policy.within_minutes if policy else one.within_minutes or 0,
            at_once_minutes=at_once.within_minutes if at_once else 0,
            source=Source.POLICY if policy else Source(document.source),
            mark=one.mark,
            jurisdictions=tuple(document.jurisdictions),
            valid_from=_starts(document),
            valid_to=None if document.valid_to is None else _ends(document),
            grades=tuple(Grade(each) for each in one.when.grades),
            article_4=one.when.article_4,
            neighbours=one.when.neighbours,
            sensitive=one.when.sensitive,
        )


def _cited(title: Words, label: Words, policy: _Policy | None) -> Words:
    said = Words(f"{title.zh}{label.zh}", f"{title.en}, {label.en}")
    if policy is None:
        return said
    return Words(f"{said.zh}；{policy.what.zh}，按本部署策略", f"{said.en}; {policy.what.en}; this deployment's policy")


# --- reading a file


_FAULTS: Final[Mapping[str, Words]] = {
    "missing": Words("缺少此项，请补上", "is missing; add it"),
    "extra_forbidden": Words("没有这个键，请检查拼写", "is no key of a rule file; check the spelling"),
    "literal_error": Words("不是可用的值", "is none of the values that may stand here"),
    "union_tag_invalid": Words("kind 须为 grading 或 limits", "kind must be grading or limits"),
    "union_tag_not_found": Words("kind 须为 grading 或 limits", "kind must be grading or limits"),
    "least-or-is": Words("须写 least 或 is 其中之一", "needs either least or is"),
    "not-falling": Words("级别越重，数须越大", "the graver the grade, the greater the number must be"),
    "within-or-policy": Words("须写 within_minutes 或 policy 其中之一", "needs either within_minutes or policy"),
    "policy-unknown": Words(
        "有的 policy 在文件的 policy 里没有写", "names a policy that the file's policy does not have"
    ),
    "whose": Words("省级、地方的时限须写明 jurisdictions", "a provincial or local file must name its jurisdictions"),
}


def _read(path: Path) -> tuple[_Grading | _Limits, dict[str, Any]]:
    """A document and its body in plain JSON; BadFile for the first fault."""
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        body = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as trouble:  # a day such as 30 February is no YAML date
        mark = getattr(trouble, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        problem = getattr(trouble, "problem", None) or str(trouble)
        raise _bad(path, line, Words(f"YAML 不通：{problem}", f"not YAML: {problem}")) from trouble
    try:
        document = _READER.validate_python(body)
    except ValidationError as wrong:
        fault = wrong.errors(include_url=False)[0]
        raise _bad(path, _line(node, fault["loc"]), _what(dict(fault))) from wrong
    plain: dict[str, Any] = _READER.dump_python(document, mode="json", by_alias=True, exclude_unset=True)
    return document, plain


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if len(raw) > LARGEST_BYTES:
            raise _bad(path, 0, Words("超过 1 MB，不像规则文件", "more than 1 MB is no rule file"))
        text = raw.decode("utf-8")
    except UnicodeDecodeError as trouble:
        raise _bad(
            path, 0, Words("不是 UTF-8 文字，请另存为 UTF-8", "is not UTF-8 text; save it as UTF-8")
        ) from trouble
    except OSError as trouble:
        raise _bad(path, 0, Words(f"读不了：{trouble.strerror}", f"cannot be read: {trouble.strerror}")) from trouble
    if any(isinstance(token, yaml.AliasToken) for token in _tokens(path, text)):
        raise _bad(path, 0, Words("不支持锚点和别名，请写全", "holds an alias; write it out"))
    return text


def _tokens(path: Path, text: str) -> list[Any]:
    try:
        return list(yaml.scan(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as trouble:
        mark = getattr(trouble, "problem_mark", None)
        raise _bad(
            path,
            0 if mark is None else mark.line + 1,
            Words("YAML 不通，请检查缩进、冒号和引号", "is not YAML: check indents, colons and quotes"),
        ) from trouble


def _what(fault: Mapping[str, Any]) -> Words:
    place = ".".join(str(part) for part in fault["loc"] if part not in ("grading", "limits") or fault["loc"][0] != part)
    slug = str(fault.get("ctx", {}).get("error", fault["type"])) if fault["type"] == "value_error" else fault["type"]
    said = _FAULTS.get(slug) or Words(f"不能接受（{fault['msg']}）", f"is not accepted ({fault['msg']})")
    return Words(f"{place or '文件'}：{said.zh}", f"{place or 'the file'}: {said.en}")


def _line(node: yaml.Node | None, place: Sequence[str | int]) -> int:
    """The line of a place, or of the nearest one around it; the discriminator of the kind stands in no file."""
    line = 0 if node is None else node.start_mark.line + 1
    for part in place:
        below = _below(node, part)
        if below is None:
            continue
        node, line = below
    return line


def _below(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item, item.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    return None


def _bad(path: Path, line: int, what: Words) -> BadFile:
    place = Words(f"{path.name} 第{line}行" if line else path.name, f"{path.name}, line {line}" if line else path.name)
    words = Words(f"{place.zh}：{what.zh}。", f"{place.en}: {what.en}.")
    return BadFile("rule-file", words, facts={"file": path.name, "line": line})
