"""An application of the deciding half alone, for its commands."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from emergency import config
from emergency.cli import groups
from emergency.web.app import Delivery, new_app, parts

NOTHING_DELIVERED = Delivery(
    deliveries=lambda session, ids: {},
    preview=lambda session, desk, content, act: {},
    load=lambda session, file: None,
    round=lambda sessions: lambda at: False,
)


@pytest.fixture
def app(database: Engine) -> Iterator[Flask]:
    """On an empty database, with every command and nothing that delivers."""
    url = database.url.render_as_string(hide_password=False)
    settings = config.read({"DATABASE_URL": url, "SECRET_KEY": "k", "CONTACTS_KEY": "k", "LANGUAGE": "en"})
    made = new_app(settings, NOTHING_DELIVERED)
    for command in groups.ALL:
        made.cli.add_command(command)
    yield made
    with made.app_context():
        parts().engine.dispose()
