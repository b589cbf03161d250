"""The API's own description: a whole OpenAPI 3.1 document that lists every route and no other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from emergency.access import Action
from tests.emergency.web.conftest import HEAD, Asker

PREFIX = "/api/v1/"


@pytest.fixture
def described(jia: Asker) -> dict[str, Any]:
    """The document."""
    answer = jia.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return dict(answer.get_json())


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation."""
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def test_it_lists_every_route_with_its_methods_and_no_other(app: Flask, described: dict[str, Any]) -> None:
    served: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            served.setdefault(path, set()).update({each.lower() for each in rule.methods or ()} - {"head", "options"})
    assert {path: set(item) for path, item in described["paths"].items()} == served
    assert len(served) > 20


def test_it_has_the_shape_of_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(described["info"])
    ids = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(described):
        assert method in ("get", "post")
        assert operation["summary"].strip()
        assert operation["x-rule"] in tuple(Action)
        assert all(re.fullmatch(r"[1-5](\d\d|XX)|default", status) for status in operation["responses"])
        assert all("description" in answer for answer in operation["responses"].values())
        assert named(operation, "path") == set(re.findall(r"{(\w+)}", path))
        assert ("requestBody" in operation) == (method == "post")
        assert named(operation, "header") == ({"Idempotency-Key"} if method == "post" else set())


def test_every_reference_leads_somewhere_and_every_schema_is_one(described: dict[str, Any]) -> None:
    for reference in references(described):
        place: Any = described
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_schemas_say_what_the_service_does(jia: Asker, described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    whole = {"$ref": "#/components/schemas/Report", "components": described["components"]}
    body = {"location": HEAD, "mass_kg": -1}
    assert [error.json_path for error in Draft202012Validator(whole).iter_errors(body)] == ["$.mass_kg"]
    Draft202012Validator(whole).validate({"location": HEAD, "occurred_at": None, "source_state": "stopped"})
    Draft202012Validator(schemas["Problem"]).validate(jia.post("/api/v1/incidents", body).get_json())


def test_a_correction_takes_null_where_a_field_can_be_unknown_and_nowhere_else(
    jia: Asker, told: dict[str, Any], described: dict[str, Any]
) -> None:
    whole = {"$ref": "#/components/schemas/Correction", "components": described["components"]}
    fields = described["components"]["schemas"]["Report"]["properties"]
    refused = set()
    for name in fields:
        body = {"changes": {name: None}, "reason": "核实"}
        answer = jia.post("/api/v1/incidents/1/correct", body)
        assert (name, Draft202012Validator(whole).is_valid(body)) == (name, answer.status_code == 200)
        if answer.status_code != 200:
            assert (answer.status_code, answer.get_json()["field"]) == (422, name)
            refused.add(name)
    assert refused == {"location", "known_at", "medium", "verification", "unlocated", "drill"}
    assert not Draft202012Validator(whole).is_valid({"changes": {}, "reason": "核实"})
    assert not Draft202012Validator(whole).is_valid({"changes": {"colour": None}, "reason": "核实"})
    operation = described["paths"]["/api/v1/incidents/{n}/correct"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Correction"
    }


def named(operation: dict[str, Any], place: str) -> set[str]:
    """The parameters of an operation that stand in the path, or in the headers."""
    return {each["name"] for each in operation["parameters"] if each["in"] == place}


def references(part: Any) -> Iterator[str]:
    """Every $ref below."""
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
