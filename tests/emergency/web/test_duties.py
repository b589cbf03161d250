"""Why a place is told, and the inside list, over HTTP: who may ask, and what is answered."""

from typing import Any

import pytest

from tests.emergency.web.conftest import Asker, ClientOf

WHY = "/api/v1/incidents/1/why?jurisdiction="


def test_whoever_sees_the_incident_may_ask_why(told: dict[str, Any], jia: Asker, client_of: ClientOf) -> None:
    zhong = client_of("liaison", "V20100")
    for asker in (jia, zhong):
        answer = asker.get(WHY + "V30100").get_json()
        assert (answer["incident"], answer["jurisdiction"], answer["name"]) == (1, "V30100", "外区")
        assert answer["words"]
    assert client_of("duty_officer", "V30100").get(WHY + "V30100").status_code == 404


@pytest.mark.parametrize(("code", "status"), [("999999", 404), ("", 422)])
def test_a_code_that_is_none_is_refused(told: dict[str, Any], jia: Asker, code: str, status: int) -> None:
    answer = jia.get(WHY + code)
    assert answer.status_code == status
    assert answer.get_json()["detail"]


def test_an_office_that_is_not_on_the_list_is_refused(told: dict[str, Any], jia: Asker) -> None:
    assert jia.get("/api/v1/incidents/1/inside").get_json() == {"inside": []}
    refused = jia.post("/api/v1/incidents/1/inside", {"role": "fire"})
    assert (refused.status_code, refused.get_json()["field"]) == (422, "role")
    assert jia.post("/api/v1/incidents/1/inside", {"role": "plumber"}).get_json()["field"] == "role"
    early = jia.post("/api/v1/incidents/1/inside", {"role": "fire", "at": "2020-01-01T00:00:00+08:00"})
    assert early.get_json()["field"] == "at"
