"""What a country lets a text do, read from countries.yaml beside this module: the profile of every contact names one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from emergency.words import Words

FILE: Final = Path(__file__).with_name("countries.yaml")
FOREIGN_PROVIDERS: Final = frozenset({"twilio"})
"""Providers that hand texts in from abroad, by the name that SMS_PROVIDER gives them."""


class Country(BaseModel):
    """One country. Without limits where nothing else is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern="^[A-Z]{2}$")
    prefix: str = ""
    zh: str = ""
    en: str = ""
    replies: bool = True
    links: bool = True
    most_segments: int = 10
    domestic_only: bool = False
    registered_templates: bool = False

    @property
    def name(self) -> Words:
        """What it is called; its code where nothing else is known."""
        return Words(self.zh or self.code, self.en or self.code)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    countries: tuple[Country, ...]


def _read() -> Mapping[str, Country]:
    table = _Table.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    return {country.code: country for country in table.countries}


COUNTRIES: Final = _read()


def country(code: str) -> Country:
    """The rules of a country by its code."""
    return COUNTRIES.get(code) or Country(code=code)


def crosses_a_border(provider: str, code: str) -> bool:
    """Whether a text to that country would go through a provider abroad that it does not serve well."""
    return provider in FOREIGN_PROVIDERS and country(code).domestic_only
