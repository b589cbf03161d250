"""The coverage over the API and its pages: rows, files, an agreement with what it set off, what if."""

from typing import Any

import pytest
from sqlalchemy import Engine

from tests.emergency.web.conftest import HEAD, Asker, ClientOf

WAI = "V30100"
PAGES = ("/agreements", "/agreements/valley-pact", "/coverage", "/what-if")


def test_every_line_is_listed_with_choices_and_versions(jia: Asker) -> None:
    found = jia.get("/api/v1/coverage").get_json()
    assert found["total"] == len(found["rows"]) == 4
    assert found["counts"]["rows"] == {"none": 0, "statute": 4, "covered": 0, "inside": 0}
    assert [each["id"] for each in found["choices"]["agreements"]] == ["statute-neighbour", "valley-pact"]
    assert set(found["versions"]) == {"network", "boundaries", "agreements", "divisions_on"}


@pytest.mark.parametrize(
    ("query", "rows"),
    [("division=V30100", 1), ("state=covered", 3), ("agreement=valley-pact&left_out=1", 1)],
)
def test_filters_are_the_same_for_rows_and_files(jia: Asker, query: str, rows: int) -> None:
    assert len(jia.get(f"/api/v1/coverage?{query}").get_json()["rows"]) == rows
    drawn = jia.get(f"/api/v1/coverage?{query}&format=geojson")
    assert drawn.mimetype == "application/geo+json"
    assert len(drawn.get_json(force=True)["features"]) == rows


@pytest.mark.parametrize("form", ["", "&format=csv"])
@pytest.mark.parametrize(
    ("query", "field", "known"),
    [
        ("river=nothing", "river", "谷河"),
        ("division=V99999", "division", "V10100"),
        ("agreement=nope", "agreement", "valley-pact"),
    ],
)
def test_a_filter_that_nobody_knows_is_refused_with_those_there_are(
    jia: Asker, query: str, field: str, known: str, form: str
) -> None:
    answer = jia.get(f"/api/v1/coverage?{query}{form}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    told = answer.get_json()
    assert told["field"] == field
    assert known in told["known"]
    assert known in told["detail"]
    assert f"flask agreements names {field}s" in told["detail"]


def test_files_are_named_by_their_day_and_speak_the_readers_language(jia: Asker) -> None:
    answer = jia.get("/api/v1/coverage?format=csv&at=2025-12-01&lang=en")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="coverage-2025-12-01.csv"'
    assert answer.data.decode("utf-8-sig").startswith("kind,name,")
    assert jia.get("/api/v1/coverage?format=csv&lang=zh").data.decode("utf-8-sig").startswith("类别,名称,")
    assert jia.get("/api/v1/coverage?format=xlsx").data.startswith(b"PK")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("coverage?format=pdf", "format"),
        ("coverage?state=green", "state"),
        ("coverage?at=soon", "at"),
        ("what-if", "lon"),
        ("what-if?lon=100.02&lat=30.1005&grade=V", "grade"),
        ("what-if?lon=100.02&lat=30.1005&medium=fire", "medium"),
        ("what-if?lon=100.02&lat=30.1005&kind=end", "kind"),
        ("what-if?lon=100.02&lat=30.1005&agreement=valley-pact", "version"),
        ("what-if/agreements", "agreement"),
    ],
)
def test_what_is_wrong_names_its_field(jia: Asker, path: str, field: str) -> None:
    answer = jia.get(f"/api/v1/{path}")
    assert answer.status_code == 422
    assert answer.get_json()["field"] == field


@pytest.mark.parametrize("path", ["agreements/nope", "agreements/valley-pact?version=7", "what-if?site=99"])
def test_what_is_not_there_is_not_found(jia: Asker, path: str) -> None:
    assert jia.get(f"/api/v1/{path}").status_code == 404


def test_the_list_says_what_stood_on_a_day(jia: Asker) -> None:
    now = {each["id"]: each["standing"] for each in jia.get("/api/v1/agreements").get_json()["agreements"]}
    assert now == {"valley-pact": "in_force", "statute-neighbour": "in_force"}
    early = {
        each["id"]: each["standing"] for each in jia.get("/api/v1/agreements?at=2015-01-01").get_json()["agreements"]
    }
    assert early == {"valley-pact": "to_come", "statute-neighbour": "in_force"}


