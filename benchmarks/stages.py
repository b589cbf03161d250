"""Where the time of a report goes: the statements it sends and the functions it calls, by the time they take in all.

In this process, through the whole application but without a socket; the profiler itself slows Python down (by a half or so),
so its shares count, not its milliseconds.
"""

import cProfile
import os
import pstats
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from benchmarks import loaded
from emergency.config import read
from emergency.web.app import NAME
from wsgi import create_app

ROOMS: Final = ("/emergency/", "/contacts/", "/sqlalchemy/orm/session", "/psycopg/cursor.py", "/flask/json/", "rfc8785")
SHOWN: Final = 45
STATEMENTS: Final = 25


def of_reports(engine: Engine, bearer: str, bodies: Sequence[Mapping[str, Any]]) -> str:
    """Two tables over all `bodies`, each posted once for each table."""
    app = create_app(read(os.environ | loaded.environ(engine.url.render_as_string(hide_password=False))))
    inner: Engine = app.extensions[NAME].engine
    client = app.test_client()
    _post(client, bearer, bodies[:2])
    with _timed_statements(inner) as statements:
        began_s = time.perf_counter()
        _post(client, bearer, bodies)
        whole_ms = (time.perf_counter() - began_s) * 1000 / len(bodies)
    profile = cProfile.Profile()
    profile.enable()
    _post(client, bearer, bodies)
    profile.disable()
    inner.dispose()
    return f"{_statements(statements, len(bodies), whole_ms)}\n\n{_functions(profile, len(bodies))}"


def _post(client: FlaskClient, bearer: str, bodies: Sequence[Mapping[str, Any]]) -> None:
    for body in bodies:
        answer = client.post("/api/v1/incidents", json=body, headers={"Authorization": f"Bearer {bearer}"})
        if answer.status_code != 201:
            raise RuntimeError(answer.get_data(as_text=True)[:500])


@contextmanager
def _timed_statements(engine: Engine) -> Iterator[dict[str, list[float]]]:
    """The milliseconds of each execution, by the words of the statement; rows are fetched later and not in it."""
    found: dict[str, list[float]] = {}
    began: list[float] = []

    def before(*_: object) -> None:
        began.append(time.perf_counter())

    def after(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.setdefault(" ".join(statement.split()), []).append((time.perf_counter() - began.pop()) * 1000)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


def _statements(found: Mapping[str, Sequence[float]], reports: int, whole_ms: float) -> str:
    in_all = sum(sum(times) for times in found.values()) / reports
    count = sum(len(times) for times in found.values()) / reports
    lines = [
        f"One report in this process: {whole_ms:.1f} ms, of it {in_all:.1f} ms in {count:.0f} statements\n",
        "| ms a report | times a report | statement |",
        "|---|---|---|",
    ]
    dearest = sorted(found.items(), key=lambda item: -sum(item[1]))[:STATEMENTS]
    lines += [f"| {sum(t) / reports:.2f} | {len(t) / reports:.1f} | {statement[:110]} |" for statement, t in dearest]
    return "\n".join(lines)


def _functions(profile: cProfile.Profile, reports: int) -> str:
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # the documented attribute is not in the stubs
    rows = [
        (
            1000 * cumulative / reports,
            1000 * own / reports,
            calls / reports,
            f"{file.split('site-packages/')[-1]}:{name}",
        )
        for (file, _, name), (_, calls, own, cumulative, _) in stats.items()
        if any(room in file for room in ROOMS)
    ]
    lines = ["| ms a report, profiled | own | calls | function |", "|---|---|---|---|"]
    for cumulative, own, calls, name in sorted(rows, reverse=True)[:SHOWN]:
        lines.append(f"| {cumulative:.1f} | {own:.1f} | {calls:.0f} | {name.rsplit('/w3/', 1)[-1]} |")
    return "\n".join(lines)
