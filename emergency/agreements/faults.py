"""What is wrong with an agreement's data, place by place, and what to write instead.

The schema says which keys there are and what they hold. Beyond it: dates in order, ids told apart, texts held or not held
but never both, limits that say where they come from, and duties inside one's own side that stay there. Pure but for reading
the schema beside it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from emergency.agreements.values import ALONG, INSIDE_ROLES
from emergency.words import Words, read_words

Place = tuple[str | int, ...]

SCHEMA: Final[Mapping[str, Any]] = json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8"))
UPWARD: Final = ("above", "province")
OFFICES: Final = frozenset(role.value for role in INSIDE_ROLES)
VALIDATOR: Final = Draft202012Validator(SCHEMA)
TYPES: Final[Mapping[str, Words]] = {
    "string": Words("文字", "text"),
    "object": Words("一组键值", "keys with values"),
    "array": Words("列表", "a list"),
    "boolean": Words("true 或 false", "true or false"),
    "integer": Words("整数", "a whole number"),
    "number": Words("数", "a number"),
}


def faults(body: Mapping[str, Any]) -> Iterator[tuple[Place, Words]]:
    """Every fault with its place; what a schema cannot say is asked only of a body that keeps to the schema."""
    against_schema = [fault for error in VALIDATOR.iter_errors(body) for fault in _schema_faults(error)]
    yield from against_schema or (*_parties(body), *_period(body), *_twice(body), *_empty(body), *_clauses(body))


def _schema_faults(error: ValidationError) -> Iterator[tuple[Place, Words]]:
    place: Place = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = sorted(_schema(error)["properties"])
        for key in sorted(set(cast(Mapping[str, Any], error.instance)) - set(known)):
            listed = ", ".join(known)
            yield (*place, key), Words(f"不认识的键“{key}”，可用：{listed}", f'unknown key "{key}"; known are {listed}')
    elif error.validator == "required":
        yield place, _missing(place, error.message.split("'")[1])
    else:
        yield place, _wrong(place, error)


def _schema(error: ValidationError) -> Mapping[str, Any]:
    """The part of the schema that was not kept; it is never a bare true or false here."""
    return cast(Mapping[str, Any], error.schema)


def _missing(place: Place, key: str) -> Words:
    inside = _dotted(place)
    return Words(f"{inside.zh}缺少“{key}”，请补上", f'{inside.en} lacks "{key}"; add it')


def _wrong(place: Place, error: ValidationError) -> Words:
    inside, remedy = _dotted(place), _remedy(error)
    return Words(f"{inside.zh}不对：{remedy.zh}", f"{inside.en} is wrong: {remedy.en}")


def _dotted(place: Place) -> Words:
    if not place:
        return Words("文件", "the file")
    dotted = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
    return Words(f"“{dotted}”", f'"{dotted}"')


def _remedy(error: ValidationError) -> Words:
    given = _schema(error).get("x-remedy")
    if given is not None:
        return read_words(given)
    wanted = _schema(error)[str(error.validator)]
    match error.validator:
        case "enum":
            listed = ", ".join(str(each) for each in wanted)
            return Words(f"须为其中之一：{listed}", f"must be one of {listed}")
        case "type":
            kind = TYPES[wanted]
            return Words(f"应是{kind.zh}", f"should be {kind.en}")
        case "uniqueItems":
            return Words("有重复的项，请删去", "an item stands twice; remove one")
        case "minItems" | "minLength":
            return Words("不能为空", "must not be empty")
        case _:
            return Words(f"数值超出范围（{error.validator} {wanted}）", f"out of range ({error.validator} {wanted})")


def _parties(body: Mapping[str, Any]) -> Iterator[tuple[Place, Words]]:
    if not body["parties"] and body["form"] in ("agreement", "memorandum"):
        yield (
            ("parties",),
            Words(
                "协议须列出各方；只有 statute 和 plan 可约束所有值班室",
                "name the parties; only a statute or a plan binds all",
            ),
        )


def _period(body: Mapping[str, Any]) -> Iterator[tuple[Place, Words]]:
    days: dict[str, date] = {}
    for key in ("valid_from", "valid_to"):
        try:
            if key in body:
                days[key] = date.fromisoformat(body[key])
        except ValueError:
            yield (key,), Words(f"没有这一天：{body[key]}", f"there is no such day: {body[key]}")
    if len(days) == 2 and days["valid_to"] < days["valid_from"]:
        yield ("valid_to",), Words("终止日早于生效日，请核对", "ends before it begins; check the two dates")


def _twice(body: Mapping[str, Any]) -> Iterator[tuple[Place, Words]]:
    for group in ("tiers", "mechanisms", "clauses"):
        seen: set[str] = set()
        for n, item in enumerate(body.get(group, ())):
            if item["id"] in seen:
                yield (
                    (group, n, "id"),
                    Words(f"id“{item['id']}”重复，请改一个", f'id "{item["id"]}" stands twice; change one'),
                )
            seen.add(item["id"])


def _empty(body: Mapping[str, Any]) -> Iterator[tuple[Place, Words]]:
    if not body["clauses"] and not body.get("mechanisms"):
        yield (
            ("clauses",),
            Words(
                "既无条款也无机制，请至少写一项；只知道有而没有文本的，写成空的机制",
                "neither a clause nor a mechanism: write at least one; what is known to exist and not held is an empty mechanism",
            ),
        )


def _clauses(body: Mapping[str, Any]) -> Iterator[tuple[Place, Words]]:
    for n, clause in enumerate(body["clauses"]):
        place = ("clauses", n)
        if clause["text_held"] != ("text" in clause):
            yield (
                (*place, "text_held"),
                Words(
                    "text_held 为 true 时要有 text，为 false 时不能有 text", "true needs a text, false must have none"
                ),
            )
        yield from _limit(clause, body, (*place, "duty"))
        yield from _strangers(clause, body, (*place, "duty"))
        yield from _office(clause, (*place, "duty"))
        yield from _tier(clause["duty"], body.get("tiers", ()), (*place, "duty"))


def _limit(clause: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Words]]:
    duty, policy = clause["duty"], body.get("policy", {})
    if ("policy" in duty) == ("source" in duty):
        yield (
            place,
            Words(
                "时限来源须写 policy（本部署策略）或 source（text、statute）之一",
                "say where the limit comes from: either policy, or source (text, statute)",
            ),
        )
    elif "policy" in duty and "within_minutes" in duty:
        yield (
            (*place, "within_minutes"),
            Words("时限写在 policy 表里，不在这里", "the minutes belong in the policy table"),
        )
    elif "policy" in duty and duty["policy"] not in policy:
        yield (
            (*place, "policy"),
            Words(f"policy 表里没有“{duty['policy']}”", f'the policy table has no "{duty["policy"]}"'),
        )
    if "source" in duty and not clause["text_held"] and (body["form"], duty["source"]) != ("statute", "statute"):
        yield (
            (*place, "source"),
            Words(
                "条文未取得，时限只能来自 policy（法规的时限见于他处者，可写 source: statute）",
                "the text is not held: a limit can only be policy (or source: statute in a statute whose limit is known)",
            ),
        )
    yield from _bare(duty, place)


def _bare(duty: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Words]]:
    if duty.get("source") == "statute" and "within_minutes" not in duty:
        words = Words(
            "法规没有数字时限的，用 policy 写本部署的分钟数",
            "where the law gives no number, use policy for the minutes of this deployment",
        )
        yield (*place, "source"), words


def _office(clause: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Words]]:
    """An office of one's own side can only be told inside it, or before a release (water bureaus, guidance of 2020)."""
    duty, when = clause["duty"], clause["when"]
    if duty["role"] in OFFICES and when["relation"] != "inside" and "planned_release" not in when["kinds"]:
        yield (
            (*place, "role"),
            Words(
                f"“{duty['role']}”是本方内部单位，只能与 relation: inside 或 planned_release 同用",
                f'"{duty["role"]}" is an office of one\'s own side: use it with relation: inside, or for a planned_release',
            ),
        )
    if when["relation"] in UPWARD and "report_upward" not in when["kinds"]:
        yield (
            (*place, "role"),
            Words(
                f"relation: {when['relation']} 是向上报告，kinds 须含 report_upward",
                f"relation: {when['relation']} is a report upward: kinds must name report_upward",
            ),
        )


def _tier(duty: Mapping[str, Any], tiers: Sequence[Mapping[str, Any]], place: Place) -> Iterator[tuple[Place, Words]]:
    if "tier" in duty and duty["tier"] not in {each["id"] for each in tiers}:
        yield (
            (*place, "tier"),
            Words(f"tiers 里没有“{duty['tier']}”", f'the tiers have no "{duty["tier"]}"'),
        )


def _strangers(clause: Mapping[str, Any], body: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Words]]:
    """Who is none of the parties; a local plan may name outsiders, to be told sooner than others ask."""
    outward = body["form"] == "plan" and len(body["parties"]) == 1 and clause["when"]["relation"] in ALONG
    for side in ("who",) if outward else ("who", "tells"):
        for n, code in enumerate(clause["duty"].get(side, ())):
            if body["parties"] and code not in body["parties"]:
                yield (*place, side, n), Words(f"{code} 不在 parties 里", f"{code} is not among the parties")
