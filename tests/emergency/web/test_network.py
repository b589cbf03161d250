"""The network over HTTP: traces with limits, sites on the way, who is reached at once; the tolerance of this deployment."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from emergency.web.app import NAME, parts
from tests.emergency.web.conftest import HEAD, Asker

TRACE = "/api/v1/trace?reach=1"
OFF = "lon=100.03&lat=30.13"
"""About 3.3 km north of the river."""


def trace(asker: Asker, asked: str = "") -> dict[str, Any]:
    answer = asker.get(TRACE + asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def test_a_trace_stops_at_a_distance_or_an_hour(jia: Asker) -> None:
    whole, near, soon = trace(jia), trace(jia, "&within_km=15"), trace(jia, "&within_h=2")
    assert [row["reach_id"] for row in near["reaches"]] == [1, 2]
    assert near["reaches"][-1]["leave_km"] == 15
    assert soon["reaches"][-1]["leave_h"] == pytest.approx(2.0, abs=0.01)
    assert len(whole["reaches"]) > len(near["reaches"])
    assert {stay["code"] for stay in near["jurisdictions"]} < {stay["code"] for stay in whole["jurisdictions"]}


def test_sites_of_the_kinds_asked_for_are_listed_by_distance(jia: Asker) -> None:
    sites = trace(jia, "&sites=intake,section")["sites"]
    assert {site["kind"] for site in sites} == {"intake", "section"}
    assert [site["km"] for site in sites] == sorted(site["km"] for site in sites)
    assert {site["kind"] for site in trace(jia, "&sites=intake")["sites"]} == {"intake"}


def test_who_is_reached_alone_is_what_the_whole_trace_says(jia: Asker) -> None:
    whole = trace(jia)
    assert trace(jia, "&only=jurisdictions") == {"jurisdictions": whole["jurisdictions"]}
    up = jia.get("/api/v1/trace?reach=5&direction=up&only=jurisdictions").get_json()
    assert list(up) == ["jurisdictions"]
    assert up["jurisdictions"]


@pytest.mark.parametrize("asked", ["&within_km=-1", "&within_h=soon", "&sites=castle", "&only=reaches", "&main=2"])
def test_a_wrong_limit_names_its_field(jia: Asker, asked: str) -> None:
    answer = jia.get(TRACE + asked)
    assert answer.status_code == 422
    assert answer.get_json()["field"] == asked.strip("&").split("=")[0]


def test_the_tolerance_is_that_of_the_deployment(app: Flask, jia: Asker) -> None:
    assert jia.get(f"/api/v1/snap?{OFF}").get_json()["snapped"] is None
    assert jia.get(f"/api/v1/trace?{OFF}&only=jurisdictions").status_code == 422
    with app.app_context():
        app.extensions[NAME] = replace(parts(), settings=replace(parts().settings, snap_tolerance_m=4_000.0))
    assert jia.get(f"/api/v1/snap?{OFF}").get_json()["snapped"]["reach_id"] == 1
    assert jia.get(f"/api/v1/trace?{OFF}&only=jurisdictions").status_code == 200
    body = {"location": {"lon": 100.03, "lat": 30.13}}
    assert jia.post("/api/v1/incidents/preview", body).status_code == 200
    assert jia.post("/api/v1/incidents/preview", {"location": HEAD}).status_code == 200
