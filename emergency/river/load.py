"""Loading a river network: check, stage, swap, in the caller's transaction.

Nothing of the version that serves is touched before the last step, and a load that fails leaves nothing behind.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from emergency import journal
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.river import lines, loops, sites
from emergency.river.check import check, drawn_against
from emergency.river.columns import Columns
from emergency.river.dangling import Dangling
from emergency.river.draft import Lines, Reaches, topology
from emergency.river.drawn import turned
from emergency.river.findings import Finding, read_finding
from emergency.river.index import Index, build
from emergency.river.layers import Troubles
from emergency.river.models import NetworkRow, NetworkVersionRow
from emergency.river.networks import active
from emergency.river.read import Phase, Profile, Progress, Source, checksum, opened, parts, stated
from emergency.river.settle import settle
from emergency.river.stage import Staged, stage
from emergency.units import km
from emergency.words import Words

__all__ = ["LoadReport", "Phase", "Profile", "Progress", "active", "load"]


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


@dataclass(frozen=True, slots=True)
class _Network:
    """A file's network, settled and indexed, with what was found in it."""

    source: Source
    reaches: Reaches
    index: Index
    findings: Sequence[Finding]
    dangling: Dangling


def load(
    session: Session,
    file: Path,
    *,
    profile: Profile,
    name: str,
    at: datetime,
    by: Actor,
    dry_run: bool = False,
    progress: Progress = lambda phase, done, total: None,
) -> LoadReport:
    """Load `file` as the new active version of the network `name`; BadFile when a finding refuses it."""
    stamp = checksum(file, profile)
    unchanged = _same_file(session, name, stamp)
    if unchanged is not None:
        return _again(unchanged, name, dry_run=dry_run)
    with opened(file, profile, stamp) as source:
        progress(Phase.COPY, source.spool.features, source.spool.features)
        network = _checked(source, progress)
        report = _report(network, name, dry_run=dry_run)
        batches = _batches(network, progress)
        if dry_run:
            deque(batches, maxlen=0)
            return replace(report, findings=[*report.findings, *network.dangling.findings()])
        return _swapped(session, network, report, batches, stamp, at, by)


def _again(version: NetworkVersionRow, name: str, *, dry_run: bool) -> LoadReport:
    """What was reported when this very file was loaded."""
    told = version.report
    findings = [read_finding(stored) for stored in told["findings"]]
    return LoadReport(name, version.id, False, dry_run, told["reaches"], told["paths"], told["length_km"], findings)


def _checked(source: Source, progress: Progress) -> _Network:
    """The network, settled and indexed; BadFile when a finding refuses it."""
    found = stated(source, progress)
    reaches, total = found.reaches, len(found.reaches)
    progress(Phase.INDEX, 0, total)
    nodes = topology(reaches)
    flow = loops.opened(nodes, reaches)
    reaches = replace(reaches, loop=flow.loop, against=drawn_against(reaches, nodes))
    findings = [*found.findings, *check(reaches, nodes)]
    if refusing := [finding for finding in findings if finding.refuses]:
        raise _refused(source.file, refusing)
    reaches = settle(reaches, nodes)
    index = build(reaches, nodes, flow.order)
    progress(Phase.INDEX, total, total)
    return _Network(source, reaches, index, findings, Dangling(reaches, nodes, index))


def _batches(network: _Network, progress: Progress) -> Iterator[tuple[Columns, Lines]]:
    """The rows of the file once more, as they are to be stored; their lines are looked at on the way."""
    first = 0
    for part in parts(network.source, Troubles(), progress, Phase.STORE):
        drawn = turned(part.drawn.lines, network.reaches.against[first : first + len(part.columns)])
        network.dangling.look(first, drawn)
        first += len(drawn)
        yield part.columns, drawn


def _report(network: _Network, name: str, *, dry_run: bool) -> LoadReport:
    length_km = km(float(network.reaches.length_m.sum()))
    paths = len(network.index.paths.foot)
    return LoadReport(name, None, True, dry_run, len(network.reaches), paths, length_km, network.findings)


def _swapped(
    session: Session,
    found: _Network,
    report: LoadReport,
    batches: Iterable[tuple[Columns, Lines]],
    stamp: str,
    at: datetime,
    by: Actor,
) -> LoadReport:
    """Write the new version beside the others, then make it the active one."""
    network = _locked(session, report.network)
    version = _new_version(session, network, found.source, stamp, at)
    stage(Staged(session, version.id, found.source.file.name, found.reaches, found.index), batches)
    lines.build(session, version.id)
    report = replace(report, version_id=version.id, findings=[*report.findings, *found.dangling.findings()])
    version.report = report.stored()
    report = replace(report, moved_sites=sites.re_anchor(session, network.active_version_id, version.id))
    network.active_version_id = version.id
    session.flush()
    _note(session, network, version, report, at, by)
    return report


def _refused(file: Path, findings: Sequence[Finding]) -> BadFile:
    zh = "；".join(f"{finding.words.zh}（{_counted(finding, '处', '如')}）" for finding in findings)
    en = "; ".join(f"{finding.words.en} ({_counted(finding, ' places', 'such as')})" for finding in findings)
    words = Words(f"{file.name} 未载入，原有河网不变：{zh}", f"{file.name} was not loaded and nothing changed: {en}")
    return BadFile("bad-network", words, field="file", facts={"findings": [finding.stored() for finding in findings]})


def _counted(finding: Finding, places: str, such_as: str) -> str:
    shown = ", ".join(str(example) for example in finding.examples)
    return f"{finding.count}{places}" + (f", {such_as} {shown}" if shown else "")


def _same_file(session: Session, name: str, checksum: str) -> NetworkVersionRow | None:
    """The active version of `name`, when it was made from this very file."""
    wanted = (
        select(NetworkVersionRow)
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
    session: Session, network: NetworkRow, source: Source, checksum: str, at: datetime
) -> NetworkVersionRow:
    before = session.scalar(select(func.max(NetworkVersionRow.n)).where(NetworkVersionRow.network_id == network.id))
    row = NetworkVersionRow(
        network_id=network.id,
        n=(before or 0) + 1,
        profile=source.profile.value,
        source=source.file.name,
        checksum=checksum,
        created_at=at,
        report={},
    )
    session.add(row)
    session.flush()
    return row


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
