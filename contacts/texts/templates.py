"""Which of our wordings a provider has registered, as the tables say; a wording that has changed since is not one of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contacts.models import TemplateRow
from contacts.texts import wordings
from contacts.texts.segments import segments
from contacts.texts.wordings import Template
from emergency import journal
from emergency.errors import BadInput, NotFound
from emergency.journal import Actor
from emergency.units import iso
from emergency.words import Language, Words

MOST_CHARACTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A wording, and what it is registered as: None where it is not, or was before it changed (`changed`)."""

    template: Template
    registered_as: str | None
    registered_at: datetime | None
    changed: bool

    def shown(self) -> dict[str, Any]:
        """As the page and the command show it."""
        return {
            "name": self.template.name,
            "body": self.template.body,
            "encoding": segments(self.template.body).encoding.value,
            "registered_as": self.registered_as,
            "registered_at": None if self.registered_at is None else iso(self.registered_at),
            "changed": self.changed,
        }


def registry(session: Session, provider: str) -> tuple[Entry, ...]:
    """Every wording in every language, with what the provider knows of it."""
    rows = {row.name: row for row in session.scalars(select(TemplateRow).where(TemplateRow.provider == provider))}
    return tuple(_entry(each, rows.get(each.name)) for tongue in Language for each in wordings.all_of(tongue))


def _entry(template: Template, row: TemplateRow | None) -> Entry:
    if row is None:
        return Entry(template, None, None, False)
    if row.digest != template.digest:
        return Entry(template, None, None, True)
    return Entry(template, row.registered_as, row.registered_at, False)


def register(session: Session, provider: str, name: str, registered_as: str, *, by: Actor, at: datetime) -> None:
    """Note under which name of theirs the provider has registered a wording as it stands today."""
    found = {each.name: each for tongue in Language for each in wordings.all_of(tongue)}.get(name)
    if found is None:
        raise NotFound("no-such-template", Words(f"没有模板 {name}。", f"There is no wording named {name}."))
    if not 0 < len(registered_as) <= MOST_CHARACTERS:
        words = Words("请写服务方给的模板编号。", "Give the name that the provider has for it.")
        raise BadInput("bad-template", words, field="registered_as")
    values = {"digest": found.digest, "registered_as": registered_as, "registered_at": at}
    row = insert(TemplateRow).values(provider=provider, name=name, **values)
    session.execute(row.on_conflict_do_update(index_elements=["provider", "name"], set_=values))
    facts = {"provider": provider, "template": name, "registered_as": registered_as}
    journal.append(session, "system", "provider.template_registered", by=by, at=at, facts=facts)
