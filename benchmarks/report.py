"""From a report sent over HTTP until its assessment is answered, on a network of any size, beside the smallest POST.

    DATABASE_URL=... python -m benchmarks.report (--files DIR | --keep-database NAME) [--rounds 60] [--profile 20]

DIR is written by benchmarks.made. The service is served by gunicorn as in deployment. The floor is a POST in the same
process that writes one row and one journal entry (floor.py). The two take turns: only the ratio means anything.
"""

import argparse
import http.client
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Engine, select, text

from benchmarks import floor, loaded, served, stages, starts
from benchmarks.starts import Start
from benchmarks.timing import Action, Times, in_turns, verdict
from emergency import access, clock, db
from emergency.jurisdictions.models import DivisionRow
from emergency.river import networks

PROMISED: Final = 15.0
"""A report : the floor (DESIGN, promises)."""
WARMING: Final = 5
TIMEOUT_S: Final = 120.0
MOST_ROUNDS: Final = 500
FLOOR, REPORT = "floor: POST, one row and one entry", "report POST -> assessment"
HEAD: Final = "| | median ms | p95 ms | median : floor | KB answered |\n|---|---|---|---|---|"


def main() -> None:
    """Measure and print a table."""
    asked = _arguments()
    name = asked.keep_database or f"lianfang_benchmark_{secrets.token_hex(4)}"
    with loaded.database(os.environ["DATABASE_URL"], asked.files, name, keep=bool(asked.keep_database)) as (engine, _):
        places, reaches = _places(engine, asked.rounds + WARMING + asked.profile)
        bearer = _token(engine)
        with served.service(engine, app="benchmarks.floor:create_app()") as service:
            client = Client.of(service.url, bearer)
            in_turns([_turn(client, place) for place in places[:WARMING]])
            taken = in_turns([_turn(client, place) for place in places[WARMING : WARMING + asked.rounds]])
        _print(reaches, taken, client)
        if asked.profile:
            print(stages.of_reports(engine, bearer, [body(place) for place in places[-asked.profile :]]))


@dataclass(slots=True)
class Client:
    """One kept-alive connection, and how much each kind of POST was answered."""

    connection: http.client.HTTPConnection
    headers: Mapping[str, str]
    answered_kb: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str, bearer: str) -> "Client":
        """A client of the service at `url`."""
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        return cls(http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S), headers)

    def post(self, what: str, path: str, said: Mapping[str, Any]) -> None:
        """POST and read the whole answer; a report that reaches nobody would be no measure."""
        self.connection.request("POST", path, json.dumps(said), dict(self.headers))
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 201 or (what is REPORT and not json.loads(content)["assessment"]["reached"]):
            raise RuntimeError(f"{what}: {answer.status} {content[:500]!r}")
        self.answered_kb.setdefault(what, []).append(len(content) / 1024)


def body(place: Start) -> Mapping[str, Any]:
    """The least that a report must say: the place."""
    return {"location": {"lon": place.lon, "lat": place.lat}}


def _turn(client: Client, place: Start) -> Mapping[str, Action]:
    return {
        FLOOR: partial(client.post, FLOOR, "/api/v1/floor", {"said": "benchmark"}),
        REPORT: partial(client.post, REPORT, "/api/v1/incidents", body(place)),
    }


def _places(engine: Engine, count: int) -> tuple[Sequence[Start], int]:
    """Where it happens, and how many reaches the network has; the floor's table is made on the way."""
    with db.sessions(engine).begin() as session:
        session.execute(text(floor.TABLE))
        _, version_id = networks.active(session, loaded.NAME)
        reaches = session.scalar(text("select count(*) from reaches where version_id = :v"), {"v": version_id})
        return starts.choose(session, version_id, count), int(reaches or 0)


def _token(engine: Engine) -> str:
    """A new duty officer of some county."""
    with db.sessions(engine).begin() as session:
        desk = session.scalar(select(DivisionRow.code).where(DivisionRow.desk).order_by(DivisionRow.code).limit(1))
        name = f"测试值班员 {secrets.token_hex(4)}"
        access.add_officer(session, name=name, role="duty_officer", jurisdiction=desk, at=clock.now())
        session.flush()
        return access.new_token(session, name=name, at=clock.now())


def _print(reaches: int, taken: Mapping[str, Times], client: Client) -> None:
    floor_ms = taken[FLOOR].median_ms
    rounds = len(taken[FLOOR].each_ms)
    print(f"{served.today()}, {os.cpu_count()} cores, {reaches} reaches, medians of {rounds} rounds\n\n{HEAD}")
    for name, times in taken.items():
        kb = Times(client.answered_kb[name]).median_ms
        print(f"| {name} | {times.median_ms:.1f} | {times.p95_ms:.1f} | {times.median_ms / floor_ms:.1f} | {kb:.1f} |")
    ratio = taken[REPORT].median_ms / floor_ms
    print(f"\npromised at 1,000,000 reaches: at most {PROMISED:g} : {verdict(ratio, PROMISED)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, help="folder written by benchmarks.made")
    parser.add_argument("--rounds", type=int, default=60, help=f"1 to {MOST_ROUNDS}")
    parser.add_argument("--keep-database", metavar="NAME", help="use this database, or make it; it is not dropped")
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="and where the time of N reports goes")
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL must name a PostGIS server in which a database may be made")
    if asked.files is None and asked.keep_database is None:
        parser.error("--files or --keep-database is needed")
    if not (1 <= asked.rounds <= MOST_ROUNDS and 0 <= asked.profile <= MOST_ROUNDS):
        parser.error("too many rounds, or none")
    return asked


if __name__ == "__main__":
    main()
