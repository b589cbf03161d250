"""How texts are sent here: provider, what to know about it, what waits, countries, wordings, error codes. Reads only."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from contacts.channels.twilio_codes import CODES, Code
from contacts.models import ChannelRow, ContactRow, DeliveryRow, MethodRow
from contacts.people.countries import COUNTRIES, Country, crosses_a_border
from contacts.sending import provider_codes
from contacts.sending.states import State
from contacts.texts import templates
from contacts.values import FOREIGN_ROUTE, Channel, Policy
from emergency.config import Settings
from emergency.units import iso
from emergency.words import Words

Json = dict[str, Any]
WAITING = (State.PENDING, State.SENDING, State.UNKNOWN)


def sheet(session: Session, settings: Settings, *, policy: Policy, at: datetime) -> Json:
    """All of it, as the page shows it."""
    registry = templates.registry(session, settings.sms_provider)
    return {
        "provider": settings.sms_provider,
        "sender": settings.twilio_messaging_service_sid or settings.twilio_from,
        "region": "/".join(part for part in (settings.twilio_edge, settings.twilio_region) if part),
        "tokens": len([token for token in settings.twilio_auth_token.split(",") if token.strip()]),
        "callback_url": settings.callback_url,
        "simulator_url": f"http://127.0.0.1:{settings.port + 1}/" if settings.sms_provider == "simulator" else None,
        "warnings": [words.stored() for words in warnings(session, settings)],
        "pauses": [_pause(row) for row in session.scalars(select(ChannelRow).order_by(ChannelRow.channel))],
        "waiting": _waiting(session),
        "policy": _policy(policy),
        "budget": _spent(session, policy, at),
        "countries": [_country(each) for each in COUNTRIES.values()],
        "templates": [entry.shown() for entry in registry],
        "codes": _codes(provider_codes.changed(session)),
    }


def warnings(session: Session, settings: Settings) -> Iterator[Words]:
    """What is allowed and yet has to be known about."""
    for country in COUNTRIES.values():
        people = _people(session, country)
        if people and crosses_a_border(settings.sms_provider, country.code):
            zh = f"{people} 名联络人在{country.name.zh}（{country.prefix}）：{FOREIGN_ROUTE.words.zh}。"
            en = f"{people} contacts are in {country.name.en} ({country.prefix}): {FOREIGN_ROUTE.words.en}."
            yield Words(zh, en)
        if people and country.registered_templates and settings.sms_provider != "simulator":
            yield from _unregistered(session, settings, country)
    if len(settings.twilio_auth_token.split(",")) > 1:
        yield Words(
            "正在轮换令牌：两个令牌都有效。轮换完请去掉旧的。",
            "Tokens are being changed: both hold. Take the old one away afterwards.",
        )


def _unregistered(session: Session, settings: Settings, country: Country) -> Iterator[Words]:
    missing = [
        each.template.name for each in templates.registry(session, settings.sms_provider) if each.registered_as is None
    ]
    if missing:
        zh = f"发往{country.name.zh}的短信须用已登记的模板；有 {len(missing)} 个尚未登记。"
        en = f"Texts to {country.name.en} need registered wordings; {len(missing)} are not registered."
        yield Words(zh, en)


def _people(session: Session, country: Country) -> int:
    found = (
        select(func.count(func.distinct(ContactRow.id)))
        .join(MethodRow, MethodRow.contact_id == ContactRow.id)
        .where(
            ContactRow.active, ContactRow.profile == country.code, MethodRow.active, MethodRow.channel == Channel.SMS
        )
    )
    return session.scalar(found) or 0


def _pause(row: ChannelRow) -> Json:
    stopped = None if row.stopped_at is None else iso(row.stopped_at)
    return {"channel": row.channel, "until": iso(row.until), "stopped_at": stopped, "reason": row.reason}


def _waiting(session: Session) -> Json:
    counted = session.execute(
        select(DeliveryRow.state, func.count(), func.min(DeliveryRow.created_at))
        .where(DeliveryRow.channel == Channel.SMS, DeliveryRow.state.in_(WAITING))
        .group_by(DeliveryRow.state)
    ).all()
    oldest = min((at for _, _, at in counted), default=None)
    return {
        "states": {state: count for state, count, _ in counted},
        "oldest_at": None if oldest is None else iso(oldest),
    }


def _policy(policy: Policy) -> Json:
    return {
        "lease_s": policy.lease_s,
        "timeout_s": policy.timeout_s,
        "settle_s": policy.settle_s,
        "checks": policy.checks,
        "budget_texts": policy.budget_texts,
        "bundle_min": policy.bundle_s / 60,
        "valid_h": {
            name: policy.valid_s(name, drill=name == "drill") / 3600 for name in ("now", "prepare", "watch", "drill")
        },
    }


def _spent(session: Session, policy: Policy, at: datetime) -> list[Json]:
    """Contacts that have had as many texts in a day as they should."""
    taken = (
        select(DeliveryRow.contact_id, func.count().label("texts"))
        .where(
            DeliveryRow.channel == Channel.SMS,
            DeliveryRow.accepted_at > at - timedelta(hours=24),
            DeliveryRow.bundle_id.is_(None),
        )
        .group_by(DeliveryRow.contact_id)
        .having(func.count() >= policy.budget_texts)
        .subquery()
    )
    rows = session.execute(select(ContactRow, taken.c.texts).join(taken, taken.c.contact_id == ContactRow.id))
    return [
        {"desk": row.desk, "role": row.role, "name": Words(row.name_zh, row.name_en).stored(), "texts": texts}
        for row, texts in rows
    ]


def _country(each: Country) -> Json:
    return {**each.model_dump(), "name": each.name.stored()}


def _codes(own: Mapping[int, Code]) -> list[Json]:
    known = {**CODES, **own}
    return [
        {"code": code, "verdict": known[code].verdict.value, "words": known[code].words.stored(), "own": code in own}
        for code in sorted(known)
    ]
