"""How fast texts are handed in, beside the provider's bare client; how long a claim and a webhook take among many; and
whether anything is lost or doubled while everything goes wrong.

    DATABASE_URL=... python -m benchmarks.delivery [--texts 10000] [--concurrency 16] [--latency-ms 200] [--storm 300]

The provider is the simulated phone company, on this machine: it takes `--latency-ms` to answer, as a real one does over the
internet. Only the ratios mean anything.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Engine, func, select, text, update
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from benchmarks import served
from benchmarks.served import Server
from benchmarks.timing import Times, verdict
from contacts.channels.twilio_sms import Redirected
from contacts.marks import Marker
from contacts.models import DeliveryRow
from contacts.sending import claims, dispatch
from contacts.sending.claims import Taken
from contacts.sending.office import Office
from contacts.values import Policy
from emergency import db
from tests.contacts import cast, storm
from tests.contacts.workers import Crew
from tests.own_cluster import OwnCluster, own_cluster
from tests.phones import PhoneCompany

PROMISED_RATE: Final = 0.9
"""Of the bare client's rate at the same concurrency."""
PROMISED_CLAIM_MS: Final = 10.0
PROMISED_WEBHOOK_MS: Final = 1_000.0
CALLERS: Final = 8
WEBHOOKS: Final = 400
CLAIMS: Final = 300
MOST_TEXTS, MOST_CONCURRENCY, MOST_STORM = 100_000, 64, 2_000
PATIENT: Final = Policy(budget_texts=1_000_000, ask_s=6 * 3600.0, ask_most_s=6 * 3600.0)
"""Only the handing in is measured: in longer runs a text of which nothing final is heard would be asked about meanwhile."""
SECRET: Final = "the secret of the benchmark, thirty-two bytes or more"


def main() -> None:
    """Measure, and print tables."""
    asked = _arguments()
    print(f"{served.today()}, {os.cpu_count()} cores, provider {asked.latency_ms} ms, {asked.concurrency} at a time\n")
    with served.database(os.environ["DATABASE_URL"]) as engine, _company() as phones:
        phones.fault("latency_after_accept", seconds=asked.latency_ms / 1000)
        _rates(engine, phones, asked.texts, asked.concurrency, asked.rounds)
    with served.database(os.environ["DATABASE_URL"]) as engine, _company() as phones:
        _under_load(engine, phones, asked.texts)
    if asked.storm:
        with own_cluster() as own, _company() as phones:
            _storm(own, phones, asked.storm)


@contextmanager
def _company() -> Iterator[PhoneCompany]:
    """A phone company that takes texts and lets them lie, so that only the handing in is measured."""
    with tempfile.TemporaryDirectory() as folder:
        company = PhoneCompany(Path(folder) / "book.sqlite3", step_s=600.0).start()
        try:
            yield company
        finally:
            company.stop()


# The rate ------------------------------------------------------------------------------------------------------------


