"""Which network, and which of its versions, is meant."""

from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from emergency.errors import BadInput, Conflict, NotReady
from emergency.river.models import NetworkRow, NetworkVersionRow
from emergency.words import Words

OF_VERSION: Final = ("reaches", "main_paths", "path_links", "stretches", "runs", "tile_lines")
"""The tables that are partitioned by network version, also those of the rooms above."""
STANDS_ON: Final = text("select exists (select from assessments where (body #>> '{versions,network}')::int = :version)")

RIVERS: Final = text("""
select river, name_zh, name_en from reaches
where version_id in (select active_version_id from networks where active_version_id is not null)
group by river, name_zh, name_en order by river, sum(length_m) desc, name_zh
""")


def rivers(session: Session) -> dict[str, Words]:
    """The rivers of all networks by code, each with every name that it bears on its way, the longest stretch first."""
    names: dict[str, list[Words]] = {}
    for river, zh, en in session.execute(RIVERS):
        names.setdefault(river, []).append(Words(zh, en))
    return {
        river: Words(
            "·".join(dict.fromkeys(each.zh for each in found)), " / ".join(dict.fromkeys(each.en for each in found))
        )
        for river, found in names.items()
        if river
    }


def active(session: Session, name: str | None = None) -> tuple[NetworkRow, int]:
    """The network called `name` (the default one without a name) and the id of its active version."""
    wanted = NetworkRow.is_default if name is None else NetworkRow.name == name
    row = session.scalar(select(NetworkRow).where(wanted))
    if row is None and name is not None:
        raise _unknown(session, name)
    if row is None or row.active_version_id is None:
        raise NotReady(
            "no-network",
            Words(
                "还没有载入河网：请先运行 flask river load。", "No river network is loaded: run flask river load first."
            ),
        )
    return row, row.active_version_id


def version(session: Session, version_id: int) -> NetworkVersionRow:
    """The row of a version."""
    row = session.get(NetworkVersionRow, version_id)
    if row is None:
        words = Words(f"没有河网版本 {version_id}。", f"There is no network version {version_id}.")
        raise BadInput("no-such-version", words, field="network")
    return row


def drop(session: Session, version_id: int) -> None:
    """Drop a version whole. Conflict while it is active, or an assessment stands on it."""
    row = version(session, version_id)
    if session.scalar(select(NetworkRow.id).where(NetworkRow.active_version_id == version_id)) is not None:
        raise _kept(version_id, "正在使用", "it is active")
    if session.scalar(STANDS_ON, {"version": version_id}):
        raise _kept(version_id, "有研判以它为据", "an assessment stands on it")
    for table in OF_VERSION:
        session.execute(text(f"drop table if exists {table}_v{int(version_id)}"))
    session.delete(row)
    session.flush()


def _kept(version_id: int, zh: str, en: str) -> Conflict:
    words = Words(f"河网版本 {version_id} 未删除：{zh}。", f"Network version {version_id} was not dropped: {en}.")
    return Conflict("version-in-use", words)


def _unknown(session: Session, name: str) -> BadInput:
    known = list(session.scalars(select(NetworkRow.name).order_by(NetworkRow.name)))
    listed = ", ".join(known) or "-"
    words = Words(f"没有名为 {name} 的河网；已有：{listed}。", f"There is no network named {name}; there is: {listed}.")
    return BadInput("no-such-network", words, field="network", facts={"networks": known})
