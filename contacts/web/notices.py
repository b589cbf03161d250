"""The web side of delivery: the provider's webhooks, the call board, receipts, who is on duty. It parses, calls, answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from contacts.calls import callboard, intakes
from contacts.calls.callboard import Call, Outcome
from contacts.channels.base import Report
from contacts.channels.twilio_sms import tokens
from contacts.duty import roster as rosters
from contacts.marks import INBOUND_PATH, STATUS_PATH, Marker
from contacts.models import DeliveryRow
from contacts.people import directory, proven
from contacts.people.numbers import Vault, vault
from contacts.rosters import handover
from contacts.sending import callbacks, deliveries, inbound
from contacts.sending.callbacks import Webhook
from contacts.values import Channel, Contact, Gap, Policy, Role
from contacts.watch import channel_sheet, story
from emergency import access, clock, stated
from emergency.access import Action, Subject
from emergency.errors import BadInput, NotFound
from emergency.labels import fault
from emergency.notifications import NearIntake, NotificationRow
from emergency.units import iso
from emergency.web.answer import body, instant, once, one_of, reading, said, text
from emergency.web.app import parts
from emergency.web.language import language, spoken
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Words

blueprint = Blueprint("contacts", __name__)
POLICY: Final = Policy()
OUT: Final = Words("这条通报发出", "that notice went out")
KNOWN: Final = Words("知悉此事", "the event became known")
NOTHING_TO_SAY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@blueprint.post(STATUS_PATH)
@rule(Action.PROVIDER)
def status() -> Response:
    """The provider says how a text stands."""
    settings = parts().settings
    with parts().sessions.begin() as session:
        callbacks.status(
            session,
            _webhook(),
            tokens=tokens(settings),
            marker=Marker(settings.callback_url, settings.secret_key),
            policy=POLICY,
            at=clock.now(),
        )
    return Response(status=204)


@blueprint.post(INBOUND_PATH)
@rule(Action.PROVIDER)
def answered() -> Response:
    """A contact answers a text. Nothing is texted back: two machines must not talk to each other."""
    webhook = _webhook()
    callbacks.check_signature(webhook, tokens(parts().settings))
    sid, number = webhook.form.get("MessageSid", ""), webhook.form.get("From", "")
    if not 0 < len(sid) <= 40 or not number:
        raise BadInput("bad-callback", Words("来信缺少编号或号码。", "The text lacks MessageSid or From."))
    with parts().sessions.begin() as session:
        inbound.take(session, sid=sid, number=number, body=webhook.form.get("Body", ""), vault=_vault(), at=clock.now())
    return Response(NOTHING_TO_SAY, mimetype="text/xml")


@blueprint.get("/api/v1/incidents/<int:n>/calls")
@rule(Action.CALL)
def calls(n: int) -> Response:
    """The call board of an incident, for one's own desk."""

    def do(session: Session) -> Mapping[str, Any]:
        officer = signed_in()
        access.require(officer, Action.CALL, Subject(access.audience(session, n)))
        at, desk = clock.now(), str(officer.desk)
        near = intakes.board(session, n, desk, parts().near_intakes(session, n, at), vault=_vault())
        cards = callboard.board(session, n, desk, at, vault=_vault(), zone=parts().settings.time_zone)
        return {
            "intakes": [card.shown() for card in near],
            "calls": proven.adorn(session, (card.shown() for card in cards)),
        }

    return reading(do)


@blueprint.post("/api/v1/notifications/<int:n>/calls")
@rule(Action.CALL)
def called(n: int) -> Response:
    """Record what came of a call."""
    given, at = body(), clock.now()
    outcome, person = _outcome(given.get("outcome")), text(given, "person", required=False, limit=100)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        row = to_call(session, n)
        call = Call(outcome, person, _made_at(given, row, at), at)
        code = text(given, "code", required=False, limit=10) or None
        newly = callboard.outcome(
            session, row, _contact_id(given), call, by=signed_in().actor, policy=POLICY, code=code
        )
        return {"notification": n, "outcome": call.outcome.value, "acknowledges": newly}, 201

    return once(do)


