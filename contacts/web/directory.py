"""The directory over HTTP and in the browser: organisations, contacts, numbers, tables. It parses, calls, answers."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from contacts import kinds
from contacts.duty.roster import named_from, standing_in
from contacts.kinds import How, Kind, Tier, Way
from contacts.models import ContactRow
from contacts.people import directory, importing, keeping, listing, sheets
from contacts.people.keeping import Draft, Line
from contacts.people.numbers import Vault, vault
from contacts.people.places import Places
from contacts.values import Level, Role
from contacts.watch import freshness
from emergency import clock
from emergency.access import Action
from emergency.errors import BadInput
from emergency.labels import fault
from emergency.web.answer import body, once, one_of, reading, said, text
from emergency.web.app import desk_name, division_names, intake_name, parts
from emergency.web.language import language, spoken
from emergency.web.rules import rule
from emergency.web.session import signed_in
from emergency.words import Language, Words

blueprint = Blueprint("directory", __name__, template_folder="templates")
API: Final = "/api/v1"
Json = Mapping[str, Any]
Done = tuple[Mapping[str, Any], int]
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ACTS: Final = ("verify", "text_code", "retire", "restore", "prefer")


@blueprint.get(f"{API}/desks/<code>/directory")
@rule(Action.SEE_CONTACTS)
def listed(code: str) -> Response:
    """What a desk keeps: organisations, contacts, numbers masked."""

    def do(session: Session) -> Json:
        found = listing.organisations(session, code, vault=_vault(), now=clock.now())
        return {"desk": code, "mine": keeping.keeps(signed_in(), code), "organisations": found}

    return reading(do)


@blueprint.post(f"{API}/desks/<code>/organisations")
@rule(Action.KEEP_CONTACTS)
def add_organisation(code: str) -> Response:
    """An organisation that the desk keeps."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        kind = Kind(one_of(given.get("kind"), "kind", [each.value for each in Kind]))
        name, place = _name(given), text(given, "place", required=False, limit=20)
        row = keeping.add_organisation(
            session, code, kind, name, place, places=places(session, at), officer=signed_in(), at=at
        )
        return listing.organisation(row), 201

    return once(do)


@blueprint.post(f"{API}/organisations/<int:organisation>")
@rule(Action.KEEP_CONTACTS)
def change_organisation(organisation: int) -> Response:
    """Rename an organisation, or take it off the list, or back."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        row = keeping.organisation(session, organisation)
        keeping.require_keeper(signed_in(), row.kept_by)
        values: dict[str, Any] = {}
        if "name_zh" in given:
            name = _name(given)
            values |= {"name_zh": name.zh, "name_en": name.en}
        if "active" in given:
            values["active"] = yes(given, "active")
        version = whole(given, "version")
        keeping.change_organisation(session, row, values, version=version, officer=signed_in(), at=at)
        return listing.organisation(row), 200

    return once(do)


@blueprint.post(f"{API}/desks/<code>/contacts")
@rule(Action.KEEP_CONTACTS)
def add_contact(code: str) -> Response:
    """A contact of the desk, with a first number."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        row = keeping.add(
            session,
            code,
            _draft(given, None),
            [_line(given)],
            vault=_vault(),
            zone=parts().settings.time_zone,
            officer=signed_in(),
            at=at,
        )
        return _one(session, row, at), 201

    return once(do)


@blueprint.get(f"{API}/contacts/<int:contact>")
@rule(Action.SEE_CONTACTS)
def one_contact(contact: int) -> Response:
    """One contact, its numbers masked, and what was changed about it."""

    def do(session: Session) -> Json:
        row = keeping.contact(session, contact)
        return _one(session, row, clock.now()) | {"history": _history(session, row, clock.now())}

    return reading(do)


