"""The made files as text, and the manifest that names every data file with its checksum."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from script.reference import drawing, lines, network, people, sites, tables

VERSION = "2026.11.1"
HAND_KEPT = ("divisions.csv", "flow_states.csv", "successors.csv")
MANIFEST = "manifest.json"


def made(lines_folder: Path, data_folder: Path) -> dict[str, str]:
    """Every file that is made from the tables, by name, the manifest last."""
    facts = network.read()
    meetings = tables.meetings()
    wanted = {line_id for one in facts.drawings.values() for line_id in one.line_ids}
    wanted |= {line_id for meeting in meetings for line_id in (meeting.line, *meeting.onto)}
    drawn = drawing.draw(facts.nodes, facts.joins, facts.drawings, meetings, lines.read(lines_folder, wanted))
    reaches = network.reaches(facts, drawn)
    files = {
        "network.geojson": _collection("network", (_line(reach) for reach in reaches.values())),
        "sites.geojson": _collection("sites", (_point(site) for site in sites.sites(reaches))),
        "contacts.yaml": people.contacts_yaml(people.desks(data_folder / "divisions.csv")),
    }
    return files | {MANIFEST: _manifest(files, data_folder)}


def _line(reach: network.Reach) -> dict[str, Any]:
    return _feature("LineString", [list(point) for point in reach.line], reach.properties)


def _point(site: sites.Site) -> dict[str, Any]:
    return _feature("Point", list(site.point), site.properties)


def _feature(kind: str, coordinates: object, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": dict(properties),
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def _collection(name: str, features: Iterable[Mapping[str, Any]]) -> str:
    """One feature a line, so that a change shows as the reach or site that changed."""
    body = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    return f'{{"type":"FeatureCollection","name":"{name}","features":[\n{body}\n]}}\n'


def _manifest(files: Mapping[str, str], data_folder: Path) -> str:
    raw = {name: text.encode() for name, text in files.items()}
    raw |= {name: (data_folder / name).read_bytes() for name in HAND_KEPT}
    listed = {name: {"sha256": hashlib.sha256(raw[name]).hexdigest(), "bytes": len(raw[name])} for name in sorted(raw)}
    return json.dumps({"name": "reference", "version": VERSION, "files": listed}, indent=2) + "\n"
