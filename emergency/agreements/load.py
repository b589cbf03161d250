"""Loading agreements: from checked files to numbered versions, and back to the ones in force at an instant.

A version is never changed. A file that says the same as the newest version changes nothing; any other makes the next one.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import rfc8785
from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from emergency import journal
from emergency.agreements import body as bodies
from emergency.agreements import known
from emergency.agreements.files import Problem, Sheet, sheets
from emergency.agreements.models import AgreementRow
from emergency.agreements.values import Agreement
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.jurisdictions.models import DivisionRow
from emergency.river import networks
from emergency.words import Words

LOADING: Final = 0x61677265
"""Advisory lock: two loads at a time would both take the next number."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one agreement; `new` is False when it was there already."""

    id: str
    version: int
    new: bool


def check(path: Path, session: Session | None = None) -> list[Problem]:
    """Everything that is wrong with the file, or with the files of the folder; empty when it can be loaded.

    With a session, also the divisions and rivers that are not known to it, in files without another fault; what has not been
    loaded says nothing of names (`unchecked`).
    """
    read = sheets(path)
    problems = [problem for sheet in read for problem in sheet.problems]
    if session is None:
        return problems
    codes, rivers = _codes(session), networks.rivers(session)
    for sheet in read:
        if not sheet.problems:
            problems += _unknown_codes(sheet, _data(sheet), codes) if codes else ()
            problems += _unknown_rivers(sheet, _data(sheet), rivers)
    return problems


def unchecked(session: Session, path: Path) -> list[Words]:
    """What of the names in these files could not be checked, since nothing is loaded to check it by."""
    bodies_read = [_data(sheet) for sheet in sheets(path) if not sheet.problems]
    found = []
    if not _codes(session) and any(list(bodies.codes(data)) for data in bodies_read):
        found.append(
            Words(
                "还没有载入区划清单，各方和区划的代码没有核对：先运行 flask jurisdictions load，再核对一遍。",
                "No register of divisions is loaded, so the codes of parties and divisions were not checked: run flask "
                "jurisdictions load, then check again.",
            )
        )
    if not networks.rivers(session) and any(list(bodies.rivers(data)) for data in bodies_read):
        found.append(
            Words(
                "还没有载入河网，河流代码没有核对：先运行 flask river load，再核对一遍。",
                "No river network is loaded, so the codes of rivers were not checked: run flask river load, then check "
                "again.",
            )
        )
    return found


def load(session: Session, path: Path, *, at: datetime, by: Actor) -> tuple[Loaded, ...]:
    """Store what is new in the file or folder. BadFile names file, line, what and remedy; then nothing is changed."""
    read = sheets(path)
    _refuse([problem for sheet in read for problem in sheet.problems])
    session.execute(select(func.pg_advisory_xact_lock(LOADING)))
    codes, rivers = _codes(session), networks.rivers(session)
    _refuse(
        [
            *(problem for sheet in read for problem in _unknown_codes(sheet, _data(sheet), codes)),
            *(problem for sheet in read for problem in _unknown_rivers(sheet, _data(sheet), rivers)),
        ]
    )
    return tuple(_store(session, sheet.file, _data(sheet), at=at, by=by) for sheet in read)


def in_force(session: Session, at: datetime) -> tuple[Agreement, ...]:
    """The agreements in force at an instant, by id: of each the newest version begun by then, unless it has ended."""
    rows = session.scalars(
        select(AgreementRow)
        .where(AgreementRow.active, AgreementRow.valid_from <= at)
        .ext(distinct_on(AgreementRow.id))
        .order_by(AgreementRow.id, AgreementRow.version.desc())
    )
    begun = (bodies.read(row.body, row.version) for row in rows)
    return tuple(agreement for agreement in begun if agreement.in_force(at))


def stored(session: Session, versions: Mapping[str, int]) -> tuple[Agreement, ...]:
    """The versions that an assessment names, by id: an incident keeps its agreements as they stood."""
    keys = sorted(versions.items())
    rows = session.scalars(select(AgreementRow).where(tuple_(AgreementRow.id, AgreementRow.version).in_(keys)))
    return tuple(sorted((bodies.read(row.body, row.version) for row in rows), key=lambda one: one.id))


