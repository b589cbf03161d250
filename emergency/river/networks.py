"""Which network, and which of its versions, is meant."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from emergency.errors import BadInput, NotReady
from emergency.river.models import NetworkRow, NetworkVersionRow
from emergency.words import Words


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


def _unknown(session: Session, name: str) -> BadInput:
    known = list(session.scalars(select(NetworkRow.name).order_by(NetworkRow.name)))
    listed = ", ".join(known) or "-"
    words = Words(f"没有名为 {name} 的河网；已有：{listed}。", f"There is no network named {name}; there is: {listed}.")
    return BadInput("no-such-network", words, field="network", facts={"networks": known})
