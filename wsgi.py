"""The composition root: the only file that knows both halves, and how they become one application."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from flask.cli import NoAppException
from sqlalchemy.orm import Session

from contacts import cli as contacts_cli
from contacts import directory, directory_web, gaps, numbers, roster_web
from contacts import web as contacts_web
from contacts.deliveries import deliveries_of
from contacts.preview import preview
from contacts.values import Policy
from emergency import clock, config
from emergency.cli import groups
from emergency.config import Settings
from emergency.errors import NotReady
from emergency.notifications import NotificationRow
from emergency.web import blueprints, live, problem, rules, session, whole
from emergency.web.app import Delivery, new_app


def create_app(settings: Settings | None = None) -> Flask:
    """The service, from `settings` or from the environment."""
    known = settings or _from_environment()
    app = new_app(known, _delivery(known))
    session.attach(app)
    problem.attach(app)
    for blueprint in (*blueprints.ALL, contacts_web.blueprint, directory_web.blueprint, roster_web.blueprint):
        app.register_blueprint(blueprint)
    for command in (*groups.ALL, *contacts_cli.COMMANDS):
        app.cli.add_command(command)
    live.attach(app)
    whole.attach(app)
    rules.check(app)
    return app


def _delivery(settings: Settings) -> Delivery:
    """The delivering half, as the deciding half asks of it."""

    def previewed(session: Session, row: NotificationRow, content: Mapping[str, Any], act: str) -> dict[str, Any]:
        zone, provider = settings.time_zone, settings.sms_provider
        return preview(session, row, content, act, zone=zone, policy=Policy(), at=clock.now(), provider=provider)

    def load(session: Session, file: Path) -> object:
        return directory.load(session, directory.read(file), numbers.vault(settings.contacts_key), at=clock.now())

    return Delivery(deliveries_of, previewed, load, (gaps.check,))


def _from_environment() -> Settings:
    try:
        return config.read(os.environ)
    except NotReady as missing:
        raise NoAppException(f"{missing.words.zh} {missing.words.en}") from missing