@blueprint.post("/api/v1/notifications/<int:n>/reveal")
@rule(Action.CALL)
def reveal(n: int) -> Response:
    """Show one number in the clear to who must call it."""
    given, at = body(), clock.now()

    with parts().sessions.begin() as session:  # not `once`: it would store the number in the clear with its answer
        row = to_call(session, n)
        number = callboard.reveal(session, row, _contact_id(given), vault=_vault(), by=signed_in().actor, at=at)
    return said({"notification": n, "number": number})


@blueprint.post("/api/v1/incidents/<int:n>/intakes/<int:site>/calls")
@rule(Action.CALL)
def called_intake(n: int, site: int) -> Response:
    """Record what came of a call to an intake too near for any message."""
    given, at = body(), clock.now()
    outcome, person = _outcome(given.get("outcome")), text(given, "person", required=False, limit=100)

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        intake = _to_close(session, n, site, at)
        call = Call(outcome, person, _made_after(given, intake.known_at, KNOWN, at), at)
        intakes.outcome(session, n, intake, call, by=signed_in().actor)
        return {"site": site, "outcome": outcome.value}, 201

    return once(do)


@blueprint.post("/api/v1/incidents/<int:n>/intakes/<int:site>/reveal")
@rule(Action.CALL)
def reveal_intake(n: int, site: int) -> Response:
    """Show the number of an intake in the clear to who must call it."""
    at = clock.now()
    with parts().sessions.begin() as session:  # not `once`, as for a contact's number
        intake = _to_close(session, n, site, at)
        number = intakes.reveal(session, n, intake, vault=_vault(), by=signed_in().actor, at=at)
    return said({"site": site, "number": number})


@blueprint.post("/api/v1/deliveries/<int:n>/receipt")
@rule(Action.SEE_INCIDENT)
def receipt(n: int) -> Response:
    """A page of the desk shows the message: that is `delivered` for a websocket."""
    at = clock.now()

    def do(session: Session) -> tuple[Mapping[str, Any], int]:
        row = session.get(DeliveryRow, n, with_for_update=True)
        officer = signed_in()
        if row is None or row.channel != Channel.WEBSOCKET or row.desk != officer.desk:
            raise NotFound("no-such-delivery", Words("没有这条推送。", "There is no such delivery to a page."))
        if row.delivered_at is None:  # another page of the desk may have said so already
            report = Report(None, "delivered")
            deliveries.heard(session, row, report, attempt=row.attempts, at=at, by=officer.actor, policy=POLICY)
        return {"delivery": n, "state": row.state}, 200

    return once(do)


@blueprint.get("/api/v1/deliveries/<int:n>")
@rule(Action.SEE_INCIDENT)
def delivery(n: int) -> Response:
    """All that is known of one delivery, in time order; its number masked."""
    return reading(lambda session: _story(session, n))


@blueprint.get("/deliveries/<int:n>")
@rule(Action.SEE_INCIDENT)
def delivery_page(n: int) -> str:
    """The same as a page, to be read and printed."""
    with parts().sessions.begin() as session:
        found = spoken(_story(session, n), language())
    return render_template("delivery.html", story=found, **_hours())


@blueprint.get("/channels")
@rule(Action.SEE_CONTACTS)
def channels_page() -> str:
    """How texts are sent here: the provider and what to know about it, countries, wordings, error codes."""
    with parts().sessions.begin() as session:
        found = channel_sheet.sheet(session, parts().settings, policy=POLICY, at=clock.now())
    return render_template("channels.html", sheet=spoken(found, language()), **_hours())


def _story(session: Session, n: int) -> dict[str, Any]:
    row = session.get(DeliveryRow, n)
    officer = signed_in()
    event = None if row is None else session.get_one(NotificationRow, row.notification_id).event
    if row is None or not _may_see(session, officer, event or row.incident):
        raise NotFound("no-such-delivery", Words("没有这条送达记录。", "There is no such delivery."))
    return story.told(session, row, vault=_vault())


