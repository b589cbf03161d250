"""The API's own description, OpenAPI 3.1, made from the routes that exist and the report's schema."""

import re
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify
from werkzeug.routing import Rule

from emergency.access import Action
from emergency.incidents.statement import CANNOT_BE_UNKNOWN, ReportIn, Verification
from emergency.web.clocks_api import BODIES as SIGNED
from emergency.web.rules import action_of, rule

blueprint = Blueprint("openapi", __name__)
PREFIX: Final = "/api/v1/"
METHODS: Final = ("GET", "POST")
BODIES: Final = {
    "incidents.preview": "Opening",
    "incidents.report": "Opening",
    "incidents.add_report": "Report",
    "incidents.correct": "Correction",
    "incidents.preview_report": "Report",
    "incidents.preview_correction": "Correction",
    "statements.judge": "Judgement",
    "statements.move": "Move",
    "statements.merge": "Merge",
    "statements.split": "Split",
    "statements.link": "Link",
    "statements.unlink": "Link",
    "statements.own": "Reasoned",
    "statements.enquire": "Reasoned",
    "statements.offer_lead": "LeadOffer",
    "statements.accept_lead": "LeadAccepted",
    "statements.refuse_lead": "Reasoned",
    "statements.take_lead_back": "Reasoned",
}


@blueprint.get("/api/v1/openapi.json")
@rule(Action.SIGNED_IN)
def described() -> Response:
    """Every route under /api/v1, its rule and its body."""
    schema = ReportIn.model_json_schema(ref_template="#/components/schemas/{model}")
    shared = schema.pop("$defs", {})
    return jsonify(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Lianfang 联防",
                "version": "1",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": _paths(),
            "components": {
                "schemas": {
                    "Report": schema,
                    "Opening": _opening(schema),
                    "Correction": _correction(schema),
                    **_reasoned(),
                    **shared,
                    "Problem": _PROBLEM,
                },
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        }
    )


def _paths() -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for each in current_app.url_map.iter_rules():
        if each.rule.startswith(PREFIX):  # one path may have several rules, one for each method
            made.setdefault(_path(each), {}).update(_operations(each))
    return made


def _path(each: Rule) -> str:
    return re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", each.rule)


def _operations(each: Rule) -> Iterator[tuple[str, dict[str, Any]]]:
    view = current_app.view_functions[each.endpoint]
    for method in METHODS:
        if method in (each.methods or ()):
            yield method.lower(), _operation(each, method, (view.__doc__ or "").strip().splitlines()[0])


def _operation(each: Rule, method: str, summary: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": each.endpoint,
        "summary": summary,
        "x-rule": action_of(current_app, each.endpoint).value,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in sorted(each.arguments)
        ],
        "responses": {
            "2XX": {"description": "done", "content": {"application/json": {}}},
            "default": {
                "description": "what to correct",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
    }
    if method == "POST":
        named = BODIES.get(each.endpoint)
        plain: dict[str, Any] = SIGNED.get(each.endpoint, {"type": "object"})
        body = {"$ref": f"#/components/schemas/{named}"} if named else plain
        made["requestBody"] = {"content": {"application/json": {"schema": body}}}
        made["parameters"].append(
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
        )
    return made


def _opening(report: dict[str, Any]) -> dict[str, Any]:
    """A report that opens an incident, with what the officer says of near ones."""
    numbers = {"type": "array", "items": {"type": "integer"}}
    extra = {"another_than": numbers, "linked_to": {"type": "integer"}}
    return {**report, "properties": {**report["properties"], **extra}}


def _reasoned() -> dict[str, Any]:
    """The bodies of signed acts: what, and why."""
    number, texts = {"type": "integer", "minimum": 1}, {"type": "array", "items": {"type": "string"}}
    states = {"enum": [each.value for each in Verification]}
    reports = {"type": "array", "items": number, "description": "numbers of reports; none: undo a merge"}
    place = {"$ref": "#/components/schemas/LocationIn"}
    return {
        "Reasoned": _act({}),
        "Judgement": _act({"state": states}),
        "Move": _act({"location": place}),
        "Merge": _act({"into": number}),
        "Split": _act({"reports": reports}, required=()),
        "Link": _act({"other": number}),
        "LeadOffer": _act({"to": {"type": "string"}}),
        "LeadAccepted": {"type": "object", "required": ["lines"], "properties": {"lines": texts}},
    }


def _act(fields: dict[str, Any], required: tuple[str, ...] | None = None) -> dict[str, Any]:
    reason = {"type": "string", "minLength": 1, "maxLength": 2000}
    names = list(fields) if required is None else list(required)
    return {"type": "object", "required": [*names, "reason"], "properties": {**fields, "reason": reason}}


def _correction(report: dict[str, Any]) -> dict[str, Any]:
    """The report's fields, none required; null sets one back to unknown, where it can be unknown."""
    fields = {name: _changed(name, field) for name, field in report["properties"].items()}
    changes = {"type": "object", "properties": fields, "minProperties": 1, "additionalProperties": False}
    reason = {"type": "string", "minLength": 1, "maxLength": 2000}
    return {
        "type": "object",
        "required": ["changes", "reason"],
        "properties": {"changes": changes, "reason": reason},
    }


def _changed(name: str, field: dict[str, Any]) -> dict[str, Any]:
    """A field in a correction: it has no default, since an absent one stays as it is."""
    plain = {key: value for key, value in field.items() if key not in ("default", "title")}
    kinds = [each for each in plain.get("anyOf", [plain]) if each != _NULL]
    return {"anyOf": kinds if name in CANNOT_BE_UNKNOWN else [*kinds, _NULL]}


_NULL: Final = {"type": "null"}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
    },
}
