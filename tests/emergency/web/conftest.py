"""The whole web application on the valley, asked by Flask's test client; officers by token, or by cookie as a browser."""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from emergency import access, clock, config
from emergency.web.app import parts
from wsgi import create_app

BROWSING = "甲州值班员"
HEAD = {"lon": 100.02, "lat": 30.1005}
TABLES = text(
    "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'spatial_ref_sys'"
)


@dataclass(frozen=True)
class Asker:
    """Somebody who asks the API: by token, or by the cookies that `web` has."""

    web: FlaskClient
    token: str | None = None

    def get(self, path: str, **headers: str) -> TestResponse:
        """A GET."""
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A POST of JSON."""
        return self.ask("POST", path, data=json.dumps({} if body is None else body).encode(), headers=headers)

    def ask(
        self, method: str, path: str, *, data: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """A request as bytes. Headers by their names in lower case with underscores."""
        sent = {"Accept": "application/json", "Content-Type": "application/json", "Accept-Language": "zh"}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {name.replace("_", "-").title(): value for name, value in (headers or {}).items()}
        return self.web.open(path, method=method, data=data, headers=sent)


ClientOf = Callable[..., Asker]


@pytest.fixture
def app(valley_database: Engine) -> Iterator[Flask]:
    """The application, with every blueprint, on a fresh valley."""
    yield from serving(valley_database)


@pytest.fixture
def nobody(app: Flask) -> Asker:
    """Without token or cookie."""
    return Asker(app.test_client())


@pytest.fixture
def client_of(app: Flask) -> ClientOf:
    """client_of(role, desk): a new officer's way in, by token."""

    def made(role: str, desk: str | None = None) -> Asker:
        name = f"{desk} {role} {secrets.token_hex(4)}"
        with app.app_context(), parts().sessions.begin() as session:
            access.add_officer(session, name=name, role=role, jurisdiction=desk, at=clock.now())
            return Asker(app.test_client(), access.new_token(session, name=name, at=clock.now()))

    return made


@pytest.fixture
def jia(client_of: ClientOf) -> Asker:
    """The duty officer of 甲州, where the river rises."""
    return client_of("duty_officer", "V10100")


@pytest.fixture
def told(jia: Asker) -> dict[str, Any]:
    """Incident 1, about which 甲州 has told 中区 and not yet 外区; the message to 中区."""
    opened = jia.post("/api/v1/incidents", {"location": HEAD, "flow_state": "mean"}).get_json()
    [owed] = [each for each in opened["assessment"]["notifications"] if each["tells"] == "V20100"]
    order = {"assessment": opened["assessment"]["id"], "notifications": [owed["id"]]}
    answer = jia.post(f"/api/v1/incidents/{opened['number']}/issue", order | {"consent": {"by": "领导", "how": "oral"}})
    assert answer.status_code == 200, answer.text
    return dict(owed)


@pytest.fixture
def stored(valley_database: Engine) -> Callable[[], dict[str, str]]:
    """A digest of every table, to see that nothing was changed."""

    def digests() -> dict[str, str]:
        with valley_database.connect() as connection:
            return {name: str(connection.scalar(_digest(name))) for name in connection.scalars(TABLES)}

    return digests


def serving(engine: Engine, **changes: str) -> Iterator[Flask]:
    """An application on a database, its connections closed afterwards. changes: other settings."""
    environ = {
        "DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "SECRET_KEY": "the secret of the toy valley",
        "CONTACTS_KEY": Fernet.generate_key().decode(),
        "TWILIO_AUTH_TOKEN": "the token of the simulated account",
        **changes,
    }
    made = create_app(config.read(environ))
    yield made
    with made.app_context():
        parts().engine.dispose()


@pytest.fixture
def browser(app: Flask) -> Asker:
    """A browser in which the officer 甲州值班员 has signed in by name and password."""
    with app.app_context(), parts().sessions.begin() as session:
        password = access.add_officer(
            session, name=BROWSING, role="duty_officer", jurisdiction="V10100", at=clock.now()
        )
    web = app.test_client()
    form = {"name": BROWSING, "password": password, "csrf_token": csrf_token(web, "/sign-in")}
    assert web.post("/sign-in", data=form).status_code == 303
    return Asker(web)


def csrf_token(web: FlaskClient, page: str) -> str:
    """The token that a page hands out."""
    found = re.search(r'name="csrf[-_]token" (?:value|content)="([^"]+)"', web.get(page).text)
    assert found is not None
    return found[1]


def _digest(table: str) -> Any:
    return text(
        f"select count(*) || md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from \"{table}\" t"
    )