def test_an_agreement_shows_what_is_held_and_where_its_parties_lie(jia: Asker) -> None:
    found = jia.get("/api/v1/agreements/valley-pact").get_json()
    [clause] = found["clauses"]
    assert (clause["id"], clause["text_held"], clause["within_minutes"], clause["source"]) == ("2", True, 20, "policy")
    assert (clause["confidence"], clause["confidence_name"], clause["tiers"]) == ("A", "内容见于来源", [])
    assert [each["code"] for each in found["parties"]] == ["V10100", "V20100"]
    assert found["outlines"]["missing"] == []
    drawn = {(each["properties"]["code"], each["properties"]["drawn_as"]) for each in found["outlines"]["features"]}
    assert drawn == {("V10100", "V10101"), ("V10100", "V10102"), ("V10100", "V10103"), ("V20100", "V20100")}
    assert [(each["version"], each["superseded"]) for each in found["versions"]] == [(1, False)]
    assert found["triggered"] == {"total": 0, "notifications": []}


def test_a_version_ends_where_a_newer_one_begins(jia: Asker, valley_database: Engine) -> None:
    newer = (
        "insert into agreements (id, version, loaded_at, checksum, active, valid_from, body) "
        "select id, 2, loaded_at, 'newer', true, '2025-01-01 00:00+00', "
        "jsonb_set(body, '{valid_from}', '\"2025-01-01\"') from agreements where id = 'valley-pact'"
    )
    with valley_database.begin() as connection:
        connection.exec_driver_sql(newer)
    found = jia.get("/api/v1/agreements/valley-pact").get_json()
    assert [(each["version"], each["standing"], each["valid_to"]) for each in found["versions"]] == [
        (2, "in_force", None),
        (1, "ended", "2024-12-31"),
    ]
    old = jia.get("/api/v1/agreements/valley-pact?version=1").get_json()
    assert (old["version"], old["standing"], old["valid_to"]) == (1, "ended", "2024-12-31")


def test_what_it_set_off_is_shown_to_those_who_may_see_the_incident_alone(
    jia: Asker, client_of: ClientOf, told: dict[str, Any]
) -> None:
    mine = jia.get("/api/v1/agreements/valley-pact").get_json()["triggered"]
    assert mine["total"] == 1
    assert (mine["notifications"][0]["id"], mine["notifications"][0]["clauses"]) == (told["id"], ["2"])
    other = client_of("duty_officer", WAI).get("/api/v1/agreements/valley-pact").get_json()["triggered"]
    assert other == {"total": 0, "notifications": []}


def test_what_if_is_marked_and_changes_nothing(jia: Asker, stored: Any) -> None:
    before = stored()
    found = jia.get(f"/api/v1/what-if?lon={HEAD['lon']}&lat={HEAD['lat']}&without=valley-pact&at=2025-12-01").get_json()
    assert found["what_if"] is True
    assert [each["tells"] for each in found["notifications"]] == ["V20100", WAI]
    assert [gap["jurisdiction"] for gap in found["difference"]["gaps"]] == ["V20100", WAI]
    every = jia.get("/api/v1/what-if/agreements?without=valley-pact&at=2025-12-01").get_json()
    assert every["counts"]["no_longer_covered"] == 3
    assert stored() == before


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_every_page_opens_for_every_desk_and_for_nobody_else(
    nobody: Asker, client_of: ClientOf, path: str, tongue: str
) -> None:
    answer = client_of("observer", WAI).get(f"{path}?lang={tongue}", accept="text/html")
    assert answer.status_code == 200
    assert f'lang="{"zh-CN" if tongue == "zh" else "en"}"' in answer.text
    assert nobody.get(path).status_code in (302, 303, 401)


def test_without_any_agreement_the_pages_say_what_would_be_here(jia: Asker, valley_database: Any) -> None:
    with valley_database.begin() as connection:
        connection.exec_driver_sql("delete from agreements")
    assert "flask agreements load" in jia.get("/agreements?lang=en", accept="text/html").text
    found = jia.get("/api/v1/coverage").get_json()
    assert found["counts"]["rows"]["none"] == 4


@pytest.mark.parametrize(
    ("tongue", "shown"),
    [
        ("zh", ("C（内容存疑，使用前须核实）", "秘书处 → 联席会议")),
        ("en", ("C (its content is doubtful", "secretariat → joint meeting")),
    ],
)
def test_the_page_of_an_agreement_says_how_sure_a_clause_is_and_who_holds_it(
    jia: Asker, valley_database: Engine, tongue: str, shown: tuple[str, str]
) -> None:
    put = (
        'update agreements set body = body || jsonb_build_object(\'tiers\', \'[{"id": "meeting", "name": {"zh": '
        '"联席会议", "en": "joint meeting"}}, {"id": "office", "name": {"zh": "秘书处", "en": '
        "\"secretariat\"}}]'::jsonb, 'clauses', jsonb_set(body->'clauses', '{0,confidence}', '\"C\"')) where id = 'valley-pact'"
    )
    with valley_database.begin() as connection:
        connection.exec_driver_sql(put)
    page = jia.get(f"/agreements/valley-pact?lang={tongue}", accept="text/html").text
    assert all(words in page for words in shown)
