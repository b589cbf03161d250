"""The tables of the provider and its carriers."""

import pytest

from contacts.phones.rules import (
    CARRIER_ERRORS,
    CARRIER_SUFFIXES,
    REFUSALS,
    REFUSED_SUFFIXES,
    SILENT,
    Refusal,
    check_loopback,
    fate,
    read_draft,
)
from contacts.phones.values import segments

GOOD = {"To": "+12025550143", "From": "+12025550100", "Body": "text"}


@pytest.mark.parametrize(
    ("units", "expected"),
    [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4), (500, 8), (536, 8), (537, 9)],
)
def test_chinese_text_is_cut_at_70_then_67(units: int, expected: int) -> None:
    assert segments("水" * units) == expected


def test_a_character_outside_the_basic_plane_counts_two() -> None:
    assert (segments("𠮷" * 35), segments("𠮷" * 36)) == (1, 2)


@pytest.mark.parametrize(
    ("body", "expected"), [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("€" * 80, 1), ("€" * 81, 2)]
)
def test_gsm7_text_is_cut_at_160_then_153_and_the_euro_sign_counts_two(body: str, expected: int) -> None:
    assert segments(body) == expected


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "12025550143"}, 21211),
        ({"To": "+1"}, 21211),
        ({"To": "+12025550181"}, 21211),
        ({"To": "+12025550182"}, 21612),
        ({"To": "+12025550184"}, 21614),
        ({"To": "+12025550185"}, 21635),
        ({"To": "+12025550180"}, 21610),
        ({"To": "+12025550188"}, 21408),
        ({"From": ""}, 21603),
        ({"From": "+1"}, 21212),
        ({"From": "+12025550186"}, 21606),
        ({"MessagingServiceSid": "MG1"}, 21705),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "ten"}, 21624),
        ({"ValidityPeriod": "0"}, 21624),
        ({"ValidityPeriod": "36001"}, 21624),
        ({"SmartEncoded": "maybe"}, 20001),
        ({"Attempt": "1.5"}, 20001),
        ({"ContentSid": "HX"}, 20001),
        ({"ContentRetention": "discard"}, 20001),
        ({"SendAt": "2026-11-21T02:00:00Z"}, 20001),
        ({"StatusCallback": "http://desk.example/status"}, 21609),
    ],
)
def test_what_the_provider_refuses_is_refused_with_its_number(changes: dict[str, str], code: int) -> None:
    with pytest.raises(Refusal) as caught:
        read_draft(GOOD | changes, num_media=0, service_sender="+12025550100")
    assert (caught.value.code, caught.value.status) == (code, 400)


@pytest.mark.parametrize(
    "changes",
    [
        {"Body": "x" * 1600},
        {"ValidityPeriod": "36000", "Attempt": "2", "SmartEncoded": "true", "RiskCheck": "disable"},
        {"Body": "", "ContentSid": "HX" + "0" * 32},
        {"From": "LIANFANG"},
        {"From": "12345"},
        {"From": "", "MessagingServiceSid": "MG" + "0" * 32},
        {"SomethingNew": "ignored"},
    ],
)
def test_what_the_provider_takes_is_taken(changes: dict[str, str]) -> None:
    assert read_draft(GOOD | changes, num_media=0, service_sender="+12025550100").to_number == GOOD["To"]


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/",
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "http://10.0.0.5:8000/",
        "http://127.0.0.1@10.0.0.5/",
        "http://10.0.0.5#@127.0.0.1/",
        "http://0.0.0.0:8000/",
        "http://[::ffff:10.0.0.5]/",
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:port/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://[::1",
        "http:///path",
        "//127.0.0.1/",
        "http://127.0.0.1/" + "x" * 2048,
    ],
)
def test_a_webhook_address_outside_this_machine_or_unreadable_is_21609(url: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_loopback(url)
    assert caught.value.code == 21609


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/a?b=c", "http://localhost/", "http://[::1]:8000/x", "http://127.9.9.9/"]
)
def test_a_webhook_address_on_this_machine_is_taken(url: str) -> None:
    check_loopback(url)
    assert read_draft(GOOD | {"StatusCallback": url}, num_media=0, service_sender="").callback_url == url


@pytest.mark.parametrize(
    ("body", "profile", "expected"),
    [
        ("见https://desk.example/a", "CN", 30007),
        ("详见www.desk.example", "CN", 30007),
        ("登录desk.cn查看", "CN", 30007),
        ("见https://desk.example/a", "", None),
        ("氨氮1.8毫克每升(限1.0),GB3838-2002,回电报码K7M4", "CN", None),
        ("LIANFANG Dazhou UPDATE 2: Niujiaotan from 06:00 21 Nov (was 07:30). Code K7M4. Next 05:00", "CN", None),
    ],
)
def test_a_link_is_filtered_in_china_and_only_there(body: str, profile: str, expected: int | None) -> None:
    assert fate("+12025550143", body, profile=profile) == expected


def test_the_suffixes_of_fictional_numbers_foretell_the_carrier() -> None:
    fates = {suffix: fate(f"+120255501{suffix:02}", "text", profile="") for suffix in range(100)}
    assert {suffix: code for suffix, code in fates.items() if code is not None} == CARRIER_SUFFIXES | {90: SILENT}
    assert fate("+860000000193", "text", profile="CN") is None  # only 555-01xx numbers are special


def test_every_code_that_can_be_given_has_its_sentence() -> None:
    assert set(REFUSED_SUFFIXES.values()) <= set(REFUSALS)
    assert set(CARRIER_SUFFIXES.values()) == set(CARRIER_ERRORS)
