"""The ladders in the tables: which rule a desk has, when a message counts as read back, and the step up.

A step up is one statement: it finds the ladder that has waited longest, passes over any that another worker holds, and moves
its step and its hour together. So two workers never take the same step, and a worker killed after it has either taken it
with everything that belongs to it, or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Float,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from contacts.kinds import Tier
from contacts.ledger import RuleRow
from contacts.models import EscalationRow
from contacts.sending import escalation
from contacts.sending.escalation import Rule, Step
from contacts.sending.states import Ladder
from contacts.values import Policy, Role
from emergency import journal, notifications
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.notifications import NotificationRow, ReadBackRow
from emergency.words import Words

BY: Final = Actor(process="escalation")
SECOND: Final[ColumnElement[Any]] = literal_column("interval '1 second'")


def rule(session: Session, desk: str, circle: str, policy: Policy) -> Rule:
    """How a desk's people are told one after the other in a circle: its own way, else the usual one."""
    row = session.get(RuleRow, (desk, circle))
    return escalation.usual(circle, policy) if row is None else escalation.read(row.steps, row.read_backs)


# Read back -----------------------------------------------------------------------------------------------------------


def answered() -> ColumnElement[bool]:
    """Of a message joined with its ladder: whether as many persons as the ladder asks for have read it back."""
    first = NotificationRow.state == notifications.State.ACKNOWLEDGED
    return and_(first, or_(EscalationRow.read_backs <= 1, _persons() >= EscalationRow.read_backs))


def half_answered() -> ColumnElement[bool]:
    """Of a message: somebody has read it back, and its ladder asks for more persons."""
    climbing = exists().where(
        EscalationRow.notification_id == NotificationRow.id,
        EscalationRow.state == Ladder.OPEN,
        EscalationRow.read_backs > 1,
        ~answered(),
    )
    return and_(NotificationRow.state == notifications.State.ACKNOWLEDGED, climbing)


def enough(session: Session, notification_id: int, state: str) -> bool:
    """Whether nobody more has to read back a message that stands in `state`."""
    if state != notifications.State.ACKNOWLEDGED:
        return False
    asked = select(NotificationRow.id).where(NotificationRow.id == notification_id, half_answered())
    return session.scalar(asked) is None


def read_back_count(session: Session, notification_id: int) -> tuple[int, int]:
    """How many persons have read a message back, and how many must."""
    persons = select(func.count(func.distinct(ReadBackRow.person))).where(
        ReadBackRow.notification_id == notification_id
    )
    wanted = select(EscalationRow.read_backs).where(EscalationRow.notification_id == notification_id)
    return session.scalar(persons) or 0, session.scalar(wanted) or 1


def _persons() -> Any:
    """Of a message: how many have read it back."""
    counted = select(func.count(func.distinct(ReadBackRow.person)))
    return counted.where(ReadBackRow.notification_id == NotificationRow.id).correlate(NotificationRow).scalar_subquery()


# The step up ---------------------------------------------------------------------------------------------------------


def rise(session: Session, at: datetime, *, ladder: int | None = None) -> EscalationRow | None:
    """Move one ladder a step up, in one statement: the given one, else whichever has waited longest past its hour."""
    session.flush()
    moved, which = (LONGEST, {}) if ladder is None else (ONE, {"ladder": ladder})
    return session.scalars(moved, {"at": at} | which).one_or_none()