@blueprint.post(f"{API}/contacts/<int:contact>")
@rule(Action.KEEP_CONTACTS)
def change_contact(contact: int) -> Response:
    """Change a contact: only the fields that are given."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        row = keeping.contact(session, contact)
        keeping.require_keeper(signed_in(), keeping.keeper(row))
        draft, version = _draft(given, keeping.draft_of(row)), whole(given, "version")
        keeping.change(session, row, draft, version=version, vault=_vault(), officer=signed_in(), at=at)
        return _one(session, row, at), 200

    return once(do)


@blueprint.post(f"{API}/contacts/<int:contact>/methods")
@rule(Action.KEEP_CONTACTS)
def add_method(contact: int) -> Response:
    """A further number of a contact."""
    given, at = body(), clock.now()

    def do(session: Session) -> Done:
        row = keeping.contact(session, contact)
        keeping.require_keeper(signed_in(), keeping.keeper(row))
        keeping.add_methods(session, row, _line(given), vault=_vault(), officer=signed_in(), at=at)
        return _one(session, row, at), 201

    return once(do)


@blueprint.post(f"{API}/methods/<int:method>")
@rule(Action.KEEP_CONTACTS)
def change_method(method: int) -> Response:
    """Verify a number, text a code to it, retire it, use it again, or try it first."""
    given, at = body(), clock.now()
    if given.get("act") == "verify" and given.get("how") == How.TEXTED:
        text(given, "code", limit=10)  # what is no code at all is no try
        with parts().sessions.begin() as session:
            freshness.code_tried(session, keeping.method(session, method, signed_in())[0], at=at)

    def do(session: Session) -> Done:
        found, row = keeping.method(session, method, signed_in())
        act = one_of(given.get("act"), "act", ACTS)
        if act == "verify":
            how = How(one_of(given.get("how"), "how", [each.value for each in How]))
            if how is How.TEXTED:
                code, by = text(given, "code", limit=10), signed_in().actor
                freshness.code_came_back(session, found, row, code, by=by, at=at)
            else:
                keeping.verify(session, method, how, officer=signed_in(), at=at)
        elif act == "text_code":
            name = desk_name(session, keeping.keeper(row))
            freshness.text_code(session, found, row, name, by=signed_in().actor, at=at)
        else:
            acts = {"retire": keeping.retire, "restore": keeping.restore, "prefer": keeping.prefer}
            acts[act](session, method, officer=signed_in(), at=at)
        return _one(session, row, at), 200

    return once(do)


@blueprint.post(f"{API}/methods/<int:method>/reveal")
@rule(Action.KEEP_CONTACTS)
def reveal_method(method: int) -> Response:
    """Show a number in the clear to the people who keep it."""
    with parts().sessions.begin() as session:  # not `once`: it would store the number with its answer
        number = keeping.reveal(session, method, vault=_vault(), officer=signed_in(), at=clock.now())
    return said({"method": method, "number": number})


@blueprint.post(f"{API}/desks/<code>/contacts/import")
@rule(Action.KEEP_CONTACTS)
def take_table(code: str) -> Response:
    """A table of contacts, CSV or XLSX, as the body; `dry_run=1` only says what would come of it."""
    content, at = request.get_data(), clock.now()
    dry = request.args.get("dry_run") == "1"

    def do(session: Session) -> Done:
        keeping.require_keeper(signed_in(), code)
        by = importing.By(signed_in(), code)
        report = importing.take(session, content, by, table_with(session, at), dry=dry, at=at)
        return report.stored(), 200

    return once(do)


@blueprint.get(f"{API}/contacts/template.<form>")
@rule(Action.SEE_CONTACTS)
def template(form: str) -> Response:
    """An empty table with headings and an example, csv or xlsx."""
    kind = sheets.form_of(form)
    answer = Response(sheets.template(kind, language()), mimetype="text/csv" if kind == "csv" else XLSX)
    name = Words("联络人模板", "contacts-template").to(language())
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{kind.value}"
    return answer


# Pages ---------------------------------------------------------------------------------------------------------------


@blueprint.get("/directory")
@rule(Action.SEE_CONTACTS)
def page() -> str:
    """The directory of a desk; one's own first."""
    officer, at = signed_in(), clock.now()
    with parts().sessions.begin() as session:
        code, names = chosen(session, at)
        found = listing.organisations(session, code, vault=_vault(), now=at)
        known = places(session, at)
        others = {place: known.name(place) for place in {each["place"] for each in found} - {code}}
    told_for = {place: name.to(language()) if name else None for place, name in others.items()}
    return _render(
        "directory.html", code, names, organisations=found, told_for=told_for, mine=keeping.keeps(officer, code)
    )


@blueprint.get("/directory/contacts/<int:contact>")
@rule(Action.SEE_CONTACTS)
def contact_page(contact: int) -> str:
    """One contact: its numbers, what hinders, who changed what."""
    officer, at = signed_in(), clock.now()
    with parts().sessions.begin() as session:
        row = keeping.contact(session, contact)
        code = keeping.keeper(row)
        names = desk_names(session, [code], at)
        found = _one(session, row, at) | {"history": _history(session, row, at)}
        kept_roster = directory.roster(session, row.desk)
        stands = [choices(language())["roles"][each.value] for each in standing_in(kept_roster, row.id, at)]
        kept = listing.organisations(session, code, vault=_vault(), now=at)
    offices = [each for each in kept if each["id"] and (each["active"] or each["id"] == found["organisation"])]
    return _render(
        "contact.html",
        code,
        names,
        contact=found,
        offices=offices,
        mine=keeping.keeps(officer, code),
        on_duty=stands,
        on_roster=named_from(kept_roster, row.id, at),
    )


@blueprint.get("/directory/import")
@rule(Action.KEEP_CONTACTS)
def import_page() -> str:
    """Take a table in: choose, check, then take."""
    officer, at = signed_in(), clock.now()
    code = request.args.get("desk") or officer.desk or ""
    with parts().sessions.begin() as session:
        names = desk_names(session, [code], at)
    columns = [(each.heading.to(language()), each.about.to(language())) for each in sheets.COLUMNS.values()]
    return _render("contacts_import.html", code, names, columns=columns, mine=keeping.keeps(officer, code))