def _rates(engine: Engine, phones: PhoneCompany, texts: int, concurrency: int, rounds: int) -> None:
    """Both in turns, each with its share of the texts, so that a busy moment of the machine falls on both alike."""
    with db.sessions(engine).begin() as session:
        cast.load(session)
    share = max(concurrency, texts // rounds)
    office = cast.office(engine, phones, policy=PATIENT)
    bare, ours = [], []
    for _ in range(rounds):
        bare.append(_bare(phones, share, concurrency))
        _fill(engine, share)
        ours.append(_dispatched(engine, office, share, concurrency))
    ratio = statistics.median(our / their for our, their in zip(ours, bare, strict=True))
    booked = len({entry["sid"] for entry in phones.book()})
    assert booked == 2 * share * rounds, f"{booked} texts in the book, {2 * share * rounds} were handed in"
    print(f"| {share * rounds} texts | a second | ratio |\n|---|---|---|")
    print(f"| twilio client alone | {statistics.median(bare):.0f} | 1 |")
    print(f"| lianfang dispatch | {statistics.median(ours):.0f} | {ratio:.2f} |")
    print(f"\npromised at least {PROMISED_RATE}: {'met' if ratio >= PROMISED_RATE else 'NOT met'}\n")


def _bare(phones: PhoneCompany, texts: int, concurrency: int) -> float:
    """So many texts by the provider's own client, as its documentation has it; a second."""
    local = threading.local()

    def send(n: int) -> None:
        if not hasattr(local, "client"):
            local.client = Client(phones.account_sid, phones.auth_token, http_client=Redirected(phones.url, 10.0))
        local.client.messages.create(to=cast.NUMBERS["primary"], from_=phones.sender, body=f"text {n}")

    began_s = time.monotonic()
    with ThreadPoolExecutor(concurrency) as crew:
        for _ in crew.map(send, range(texts)):
            pass
    return texts / (time.monotonic() - began_s)


def _dispatched(engine: Engine, office: Office, texts: int, concurrency: int) -> float:
    """The same number by our worker with as many threads; from the first claim until the last is accepted, a second."""
    stop, before = threading.Event(), _accepted(engine)
    worker = threading.Thread(target=dispatch.run, args=(office,), kwargs={"threads": concurrency, "stop": stop})
    began_s = time.monotonic()
    worker.start()
    while _accepted(engine) < before + texts:
        time.sleep(0.25)  # to count ten thousand rows takes work too
    took_s = time.monotonic() - began_s
    stop.set()
    worker.join()
    return texts / took_s


def _accepted(engine: Engine) -> int:
    with db.sessions(engine).begin() as session:
        found = select(func.count()).where(DeliveryRow.channel == "sms", DeliveryRow.accepted_at.is_not(None))
        return session.scalar(found) or 0


def _fill(engine: Engine, texts: int) -> None:
    """So many planned texts that are due, each with a body of its own; one message stands for all of them."""
    with db.sessions(engine).begin() as session:
        cast.message(session, cast.incident(session))
    quiet = cast.office(engine, None, policy=PATIENT)
    while dispatch.plan_next(quiet):
        pass
    with engine.begin() as connection:
        connection.execute(COPY, {"more": texts - 1})
        connection.execute(text("update deliveries set act_at = null where channel <> 'sms'"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze deliveries"))


COLUMNS: Final = (
    "notification_id, incident, desk, contact_id, method_id, channel, role, state, rank, resend, language, act_at,"
    " attempts, failures, uncounted, checks, created_at, expires_at"
)
COPY: Final = text(
    f"insert into deliveries ({COLUMNS}, body) select {COLUMNS}, body || n from deliveries, generate_series(1, :more) n"
    " where id = (select max(id) from deliveries where channel = 'sms')"
)


# Claims and webhooks -------------------------------------------------------------------------------------------------


def _under_load(engine: Engine, phones: PhoneCompany, texts: int) -> None:
    """A claim among so many that are due, and the answer to a webhook while a worker sends them."""
    with db.sessions(engine).begin() as session:
        cast.load(session)
    _fill(engine, texts)
    claim, floor = _claims(engine, phones, min(CLAIMS, texts))
    settings = {"SECRET_KEY": SECRET, "TWILIO_AUTH_TOKEN": phones.auth_token, "CONTACTS_KEY": cast.CONTACTS_KEY}
    with served.service(engine, settings=settings) as service:
        office = cast.office(engine, phones, policy=PATIENT)
        stop = threading.Event()
        worker = threading.Thread(target=dispatch.run, args=(office,), kwargs={"threads": CALLERS, "stop": stop})
        worker.start()
        try:
            hooks, health = _webhooks(engine, service, phones)
        finally:
            stop.set()
            worker.join()
    print(f"| among {texts} that are due | median ms | P95 ms | slowest ms | ratio |\n|---|---|---|---|---|")
    print(_row("one row taken by its key, and committed", floor, 1.0))
    print(_row("claim", claim, claim.median_ms / floor.median_ms))
    print(_row("healthz, under load", health, 1.0))
    print(_row("status webhook, under load", hooks, hooks.median_ms / health.median_ms))
    print(f"\nclaim promised {PROMISED_CLAIM_MS:.0f} ms: {verdict(claim.p95_ms, PROMISED_CLAIM_MS)}; ", end="")
    print(f"webhook promised {PROMISED_WEBHOOK_MS:.0f} ms: {verdict(max(hooks.each_ms), PROMISED_WEBHOOK_MS)}\n")


def _claims(engine: Engine, phones: PhoneCompany, wanted: int) -> tuple[Times, Times]:
    """Each claim beside a transaction that locks and changes one row of the same table by its key."""
    office = cast.office(engine, phones, policy=PATIENT)
    lines = {"sms": office.lines()["sms"]}
    ours, floor = Times(), Times()
    for _ in range(wanted):
        taken = ours.take(lambda: claims.take(office, lines))
        assert isinstance(taken, Taken)
        [held] = taken.held
        floor.take(partial(_touch, engine, held.parcel.delivery))
    with engine.begin() as connection:
        connection.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == "sending")
            .values(state="pending", act_at=func.now(), attempts=0, lease_token=None)
        )
        connection.execute(text("delete from attempts"))
    return ours, floor


def _touch(engine: Engine, row: int) -> None:
    with db.sessions(engine).begin() as session:
        found = session.scalars(select(DeliveryRow).where(DeliveryRow.id == row).with_for_update()).one()
        found.act_at = found.expires_at


def _webhooks(engine: Engine, service: Server, phones: PhoneCompany) -> tuple[Times, Times]:
    """Signed reports on accepted texts by several callers at once, each beside a request that asks for nothing."""
    marker = Marker(service.url, SECRET)
    validator = RequestValidator(phones.auth_token)
    hooks, health = Times(), Times()

    def report(delivery: int) -> None:
        url = marker.url(delivery, 1).partition("#")[0]
        form = {"MessageSid": f"SM{delivery:032x}", "MessageStatus": "delivered"}
        headers = {"X-Twilio-Signature": validator.compute_signature(url, form)}
        hooks.take(
            lambda: urllib.request.urlopen(urllib.request.Request(url, urlencode(form).encode(), headers)).close()
        )
        health.take(lambda: urllib.request.urlopen(f"{service.url}/healthz").close())

    with ThreadPoolExecutor(CALLERS) as callers:
        for _ in callers.map(report, _first(engine, WEBHOOKS)):
            pass
    return hooks, health


def _first(engine: Engine, wanted: int) -> Sequence[int]:
    """Texts that were accepted; as many as there are soon."""
    ends_s = time.monotonic() + 120
    found: Sequence[int] = ()
    while len(found) < wanted and time.monotonic() < ends_s:
        with db.sessions(engine).begin() as session:
            accepted = select(DeliveryRow.id).where(DeliveryRow.accepted_at.is_not(None)).limit(wanted)
            found = session.scalars(accepted).all()
            if not session.scalar(
                select(func.count()).where(DeliveryRow.state == "pending", DeliveryRow.channel == "sms")
            ):
                break
        time.sleep(0.1)
    return found


def _row(name: str, times: Times, ratio: float) -> str:
    return f"| {name} | {times.median_ms:.1f} | {times.p95_ms:.1f} | {max(times.each_ms):.1f} | {ratio:.1f} |"


# The storm -----------------------------------------------------------------------------------------------------------


def _storm(own: OwnCluster, phones: PhoneCompany, texts: int) -> None:
    """kill -9 about every 100 ms, SIGSTOP past the lease, PostgreSQL `-m immediate` midway, 10 % 5xx after acceptance."""
    engine = own.engine
    storm.many(engine, texts)
    phones.fault("latency_after_accept", seconds=0.05)
    phones.fault("error_after_accept", probability=0.1)
    crashes = 0

    def fall() -> None:
        nonlocal crashes
        own.crash()
        time.sleep(0.5)
        own.recover()
        crashes += 1

    policy = replace(storm.POLICY, settle_s=1.5)
    with Crew(engine, phones, 4, policy) as crew:
        done = storm.settled(engine, texts)
        took_s = storm.storm(crew, done=done, every_s=0.1, crash=fall, pause_s=1.3 * policy.lease_s)
    said = storm.judge(engine, phones)
    print("| texts | kills | pauses | database crashes | s | lost | doubled |\n|---|---|---|---|---|---|---|")
    print(f"| {said.texts} | {crew.kills} | {crew.pauses} | {crashes} | {took_s:.0f} | {said.lost} | {said.doubled} |")
    print(f"\npromised 0 lost, 0 doubled: {'met' if said.clean else f'NOT met: {said}'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=10_000, help=f"100 to {MOST_TEXTS}")
    parser.add_argument("--concurrency", type=int, default=16, help=f"1 to {MOST_CONCURRENCY}")
    parser.add_argument("--latency-ms", type=int, default=200, help="until the provider answers, 0 to 5000")
    parser.add_argument("--rounds", type=int, default=5, help="turns of either, 1 to 20")
    parser.add_argument("--storm", type=int, default=300, help=f"texts in the storm, 0 to {MOST_STORM}")
    asked = parser.parse_args()
    if "DATABASE_URL" not in os.environ:
        parser.error("DATABASE_URL must name a PostGIS server in which a database may be made")
    bounds = ((asked.texts, 100, MOST_TEXTS), (asked.concurrency, 1, MOST_CONCURRENCY), (asked.latency_ms, 0, 5_000),
              (asked.rounds, 1, 20), (asked.storm, 0, MOST_STORM))  # fmt: skip
    if not all(least <= given <= most for given, least, most in bounds):
        parser.error("too many, or none")
    return asked


if __name__ == "__main__":
    main()