def _may_see(session: Session, officer: access.Officer, incident: int) -> bool:
    return access.may(officer, Action.SEE_INCIDENT, Subject(access.audience(session, incident)))


def _hours() -> dict[str, Any]:
    zone = parts().settings.time_zone

    def seconds(at: str | None) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else "—"

    return {"seconds": seconds, "printed_at": iso(clock.now()), "officer": signed_in()}


@blueprint.get("/api/v1/desks/<code>/duty")
@rule(Action.SEE_CONTACTS)
def duty(code: str) -> Response:
    """Who is on duty at a desk; numbers masked. hand_over: one of one's own desk that waits for a taker."""
    at = instant(request.args["at"], "at") if "at" in request.args else clock.now()

    def do(session: Session) -> Mapping[str, Any]:
        found = rosters.duty(directory.roster(session, code), code, at)
        waits = handover.standing(session, code) if signed_in().desk == code else None
        offered = {"given_by": waits.given_name, "given_at": iso(waits.given_at)} if waits else None
        return {
            "desk": code,
            "at": iso(at),
            "duty": [_shown(session, role, found[role]) for role in found],
            "hand_over": offered,
        }

    return reading(do)


def _shown(session: Session, role: Role, found: Contact | Gap) -> dict[str, Any]:
    if isinstance(found, Gap):
        return {"role": role.value, "contact": None, "gap": found.reason.stored()}
    contact = {
        "id": found.id,
        "name": found.name.stored(),
        "language": found.language.value,
        "profile": found.profile,
        "content_level": found.level.value,
        "number": directory.shown(session, found.id, _vault()),
        "opted_out": directory.opted_out(session, found.id),
        "wrong_number": directory.has_wrong(session, found.id),
    }
    return {"role": role.value, "contact": contact, "gap": None}


def to_call(session: Session, n: int) -> NotificationRow:
    """A notification that the officer's desk owes, and so may ring about; what it may not know of is not there."""
    row = session.get(NotificationRow, n)
    audience = access.audience(session, row.event or row.incident) if row is not None else frozenset()
    seen = access.may(signed_in(), Action.SEE_INCIDENT, Subject(audience))
    if row is None or row.issued_at is None or not seen:
        raise NotFound("no-such-notification", Words("没有这条已发通报。", "No such notification has been issued."))
    access.require(signed_in(), Action.CALL, Subject(audience, desk=row.caller or row.who))
    return row


def _to_close(session: Session, n: int, site: int, at: datetime) -> NearIntake:
    """An intake that the officer's desk is to call."""
    access.require(signed_in(), Action.CALL, Subject(access.audience(session, n)))
    return intakes.one(parts().near_intakes(session, n, at), site, signed_in().desk)


def _made_at(given: Mapping[str, Any], row: NotificationRow, at: datetime) -> datetime:
    """When the call was made: nobody rings about a notice that is not out."""
    return at if row.issued_at is None else _made_after(given, row.issued_at, OUT, at)


def _made_after(given: Mapping[str, Any], after: datetime, because: Words, at: datetime) -> datetime:
    """Now, or as stated, if it can have been."""
    if given.get("at") is None:
        return at
    zone = parts().settings.time_zone
    return stated.checked(instant(given["at"], "at"), "at", after=after, because=because, now=at, zone=zone)


def _contact_id(given: Mapping[str, Any]) -> int:
    value = given.get("contact")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadInput(
            "bad-field", fault("contact", "须为联络人编号", "needs the number of the contact"), field="contact"
        )
    return value


def _outcome(given: object) -> Outcome:
    return Outcome(one_of(given, "outcome", [each.value for each in Outcome]))


def _webhook() -> Webhook:
    query = request.query_string.decode("ascii", "replace")
    url = f"{parts().settings.callback_url}{request.path}" + (f"?{query}" if query else "")
    return Webhook(url, request.args.to_dict(), request.form.to_dict(), dict(request.headers))


def _vault() -> Vault:
    return vault(parts().settings.contacts_key)