def _render(template_name: str, code: str, names: Mapping[str, str], **facts: Any) -> str:
    tongue, zone = language(), parts().settings.time_zone

    def local(at: str) -> str:
        return f"{datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"

    return render_template(
        template_name,
        officer=signed_in(),
        desk=code,
        desk_name=names.get(code, code),
        names=names,
        local=local,
        zone=zone,
        words=choices(tongue),
        **spoken(facts, tongue),
    )


def choices(tongue: Language) -> dict[str, dict[str, str]]:
    """The words of every choice on the pages."""
    tables: dict[str, Mapping[Any, Words]] = {
        "kinds": kinds.KINDS,
        "roles": kinds.ROLES,
        "tiers": kinds.TIERS,
        "ways": kinds.WAYS,
        "levels": kinds.LEVELS,
        "hows": kinds.HOWS,
        "stated": {how: kinds.HOWS[how] for how in kinds.HOWS if how in kinds.STATED},
        "days": kinds.DAYS,
    }
    return {name: {str(key): each.to(tongue) for key, each in table.items()} for name, table in tables.items()}


def places(session: Session, at: datetime) -> Places:
    """Which divisions and intakes there are."""
    return Places(division_names(session, at), partial(intake_name, session))


def table_with(session: Session, at: datetime) -> importing.With:
    """What a table of contacts is taken in with."""
    return importing.With(_vault(), places(session, at), parts().settings.time_zone)


def chosen(session: Session, at: datetime) -> tuple[str, dict[str, str]]:
    """Which desk a page is about, and all that can be chosen; one's own first."""
    known = listing.desks(session)
    code = request.args.get("desk") or signed_in().desk or next(iter(known), "")
    return code, desk_names(session, list(dict.fromkeys((*known, code))), at)


def desk_names(session: Session, codes: list[str], at: datetime) -> dict[str, str]:
    found = parts().desk_names(session, codes, at)
    return {code: words.to(language()) for code, words in found.items()}


# Parsing -------------------------------------------------------------------------------------------------------------


def _draft(given: Json, known: Draft | None) -> Draft:
    """A contact as the body has it; what it leaves out is as known."""
    if known is None:
        role = Role(one_of(given.get("role"), "role", [each.value for each in Role]))
        known = Draft(role, _name(given))
    named = "name_zh" in given or "name_en" in given
    return Draft(
        Role(one_of(given.get("role", known.role), "role", [each.value for each in Role])),
        _name(given) if named else known.name,
        Language(one_of(given.get("language", known.language), "language", [each.value for each in Language])),
        Level(one_of(given.get("content_level", known.level), "content_level", [each.value for each in Level])),
        _tier(given) if "tier" in given else known.tier,
        _country(given) if "country" in given else known.profile,
        (text(given, "officer", required=False, limit=100) or None) if "officer" in given else known.officer,
        whole(given, "organisation") if given.get("organisation") else known.organisation,
        yes(given, "active") if "active" in given else known.active,
    )


def _line(given: Json) -> Line:
    ways = given.get("ways", [Way.SMS.value, Way.PHONE.value])
    if not isinstance(ways, list):
        raise BadInput("bad-field", fault("ways", "须为列表", "must be a list"), field="ways")
    used = tuple(Way(one_of(each, "ways", [way.value for way in Way])) for each in dict.fromkeys(ways))
    return Line(text(given, "number", limit=60), used)


def _name(given: Json) -> Words:
    zh = text(given, "name_zh", limit=60)
    return Words(zh, text(given, "name_en", required=False, limit=60) or zh)


def _tier(given: Json) -> Tier | None:
    value = given.get("tier")
    return Tier(one_of(value, "tier", [each.value for each in Tier])) if value else None


def _country(given: Json) -> str:
    """Whose rules are to hold; empty for those of the first number."""
    value = given.get("country")
    if value and (not isinstance(value, str) or value not in sheets.COUNTRIES):
        zh, en = f"没有国家代码 {value}，应如 CN、US", f"is no country code: {value}; such are CN and US"
        raise BadInput("bad-field", fault("country", zh, en), field="country")
    return value or ""


def yes(given: Json, name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool):
        raise BadInput("bad-field", fault(name, "须为 true 或 false", "must be true or false"), field=name)
    return value


def whole(given: Json, name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadInput("bad-field", fault(name, "须为编号", "must be a whole number"), field=name)
    return value


def _one(session: Session, row: ContactRow, at: datetime) -> dict[str, Any]:
    [shown] = listing.contacts(session, [row], vault=_vault(), now=at)
    return shown


def _history(session: Session, row: ContactRow, at: datetime) -> list[dict[str, Any]]:
    """What was changed about a contact and by whom, with what their desks are called today."""
    entries = keeping.history(session, row)
    names = parts().desk_names(session, {each["by"]["desk"] for each in entries if each["by"].get("desk")}, at)
    for each in entries:
        name = names.get(each["by"].get("desk"))
        each["by"]["desk_name"] = name.stored() if name else None
    return entries


def _vault() -> Vault:
    return vault(parts().settings.contacts_key)
