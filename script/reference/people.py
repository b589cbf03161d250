"""The demonstration contacts: roles at every desk, never persons, with fictional numbers; and a roster for each.

Some intakes have a contact of their own (`site:` and the site's number), and one county a number for all its intakes
(`inside:` and its code); the others have none, as it is in life.

A number is a North American area code and 555-01xx, the range kept free for fiction; no two contacts share one.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PER_AREA = 100
# One list of area codes per role; a further code opens when a hundred numbers are used up.
AREAS = {"primary": ("202", "212"), "deputy": ("303", "312"), "leader": ("404", "415")}
TITLES_ZH = {"primary": "值班室", "deputy": "值班室副班", "leader": "带班领导"}
TITLES_EN = {"primary": "duty desk", "deputy": "deputy duty desk", "leader": "duty leader"}
ENDINGS_EN = (" Autonomous County", " District", " County", " City", " Prefecture")
# So that the English texts are exercised too.
ENGLISH = frozenset({("500000", "deputy"), ("510100", "deputy")})
PLACES = (
    ("site:5001", "观音镇（合成）取水口值班", "Guanyin (synthetic) intake duty"),
    ("site:5002", "七星镇（合成）取水口值班", "Qixing (synthetic) intake duty"),
    ("site:5003", "碧山镇（合成）取水口值班", "Bishan (synthetic) intake duty"),
    ("inside:511703", "达川区供水值班（合成）", "Dachuan (synthetic) water supply duty"),
)
PLACES_AREA = "505"
SHIFT_HOURS = 24
ANCHOR = "2025-01-01T08:00:00+08:00"


@dataclass(frozen=True, slots=True)
class Desk:
    """A division in force that has a desk."""

    code: str
    name_zh: str
    name_en: str


def desks(divisions: Path) -> tuple[Desk, ...]:
    """From divisions.csv: those not ended."""
    with divisions.open(encoding="utf-8", newline="") as file:
        return tuple(
            Desk(row["code"], row["name_zh"], short(row["name_en"]))
            for row in csv.DictReader(file)
            if row["desk"] == "1" and not row["valid_to"]
        )


def short(name_en: str) -> str:
    """Liangping for Liangping District: as a desk is called in a text."""
    for ending in ENDINGS_EN:
        name_en = name_en.removesuffix(ending)
    return name_en


def contacts_yaml(found: tuple[Desk, ...]) -> str:
    """The file; written line by line, since every value is one of a few plain kinds."""
    lines = [
        "# Demonstration contacts of the reference basin: roles, never persons. All numbers are fictional (555-01xx).",
        "# Made by script/build_reference; do not edit.",
        "version: 1",
        "contacts:",
        *(line for n, desk in enumerate(found) for role in AREAS for line in _contact(desk, role, n)),
        *(line for n, place in enumerate(PLACES) for line in _place(*place, n)),
        "rosters:",
        *(line for desk in found for line in _roster(desk)),
    ]
    return "\n".join(lines) + "\n"


def _contact(desk: Desk, role: str, n: int) -> Iterator[str]:
    area = AREAS[role][n // PER_AREA]
    values: Mapping[str, str] = {
        "id": f'"{desk.code}-{role}"',
        "division": f'"{desk.code}"',
        "role": role,
        "name_zh": f"{desk.name_zh}{TITLES_ZH[role]}",
        "name_en": f'"{desk.name_en} {TITLES_EN[role]}"',
        "number": f'"+1{area}55501{n % PER_AREA:02d}"',
        "country_profile": "CN",
        "language": "en" if (desk.code, role) in ENGLISH else "zh",
        "content_level": "facts",
        "synthetic": "true",
    }
    return _item(values)


def _place(key: str, name_zh: str, name_en: str, n: int) -> Iterator[str]:
    return _item(
        {
            "id": f'"{key}"',
            "division": f'"{key}"',
            "role": "primary",
            "name_zh": name_zh,
            "name_en": f'"{name_en}"',
            "number": f'"+1{PLACES_AREA}55501{n:02d}"',
            "country_profile": "CN",
            "language": "zh",
            "content_level": "facts",
            "synthetic": "true",
        }
    )


def _roster(desk: Desk) -> Iterator[str]:
    return _item(
        {
            "division": f'"{desk.code}"',
            "time_zone": "Asia/Shanghai",
            "anchor": f'"{ANCHOR}"',
            "shift_hours": str(SHIFT_HOURS),
            "turns": f'["{desk.code}-primary"]',
            "escalation": f'["{desk.code}-deputy", "{desk.code}-leader"]',
        }
    )


def _item(values: Mapping[str, str]) -> Iterator[str]:
    for i, (key, value) in enumerate(values.items()):
        yield f"{'  - ' if i == 0 else '    '}{key}: {value}"
