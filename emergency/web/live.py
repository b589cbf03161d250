"""Relays the journal to the pages that look at it. Sockets carry news down; every command is an HTTP POST.

One background loop per web process listens on the database's channel, reads everything after the last numbers it has relayed
(so that a lost connection loses nothing), and looks by itself every few seconds. A page joins a room with the last number it
has, gets what it missed, and drops what it has already.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import gevent.monkey
import psycopg
from flask import Flask, request
from flask_socketio import SocketIO, join_room, leave_room
from socketio.exceptions import ConnectionRefusedError
from sqlalchemy.exc import SQLAlchemyError

from emergency import access, journal
from emergency.access import Action, Officer, Role, Subject
from emergency.errors import EmergencyError, NotFound, NotReady
from emergency.journal import Entry
from emergency.units import iso
from emergency.web import session
from emergency.words import Words

NAMESPACE: Final = "/live"
POLL_S: Final = 5.0
FRESH_S: Final = 3 * POLL_S
BACK_OFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Relay:
    """What one process has relayed, and who listens to it."""

    seen: dict[str, int] = field(default_factory=dict)
    members: dict[str, dict[str, Officer]] = field(default_factory=dict)
    officers: dict[str, Officer] = field(default_factory=dict)
    fresh_at: float = -FRESH_S


relay = Relay()
socketio = SocketIO()


def attach(app: Flask) -> None:
    """Give `app` its socket; the mode follows the process: gevent in the served worker, threads elsewhere."""
    served = gevent.monkey.is_module_patched("socket")
    options: dict[str, Any] = {"manage_session": False, "transports": ["websocket"], "http_compression": False}
    socketio.init_app(app, async_mode="gevent" if served else "threading", **options)


def start(app: Flask) -> None:
    """Begin to relay. Refuses where the database driver would block every socket of the process."""
    if getattr(psycopg.waiting.wait, "__name__", "") != "wait_poll":
        words = Words(
            "数据库驱动会阻塞推送，请用 gunicorn 的 gevent 进程启动。",
            "psycopg would block the sockets: serve by gunicorn -k gevent.",
        )
        raise NotReady("blocking-driver", words)
    socketio.start_background_task(_run, app)


def listening() -> bool:
    """Whether the loop has looked at the journal just now."""
    return time.monotonic() - relay.fresh_at < FRESH_S


def shown(entry: Entry, officer: Officer) -> dict[str, Any]:
    """An entry as `officer` may see it: whole, or its number and hash as withheld."""
    if entry.only and officer.desk not in entry.only and officer.role is not Role.ADMINISTRATOR:
        return {"stream": entry.stream, "n": entry.n, "hash": entry.hash, "withheld": True}
    return {
        "stream": entry.stream,
        "n": entry.n,
        "at": iso(entry.at),
        "kind": entry.kind,
        "by": dict(entry.by),
        "facts": dict(entry.facts),
        "hash": entry.hash,
        "previous": entry.previous,
    }


def allow(officer: Officer, room: str, audience: Iterable[str]) -> None:
    """Whether an officer may hear a room; NotFound hides what they may not know of."""
    kind, _, name = room.partition(":")
    if kind == "incident" and name.isdigit():
        access.require(officer, Action.SEE_INCIDENT, Subject(frozenset(audience)))
        return
    if kind == "desk" and name and (officer.desk == name or officer.role is Role.ADMINISTRATOR):
        return
    if room == "system" and access.may(officer, Action.SEE_SYSTEM):
        return
    raise NotFound("no-such-room", Words("没有这个频道。", "There is no such room."), field="room")


# The loop ------------------------------------------------------------------------------------------------------------


def _run(app: Flask) -> None:
    from emergency.web.app import parts

    failures = 0
    with app.app_context():
        sessions, engine = parts().sessions, parts().engine
        while True:
            try:
                with engine.connect() as connection:
                    driver = connection.connection.driver_connection
                    assert isinstance(driver, psycopg.Connection)
                    connection.detach()  # this connection only listens; it never goes back to the pool
                    _listen(driver, sessions)
            except (psycopg.Error, SQLAlchemyError) as lost:
                pause = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
                failures = 0 if listening() else failures + 1
                log.warning("journal: connection lost, again in %s s: %s", pause, lost)
                time.sleep(pause)  # patched: it yields


def _listen(driver: "psycopg.Connection[Any]", sessions: Any) -> None:
    driver.rollback()
    driver.autocommit = True
    driver.execute(f"listen {journal.CHANNEL}")
    try:
        while True:
            _catch_up(sessions)
            for _ in driver.notifies(timeout=POLL_S, stop_after=1):
                pass
    finally:
        driver.close()


def _catch_up(sessions: Any) -> None:
    with sessions.begin() as opened:
        heads = journal.heads(opened)
        if not relay.seen and relay.fresh_at < 0:
            relay.seen.update(heads)
        for stream, last in heads.items():
            while relay.seen.get(stream, 0) < last:
                _relay(journal.read(opened, stream, after=relay.seen.get(stream, 0)))
    relay.fresh_at = time.monotonic()


def _relay(entries: list[Entry]) -> None:
    for entry in entries:
        _send(entry)
        relay.seen[entry.stream] = entry.n


def _send(entry: Entry) -> None:
    if entry.only:
        for sid, officer in list(relay.members.get(entry.stream, {}).items()):
            socketio.emit("entry", shown(entry, officer), to=sid, namespace=NAMESPACE)
    else:
        socketio.emit("entry", shown(entry, _ANYONE), to=entry.stream, namespace=NAMESPACE)
    if entry.kind == "audience.admitted":
        socketio.emit("entry", shown(entry, _ANYONE), to=f"me:{entry.facts['jurisdiction']}", namespace=NAMESPACE)
    if entry.kind == "audience.revoked":
        _drop(entry.stream, str(entry.facts["jurisdiction"]))


def _drop(stream: str, desk: str) -> None:
    for sid, officer in list(relay.members.get(stream, {}).items()):
        if officer.desk == desk and officer.role is not Role.ADMINISTRATOR:
            del relay.members[stream][sid]
            leave_room(stream, sid=sid, namespace=NAMESPACE)
            socketio.emit("left", {"room": stream}, to=sid, namespace=NAMESPACE)


# The sockets ---------------------------------------------------------------------------------------------------------


@socketio.on("connect", namespace=NAMESPACE)
def _connect(_auth: object = None) -> None:
    try:
        relay.officers[_sid()] = session.signed_in()
    except EmergencyError as refused:
        raise ConnectionRefusedError(refused.slug) from refused


@socketio.on("disconnect", namespace=NAMESPACE)
def _disconnect(_reason: object = None) -> None:
    relay.officers.pop(_sid(), None)
    for room in relay.members.values():
        room.pop(_sid(), None)


@socketio.on("join", namespace=NAMESPACE)
def _join(asked: dict[str, Any]) -> dict[str, Any]:
    from emergency.web.app import parts

    officer, room, after = relay.officers[_sid()], str(asked.get("room", "")), asked.get("after", 0)
    if room == "me":
        join_room(f"me:{officer.desk}", namespace=NAMESPACE)
        return {"room": "me", "last": 0}
    with parts().sessions.begin() as opened:
        try:
            allow(officer, room, access.audience(opened, _incident(room)))
        except EmergencyError as refused:
            return {"room": room, "error": refused.slug}
        join_room(room, namespace=NAMESPACE)
        relay.members.setdefault(room, {})[_sid()] = officer
        return {"room": room, "last": _replay(opened, officer, room, after if isinstance(after, int) else 0)}


@socketio.on("leave", namespace=NAMESPACE)
def _leave(asked: dict[str, Any]) -> None:
    room = str(asked.get("room", ""))
    leave_room(room, namespace=NAMESPACE)
    relay.members.get(room, {}).pop(_sid(), None)


def _replay(opened: Any, officer: Officer, room: str, after: int) -> int:
    last = after
    while entries := journal.read(opened, room, after=last):
        for entry in entries:
            socketio.emit("entry", shown(entry, officer), to=_sid(), namespace=NAMESPACE)
        last = entries[-1].n
    return last


def _incident(room: str) -> int:
    kind, _, name = room.partition(":")
    return int(name) if kind == "incident" and name.isdigit() and len(name) < 19 else 0


def _sid() -> str:
    return str(request.sid)  # type: ignore[attr-defined]  # Flask-SocketIO sets it on the request


_ANYONE: Final = Officer(0, "", Role.OBSERVER, None, None, "")
