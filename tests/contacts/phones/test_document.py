"""Whatever the provider's OpenAPI document forbids of a request to send, the fake refuses; whatever it allows, the fake takes,
or says that it does not simulate it. The document is walked field by field."""

import json
from pathlib import Path
from typing import Any

import pytest

from contacts.phones.rules import Refusal, read_draft
from contacts.phones.values import Draft

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "create_message.json").read_text(encoding="utf-8")
)
FIELDS: dict[str, dict[str, Any]] = DOCUMENT["properties"]
GOOD = {"To": "+12025550143", "From": "+12025550100", "Body": "x"}
NOT_SIMULATED = {"ScheduleType", "SendAt"}
KEPT = {"ContentRetention": "retain", "AddressRetention": "retain"}
"""Of these only one value is taken: the other would blank the book that is the judge."""
FORMATS = {
    "phone-number": (["+12025550143"], ["12025550143", "+1202", "+1202555014a", "+0202555014300"]),
    "uri": (["http://127.0.0.1:8000/status"], ["not an address", "ftp://127.0.0.1/x"]),
    "date-time": ([], []),
}
TYPES = {
    "integer": (["7"], ["1.5", "x", "1e3"]),
    "number": (["0.05", "-1"], ["x", "1,5"]),
    "boolean": (["true", "false"], ["yes", "2"]),
    "string": ([], []),
    "array": ([], []),
}


def values(name: str, schema: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What the document allows of a field, and what it forbids: of each kind some."""
    if name == "From":  # a short code and a name may send as well
        return ["+12025550143", "12345", "LIANFANG"], ["+1202", "x" * 12]
    if "enum" in schema:
        return list(schema["enum"]), ["neither"]
    if "pattern" in schema:
        head = schema["pattern"][1:3]
        return [head + "0f" * 16], [head + "0" * 31, "XX" + "0" * 32, head + "g" * 32]
    if name in DOCUMENT["limits"] and isinstance(DOCUMENT["limits"][name], list):
        least, most = DOCUMENT["limits"][name]
        return [str(least), str(most)], [str(least - 1), str(most + 1), "1.5", "x"]
    allowed, forbidden = TYPES[schema["type"]]
    more, less = FORMATS.get(schema.get("format", ""), ([], []))
    return [*allowed, *more], [*forbidden, *less]


def cases(which: int) -> list[tuple[str, str]]:
    """Each field with each of its values; which: 0 what is allowed, 1 what is forbidden."""
    return [(name, value) for name, schema in FIELDS.items() for value in values(name, schema)[which]]


def draft(**changes: str) -> Draft:
    return read_draft({**GOOD, **changes}, num_media=0, service_sender="+12025550100")


@pytest.mark.parametrize(("name", "value"), cases(1))
def test_what_the_document_forbids_is_refused(name: str, value: str) -> None:
    with pytest.raises(Refusal) as refused:
        draft(**{name: value})
    assert refused.value.status == 400


@pytest.mark.parametrize(("name", "value"), cases(0))
def test_what_the_document_allows_is_taken_or_said_not_to_be_simulated(name: str, value: str) -> None:
    if name in NOT_SIMULATED or value != KEPT.get(name, value):
        with pytest.raises(Refusal) as refused:
            draft(**{name: value})
        assert refused.value.code == 20001
    else:
        assert draft(**{name: value}).to_number.startswith("+1202")


@pytest.mark.parametrize("name", DOCUMENT["required"])
def test_what_the_document_requires_is_required(name: str) -> None:
    with pytest.raises(Refusal):
        read_draft({key: value for key, value in GOOD.items() if key != name}, num_media=0, service_sender="")


def test_the_body_is_bounded_as_the_document_says() -> None:
    assert draft(Body="字" * DOCUMENT["limits"]["Body"]).body
    with pytest.raises(Refusal):
        draft(Body="字" * (DOCUMENT["limits"]["Body"] + 1))


def test_every_field_that_we_send_stands_in_the_document() -> None:
    ours = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"}
    assert ours <= set(FIELDS)
    assert not any("idempot" in name.lower() or "reference" in name.lower() for name in FIELDS)
