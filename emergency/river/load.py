"""Loading a river network: check, stage, swap, in the caller's transaction.

Nothing of the version that serves is touched before the last step, and a load that fails leaves nothing behind.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
import shapely
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from emergency import journal
from emergency.db import SRID
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.river import loops, sites
from emergency.river.check import check, drawn_reversed
from emergency.river.draft import Draft
from emergency.river.findings import Finding
from emergency.river.index import Index, build
from emergency.river.models import NetworkRow, NetworkVersionRow
from emergency.river.networks import active
from emergency.river.read import Profile, Source, read
from emergency.river.settle import settle
from emergency.units import km
from emergency.words import Words

__all__ = ["LoadReport", "Profile", "active", "load"]

REACH_COLUMNS: Final = (
    "version_id, reach_id, code, river, name_zh, name_en, kind, from_node, to_node, length_m, divergence, share, "
    "share_assumed, velocity_ms, discharge_m3s, slope, drainage_area_km2, volume_m3, grade, velocity_grade, source, "
    "schematic, loop, note, tabled_stretches, path_id, foot_m, geom"
)
PATH_COLUMNS: Final = "version_id, path_id, river, head_reach_id, foot_reach_id, length_m"
LINK_COLUMNS: Final = "version_id, from_path, from_foot_m, to_path, to_foot_m, main"
PROGRESS_EVERY: Final = 10_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did or, in a dry run, would do. `version_id` is None where nothing was stored; `changed` is False when
    the active version was made from the same file."""

    network: str
    version_id: int | None
    changed: bool
    dry_run: bool
    reaches: int
    paths: int
    length_km: float
    findings: Sequence[Finding]
    moved_sites: Sequence[sites.Moved] = ()

    def stored(self) -> dict[str, Any]:
        """As it stays with the version."""
        return {
            "reaches": self.reaches,
            "paths": self.paths,
            "length_km": round(self.length_km, 3),
            "findings": [finding.stored() for finding in self.findings],
        }