def _rise(chosen: ColumnElement[bool]) -> ReturningUpdate[EscalationRow]:
    wait_s = func.jsonb_extract_path_text(EscalationRow.steps, cast(EscalationRow.step + 1, Text), "wait_s")
    ended = EscalationRow.step + 1 >= func.jsonb_array_length(EscalationRow.steps)
    return (
        update(EscalationRow)
        .where(chosen)
        .values(
            step=EscalationRow.step + 1,
            state=case((ended, literal(Ladder.EXHAUSTED.value)), else_=EscalationRow.state),
            next_at=AT.op("+")(cast(wait_s, Float).op("*")(SECOND)),
        )
        .returning(EscalationRow)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


def _due() -> Any:
    standing = aliased(EscalationRow)
    return (
        select(standing.id)
        .join(NotificationRow, NotificationRow.id == standing.notification_id)
        .where(
            standing.state == Ladder.OPEN,
            standing.next_at <= AT,
            or_(
                NotificationRow.state == notifications.State.ISSUED,
                and_(NotificationRow.state == notifications.State.ACKNOWLEDGED, _persons() < standing.read_backs),
            ),
            ~notifications.superseded(),
        )
        .order_by(standing.next_at)
        .limit(1)
        .with_for_update(of=standing, skip_locked=True)
        .scalar_subquery()
    )


AT: Final = bindparam("at", type_=DateTime(timezone=True))
LONGEST: Final = _rise(EscalationRow.id == _due())
ONE: Final = _rise(EscalationRow.id == bindparam("ladder"))


# Rules from a file ---------------------------------------------------------------------------------------------------


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepEntry(_Part):
    """One step of the file: who, and how many minutes until the next."""

    role: Role
    tier: Tier | None = None
    wait_min: float = Field(gt=0, le=24 * 60)


class RuleEntry(_Part):
    """The rule of one desk in one circle."""

    desk: str = Field(min_length=1, max_length=20)
    circle: str = Field(pattern="^(now|prepare)$")
    read_backs: int = Field(default=1, ge=1, le=escalation.MOST_READ_BACKS)
    steps: tuple[StepEntry, ...] = Field(min_length=1, max_length=escalation.MOST_STEPS)


class Document(_Part):
    """A file of rules."""

    version: int = Field(ge=1, le=1)
    rules: tuple[RuleEntry, ...]


@dataclass(frozen=True, slots=True)
class DeskRule:
    """The rule of a desk in a circle, and whether it is the desk's own."""

    desk: str
    circle: str
    rule: Rule
    own: bool


def load(session: Session, path: Path, *, at: datetime) -> list[DeskRule]:
    """Put a file of rules in force, whole or not at all; a desk that it names has these rules and no other of its own."""
    entries = _read(path).rules
    made = [DeskRule(each.desk, each.circle, _rule(each), own=True) for each in entries]
    twice = [each for n, each in enumerate(made) if (each.desk, each.circle) in {(x.desk, x.circle) for x in made[:n]}]
    if twice:
        raise _bad(
            path,
            f"{twice[0].desk} 的 {twice[0].circle} 出现两次",
            f"{twice[0].desk} has two rules for {twice[0].circle}",
        )
    session.execute(delete(RuleRow).where(RuleRow.desk.in_({each.desk for each in made})))
    for each in made:
        steps = [step.stored() for step in each.rule.steps]
        values = {"steps": steps, "read_backs": each.rule.read_backs, "loaded_at": at}
        session.execute(insert(RuleRow).values(desk=each.desk, circle=each.circle, **values))
        facts = {"circle": each.circle, "steps": steps, "read_backs": each.rule.read_backs}
        journal.append(session, f"desk:{each.desk}", "escalation.rule", by=BY, at=at, facts=facts)
    return made


def rules(session: Session, desk: str, policy: Policy) -> list[DeskRule]:
    """What holds for a desk, circle by circle."""
    own = set(session.scalars(select(RuleRow.circle).where(RuleRow.desk == desk)))
    circles: Sequence[str] = escalation.CIRCLES
    return [DeskRule(desk, each, rule(session, desk, each, policy), each in own) for each in circles]


def _rule(entry: RuleEntry) -> Rule:
    return Rule(tuple(Step(each.role, each.wait_min * 60, each.tier) for each in entry.steps), entry.read_backs)


def _read(path: Path) -> Document:
    try:
        return Document.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as trouble:
        raise _bad(path, f"读不到：{trouble.strerror}", f"cannot be read: {trouble.strerror}") from trouble
    except (yaml.YAMLError, UnicodeDecodeError) as trouble:
        raise _bad(path, "不是有效的 YAML", f"is not YAML: {trouble}") from trouble
    except ValidationError as trouble:
        first = trouble.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _bad(path, f"{place}：{first['msg']}", f"{place}: {first['msg']}") from trouble


def _bad(path: Path, zh: str, en: str) -> BadFile:
    return BadFile("bad-escalation", Words(f"{path.name}：{zh}。", f"{path.name}: {en}."), facts={"file": path.name})
