"""`flask jurisdictions load`: the register of divisions from a CSV, or their boundaries from a GeoJSON."""

from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from emergency import clock
from emergency.cli.say import speaking
from emergency.errors import BadFile
from emergency.journal import Actor
from emergency.jurisdictions import load as jurisdictions
from emergency.jurisdictions import stretches
from emergency.web.app import parts
from emergency.words import Words

BY: Final = Actor(process="jurisdictions load")
SUCCESSORS: Final = "successors.csv"

group = AppGroup("jurisdictions", help="辖区 / Jurisdictions.")


@group.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@speaking
def load(file: Path) -> None:
    """载入区划清单（CSV，旁边的 successors.csv 一并载入）或边界（GeoJSON）/ Load divisions (a CSV, with the
    successors.csv beside it) or boundaries (a GeoJSON); the same file again changes nothing."""
    with parts().sessions.begin() as session:
        words = _loaded(session, file)
    click.echo(words.to(parts().settings.language))


def _loaded(session: Session, file: Path) -> Words:
    if file.suffix.lower() == ".csv":
        return _divisions(session, file)
    if file.suffix.lower() in (".geojson", ".json"):
        return _boundaries(session, file)
    raise BadFile(
        "unknown-kind-of-file",
        Words(
            f"{file.name}：请给区划清单（.csv）或边界（.geojson）",
            f"{file.name}: give a list of divisions (.csv) or boundaries (.geojson)",
        ),
        field="file",
    )


def _divisions(session: Session, file: Path) -> Words:
    beside = file.with_name(SUCCESSORS)
    successors = beside if beside.is_file() and beside != file else None
    report = jurisdictions.load_divisions(session, file, successors, at=clock.now(), by=BY)
    return Words(
        f"区划{report.divisions}条，承接{report.successions}条；新增或更正{report.changed}条。",
        f"{report.divisions} divisions, {report.successions} successions; {report.changed} new or corrected.",
    )


def _boundaries(session: Session, file: Path) -> Words:
    version = jurisdictions.load_boundaries(session, file, at=clock.now(), by=BY)
    built = stretches.build_missing(session)
    made = sum(report.stretches for report in built.values())
    gaps = sum(len(report.gaps) for report in built.values())
    differing = sum(len(report.disagreements) for report in built.values())
    return Words(
        f"边界第{version}版已启用；切出{made}段河，{gaps}处在所有辖区之外，{differing}个河段的表与边界不一致。",
        f"Boundaries version {version} are active; {made} stretches cut, {gaps} outside all divisions, "
        f"{differing} reaches whose table and boundaries disagree.",
    )