def load(
    session: Session,
    file: Path,
    *,
    profile: Profile,
    name: str,
    at: datetime,
    by: Actor,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load `file` as the new active version of the network `name`; BadFile when a finding refuses it."""
    source = read(file, profile)
    drafts, findings = _checked(source, file)
    index = build(drafts)
    total_km = km(sum(draft.length_m for draft in drafts))
    report = LoadReport(name, None, True, dry_run, len(drafts), len(index.paths), total_km, findings)
    unchanged = _same_file(session, name, source.checksum)
    if unchanged is not None:
        return replace(report, version_id=unchanged, changed=False)
    if dry_run:
        return report
    network = _locked(session, name)
    version = _new_version(session, network, file, profile, source.checksum, report, at)
    _stage(session, version.id, drafts, index, progress)
    moved = sites.re_anchor(session, network.active_version_id, version.id)
    network.active_version_id = version.id
    session.flush()
    _note(session, network, version, replace(report, moved_sites=moved), at, by)
    return replace(report, version_id=version.id, moved_sites=moved)


def _checked(source: Source, file: Path) -> tuple[list[Draft], list[Finding]]:
    """The drafts, settled, with all findings; BadFile when one of them refuses."""
    closing = loops.closing(source.drafts)
    findings = [*source.findings, *check(source.drafts, closing)]
    refusing = [finding for finding in findings if finding.refuses]
    if refusing:
        raise _refused(file, refusing)
    return settle(_turned(source.drafts), closing), findings


def _turned(drafts: Sequence[Draft]) -> list[Draft]:
    """Lines drawn against their nodes are turned round, so that an offset is measured from the upstream end."""
    against = drawn_reversed(drafts)
    return [_turn(draft) if draft.reach_id in against else draft for draft in drafts]


def _turn(draft: Draft) -> Draft:
    drawn = draft.drawn
    wkb = shapely.to_wkb(shapely.reverse(shapely.from_wkb(drawn.wkb)))
    return replace(draft, drawn=replace(drawn, start=drawn.end, end=drawn.start, wkb=wkb))


def _refused(file: Path, findings: Sequence[Finding]) -> BadFile:
    zh = "；".join(f"{finding.words.zh}（{_counted(finding, '处', '如')}）" for finding in findings)
    en = "; ".join(f"{finding.words.en} ({_counted(finding, ' places', 'such as')})" for finding in findings)
    words = Words(f"{file.name} 未载入，原有河网不变：{zh}", f"{file.name} was not loaded and nothing changed: {en}")
    return BadFile("bad-network", words, field="file", facts={"findings": [finding.stored() for finding in findings]})


def _counted(finding: Finding, places: str, such_as: str) -> str:
    shown = ", ".join(str(example) for example in finding.examples)
    return f"{finding.count}{places}" + (f", {such_as} {shown}" if shown else "")


def _same_file(session: Session, name: str, checksum: str) -> int | None:
    """The active version of `name`, when it was made from this very file."""
    wanted = (
        select(NetworkVersionRow.id)
        .join(NetworkRow, NetworkRow.active_version_id == NetworkVersionRow.id)
        .where(NetworkRow.name == name, NetworkVersionRow.checksum == checksum)
    )
    return session.scalar(wanted)


def _locked(session: Session, name: str) -> NetworkRow:
    """The network's row; loads wait for one another, so that one network only is the default and versions are numbered
    in order. Readers do not wait."""
    session.execute(text("lock table networks in share row exclusive mode"))
    row = session.scalar(select(NetworkRow).where(NetworkRow.name == name).execution_options(populate_existing=True))
    if row is None:
        first = session.scalar(select(func.count()).select_from(NetworkRow)) == 0
        row = NetworkRow(name=name, is_default=first)
        session.add(row)
        session.flush()
    return row


def _new_version(
    session: Session,
    network: NetworkRow,
    file: Path,
    profile: Profile,
    checksum: str,
    report: LoadReport,
    at: datetime,
) -> NetworkVersionRow:
    before = session.scalar(select(func.max(NetworkVersionRow.n)).where(NetworkVersionRow.network_id == network.id))
    row = NetworkVersionRow(
        network_id=network.id,
        n=(before or 0) + 1,
        profile=profile.value,
        source=file.name,
        checksum=checksum,
        created_at=at,
        report=report.stored(),
    )
    session.add(row)
    session.flush()
    return row


def _stage(session: Session, version_id: int, drafts: Sequence[Draft], index: Index, progress: Progress | None) -> None:
    _fill(
        session,
        "reaches",
        version_id,
        REACH_COLUMNS,
        _told(_reach_rows(version_id, drafts, index), len(drafts), progress),
    )
    _fill(session, "main_paths", version_id, PATH_COLUMNS, _path_rows(version_id, index))
    _fill(session, "path_links", version_id, LINK_COLUMNS, _link_rows(version_id, index))


def _fill(session: Session, table: str, version_id: int, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """A partition of `table` for the version: filled first, attached after, so that readers of `table` never wait. The
    constraint spares the attaching a second look at every row; attaching makes the indexes."""
    partition = f"{table}_v{int(version_id)}"
    session.execute(text(f"create table {partition} (like {table} including defaults including constraints)"))
    cursor = _driver(session).cursor()
    with cursor, cursor.copy(f"copy {partition} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
    limits = f"version_id is not null and version_id = {int(version_id)}"
    session.execute(text(f"alter table {partition} add constraint of_version check ({limits})"))
    session.execute(text(f"alter table {table} attach partition {partition} for values in ({int(version_id)})"))
    session.execute(text(f"alter table {partition} drop constraint of_version"))
    session.execute(text(f"analyze {partition}"))


def _driver(session: Session) -> psycopg.Connection[Any]:
    driver = session.connection().connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the network is copied in through psycopg")
    return driver


def _reach_rows(version_id: int, drafts: Sequence[Draft], index: Index) -> Iterator[tuple[Any, ...]]:
    for draft in drafts:
        place = index.places[draft.reach_id]
        stretches = None if draft.tabled_stretches is None else json.dumps(draft.tabled_stretches, ensure_ascii=False)
        line = shapely.set_srid(shapely.from_wkb(draft.drawn.wkb), SRID)
        yield (
            version_id,
            draft.reach_id,
            draft.code,
            draft.river,
            draft.name.zh,
            draft.name.en,
            draft.kind.value,
            draft.from_node,
            draft.to_node,
            draft.length_m,
            draft.divergence,
            draft.share,
            draft.share_assumed,
            draft.velocity_ms,
            draft.discharge_m3s,
            draft.slope,
            draft.drainage_area_km2,
            draft.volume_m3,
            draft.grade.value,
            draft.velocity_grade.value,
            draft.source,
            draft.schematic,
            draft.loop,
            draft.note,
            stretches,
            place.path_id,
            place.foot_m,
            shapely.to_wkb(line, hex=True, include_srid=True),
        )


def _path_rows(version_id: int, index: Index) -> Iterator[tuple[Any, ...]]:
    for path in index.paths:
        yield version_id, path.path_id, path.river, path.head_reach_id, path.path_id, path.length_m


def _link_rows(version_id: int, index: Index) -> Iterator[tuple[Any, ...]]:
    for link in index.links:
        yield version_id, link.from_path, link.from_foot_m, link.to_path, link.to_foot_m, link.main


def _told(rows: Iterable[tuple[Any, ...]], total: int, progress: Progress | None) -> Iterator[tuple[Any, ...]]:
    """The rows, telling `progress` how many have gone."""
    for done, row in enumerate(rows, 1):
        yield row
        if progress is not None and (done % PROGRESS_EVERY == 0 or done == total):
            progress(done, total)


def _note(
    session: Session, network: NetworkRow, version: NetworkVersionRow, report: LoadReport, at: datetime, by: Actor
) -> None:
    facts = {
        "network": network.name,
        "version": version.id,
        "n": version.n,
        "profile": version.profile,
        "source": version.source,
        "checksum": version.checksum,
        "reaches": report.reaches,
        "warnings": {finding.slug: finding.count for finding in report.findings},
        "moved_sites": [moved.stored() for moved in report.moved_sites],
    }
    journal.append(session, "system", "network.loaded", by=by, at=at, facts=facts)
