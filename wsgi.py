"""The composition root: the only file that knows both halves, and how they become one application."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.cli import NoAppException
from sqlalchemy.orm import Session

from contacts import cli as contacts_cli
from contacts.people import directory, numbers
from contacts.sending.deliveries import deliveries_of
from contacts.sending.preview import preview
from contacts.values import Policy
from contacts.watch.watchman import Watchman
from contacts.web import desk as desk_web
from contacts.web import directory as directory_web
from contacts.web import notices as contacts_web
from contacts.web import roster as roster_web
from emergency import clock, config
from emergency.cli import groups
from emergency.config import Settings
from emergency.db import Sessions
from emergency.errors import NotReady
from emergency.notifications import NotificationRow
from emergency.web import blueprints, live, problem, rules, session, whole
from emergency.web.app import Delivery, desk_name, new_app


def create_app(settings: Settings | None = None) -> Flask:
    """The service, from `settings` or from the environment."""
    known = settings or _from_environment()
    app = new_app(known, _delivery(known))
    session.attach(app)
    problem.attach(app)
    delivering = (contacts_web.blueprint, desk_web.blueprint, directory_web.blueprint, roster_web.blueprint)
    for blueprint in (*blueprints.ALL, *delivering):
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
        return preview(
            session,
            row,
            content,
            act,
            zone=settings.time_zone,
            policy=Policy(),
            provider=settings.sms_provider,
            per_second=settings.sms_per_second,
            at=clock.now(),
        )

    def load(session: Session, file: Path) -> object:
        vault, zone = numbers.vault(settings.contacts_key), settings.time_zone
        return directory.load(session, directory.read(file), vault, zone=zone, at=clock.now())

    def round_of(sessions: Sessions) -> Callable[[datetime], bool]:
        url, monthly = settings.heartbeat_url, settings.contact_tests == "monthly"
        return Watchman(sessions, settings.time_zone, desk_name, heartbeat_url=url, monthly=monthly)

    return Delivery(deliveries_of, previewed, load, round_of)


def _from_environment() -> Settings:
    try:
        return config.read(os.environ)
    except NotReady as missing:
        raise NoAppException(f"{missing.words.zh} {missing.words.en}") from missing
