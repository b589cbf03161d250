"""From the commit of an entry until the last of many pages has it, beside a bare websocket server in the same run.

    DATABASE_URL=... python -m benchmarks.live [--clients 200] [--rounds 20]

The service is served by gunicorn as in deployment, on a database of its own; the floor is benchmarks/bare.py. The two take
turns, and one crowd of clients in this process reads both. Everything is on this machine: only the ratio means anything.
"""

import argparse
import asyncio
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
from sqlalchemy import event

from benchmarks import served
from benchmarks.crowd import Crowd, Round, page, plain
from benchmarks.served import Server
from emergency import clock, db, journal
from emergency.journal import Actor

ROOM = "incident:1"
PAYLOAD = 1_600
"""Characters in the entry's facts: the whole event is then about 2 KB."""
ENVELOPE = 400
"""Characters of the rest of the event, which the bare server sends too."""
MOST_CLIENTS, MOST_ROUNDS = 5_000, 100
PROMISED = {1_000: 3.5}
"""Last client : last client of a bare server, by the number of clients (DESIGN, promises)."""
HEAD = "| | first ms | median ms | last ms | last : bare | missed | KB a client |\n|---|---|---|---|---|---|---|"


def main() -> None:
    """Measure and print a table."""
    asked = _arguments()
    _room_for(2 * asked.clients + 200)
    with (
        served.database(os.environ["DATABASE_URL"]) as engine,
        served.service(engine) as service,
        served.bare() as floor,
    ):
        bearer = served.token(engine)
        served.report(service, bearer)
        asyncio.run(_measure(db.sessions(engine), service, floor, bearer, asked.clients, asked.rounds))


async def _measure(
    sessions: db.Sessions, service: Server, floor: Server, bearer: str, clients: int, rounds: int
) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as web:
        ours, theirs = Crowd(clients), Crowd(clients)
        with sessions.begin() as session:
            after = journal.last(session, ROOM)
        ours_kb = await _seated(service, lambda: ours.connect(page(web, service.url, bearer, ROOM, after)))
        theirs_kb = await _seated(floor, lambda: theirs.connect(plain(web, floor.url)))
        pairs = [
            (await _committed(sessions, ours, n), await _said(web, floor, theirs, n)) for n in range(1, rounds + 2)
        ]
        for crowd in (ours, theirs):
            await crowd.leave()
    first, *counted = pairs  # the first warms both up
    del first
    _print(clients, [pair[0] for pair in counted], [pair[1] for pair in counted], ours_kb, theirs_kb)


async def _seated(server: Server, connect: Callable[[], Any]) -> int:
    before = server.memory_kb()
    await connect()
    return server.memory_kb() - before


async def _committed(sessions: db.Sessions, crowd: Crowd, n: int) -> Round:
    """One entry, committed by another thread, to all pages; the clock starts as COMMIT is sent to the database."""
    crowd.expect(mark := f"round {n}.")

    def commit() -> float:
        began_s: list[float] = []
        with sessions.begin() as session:
            event.listen(session.connection(), "commit", lambda _: began_s.append(time.monotonic()))
            facts = {"text": f"{mark} {'x' * PAYLOAD}"}
            journal.append(session, ROOM, "benchmark.said", by=Actor(process="benchmark"), at=clock.now(), facts=facts)
        return began_s[0]

    return await crowd.judged(await asyncio.to_thread(commit))


async def _said(web: aiohttp.ClientSession, floor: Server, crowd: Crowd, n: int) -> Round:
    """One text of the same size from the bare server; the clock starts as it begins to send."""
    crowd.expect(mark := f"round {n}.")
    async with web.post(f"{floor.url}/say", data=f"{mark} {'x' * (PAYLOAD + ENVELOPE)}") as answer:
        began_s = (await answer.json())["began_s"]
    return await crowd.judged(began_s)


def _print(clients: int, ours: Sequence[Round], theirs: Sequence[Round], ours_kb: int, theirs_kb: int) -> None:
    ratio = statistics.median(our.last_ms / their.last_ms for our, their in zip(ours, theirs, strict=True))
    print(f"{served.today()}, {os.cpu_count()} cores, {clients} clients, medians of {len(ours)} rounds\n\n{HEAD}")
    print(_row("bare aiohttp", theirs, 1.0, theirs_kb / clients))
    print(_row("lianfang, from the commit", ours, ratio, ours_kb / clients))
    if clients in PROMISED:
        print(f"\npromised {PROMISED[clients]}: {'met' if ratio <= PROMISED[clients] else 'not met'}")


def _row(name: str, rounds: Sequence[Round], ratio: float, kb: float) -> str:
    times = " | ".join(f"{_median(rounds, field):.1f}" for field in ("first_ms", "middle_ms", "last_ms"))
    return f"| {name} | {times} | {ratio:.2f} | {sum(each.missed for each in rounds)} | {kb:.0f} |"


def _median(rounds: Sequence[Round], field: str) -> float:
    return float(statistics.median(getattr(each, field) for each in rounds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200, help=f"1 to {MOST_CLIENTS}")
    parser.add_argument("--rounds", type=int, default=20, help=f"1 to {MOST_ROUNDS}")
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL must name a PostGIS server in which a database may be made")
    if not (1 <= asked.clients <= MOST_CLIENTS and 1 <= asked.rounds <= MOST_ROUNDS):
        parser.error("too many, or none")
    return asked


def _room_for(files: int) -> None:
    """As many open files as the clients need, for this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        raise SystemExit(
            f"{files} open files are needed, the system allows {hard}: raise ulimit -n or take fewer clients"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (files if hard == resource.RLIM_INFINITY else hard, hard))


if __name__ == "__main__":
    main()