def others(session: Session, versions: Mapping[str, int], at: datetime) -> tuple[Agreement, ...]:
    """The agreements that were loaded by an instant and that `versions` does not name: ended, or not begun. Newest each."""
    rows = session.scalars(
        select(AgreementRow)
        .where(AgreementRow.loaded_at <= at, AgreementRow.id.not_in(versions))
        .ext(distinct_on(AgreementRow.id))
        .order_by(AgreementRow.id, AgreementRow.version.desc())
    )
    return tuple(bodies.read(row.body, row.version) for row in rows)


def _codes(session: Session) -> dict[str, Words]:
    rows = session.execute(select(DivisionRow.code, DivisionRow.name_zh, DivisionRow.name_en))
    return {code: Words(zh, en) for code, zh, en in rows}


def _data(sheet: Sheet) -> Mapping[str, Any]:
    """A sheet without faults has data."""
    assert sheet.data is not None
    return sheet.data


def _refuse(problems: Sequence[Problem]) -> None:
    if not problems:
        return
    first, more = problems[0].words, len(problems) - 1
    words = Words(
        f"{first.zh}" + (f"（另有{more}处，用 flask agreements check 全部列出）" if more else ""),
        f"{first.en}" + (f" ({more} more: flask agreements check lists all)" if more else ""),
    )
    facts = [{"file": each.file, "line": each.line, "what": each.what.stored()} for each in problems]
    raise BadFile("agreement-file", words, facts={"problems": facts})


def _unknown_codes(sheet: Sheet, data: Mapping[str, Any], codes: Mapping[str, Words]) -> Iterator[Problem]:
    """A party that nobody knows would never be told and never be missed."""
    for place, code in bodies.codes(data):
        if code not in codes:
            near = known.listed(known.nearest(code, codes), codes)
            what = Words(
                f"区划清单里没有 {code}：请核对代码"
                + (f"（相近的有 {near.zh}）" if near.zh else "")
                + "，或先载入区划",
                f"no division {code} is known: check the code"
                + (f" (the nearest are {near.en})" if near.en else "")
                + ", or load the divisions first",
            )
            yield Problem(sheet.file, sheet.line(place), what)


def _unknown_rivers(sheet: Sheet, data: Mapping[str, Any], rivers: Mapping[str, Words]) -> Iterator[Problem]:
    """A river that no network has is never passed: the agreement would never speak. Without a network nothing is known."""
    for place, river in bodies.rivers(data):
        if rivers and river not in rivers:
            yield Problem(sheet.file, sheet.line(place), known.unknown("river", river, rivers))


def _store(session: Session, file: str, data: Mapping[str, Any], *, at: datetime, by: Actor) -> Loaded:
    checksum = hashlib.sha256(rfc8785.dumps(dict(data))).hexdigest()
    newest = session.scalar(
        select(AgreementRow).where(AgreementRow.id == data["id"]).order_by(AgreementRow.version.desc()).limit(1)
    )
    if newest is not None and newest.checksum == checksum:
        return Loaded(newest.id, newest.version, new=False)
    agreement = bodies.read(data, 1 if newest is None else newest.version + 1)
    _supersede(session, agreement)
    session.add(_row(agreement, data, checksum, at))
    facts = {"agreement": agreement.id, "version": agreement.version, "checksum": checksum, "file": file}
    journal.append(session, "system", "agreement.loaded", by=by, at=at, facts=facts)
    return Loaded(agreement.id, agreement.version, new=True)


def _supersede(session: Session, agreement: Agreement) -> None:
    """Older versions that begin no earlier are done with; one that begins earlier still holds for the time before."""
    session.execute(
        update(AgreementRow)
        .where(AgreementRow.id == agreement.id, AgreementRow.valid_from >= agreement.valid_from)
        .values(active=False)
    )


def _row(agreement: Agreement, data: Mapping[str, Any], checksum: str, at: datetime) -> AgreementRow:
    return AgreementRow(
        id=agreement.id,
        version=agreement.version,
        loaded_at=at,
        checksum=checksum,
        body=dict(data),
        valid_from=agreement.valid_from,
        valid_to=agreement.valid_to,
        active=True,
    )
