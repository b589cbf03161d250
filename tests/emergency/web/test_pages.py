"""The pages' own rules: where a sign-in may lead on to, and that every sentence is there in both languages."""

import pytest

from emergency.web import pages
from emergency.words import Language


@pytest.mark.parametrize(
    ("wanted", "led"),
    [
        ("/", "/"),
        ("/incidents/12/record", "/incidents/12/record"),
        ("/?incident=12", "/?incident=12"),
        ("/?incident=12&lang=en", "/?incident=12"),
        ("/?lang=en", "/"),
        ("", ""),
        ("incidents", ""),
        ("https://elsewhere.example/", ""),
        ("//elsewhere.example/", ""),
        ("/\\elsewhere.example/", ""),
        ("\\\\elsewhere.example/", ""),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_sign_in_leads_on_to_paths_of_this_service_alone(wanted: str, led: str) -> None:
    assert pages.local_path(wanted) == led


def test_each_language_has_every_sentence() -> None:
    assert set(pages.half(Language.ZH)) == set(pages.half(Language.EN)) == set(pages.catalogue())
