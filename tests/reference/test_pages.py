"""The pages about the reference agreements: every one of them opens, in both languages."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from emergency import access, clock
from emergency.web.app import parts
from tests.emergency.web.conftest import Asker, serving


@pytest.fixture
def app(basin_database: Engine) -> Iterator[Flask]:
    yield from serving(basin_database)


def test_the_page_of_every_agreement_opens_in_both_languages(app: Flask) -> None:
    with app.app_context(), parts().sessions.begin() as session:
        access.add_officer(session, name="观察员", role="observer", jurisdiction="511700", at=clock.now())
        asker = Asker(app.test_client(), access.new_token(session, name="观察员", at=clock.now()))
    listed = [each["id"] for each in asker.get("/api/v1/agreements").get_json()["agreements"]]
    assert {"inside-list", "statute-report-upward", "plan-dazhou-demo", "tongbo-2020"} <= set(listed)
    refused = {
        f"{named} {tongue}": answer.status_code
        for named in listed
        for tongue in ("zh", "en")
        if (answer := asker.get(f"/agreements/{named}?lang={tongue}", accept="text/html")).status_code != 200
    }
    assert refused == {}
