"""The box that a desk's map opens on."""

import shapely
from sqlalchemy import text

from emergency.jurisdictions.extent import extent
from tests.emergency.jurisdictions.conftest import Ground


def test_a_map_can_open_on_the_ground_of_a_desk(ground: Ground) -> None:
    drawn = text("select ST_AsText(geom) from boundaries where code = 'V10102'")
    shape = shapely.from_wkt(ground.session.execute(drawn).scalar_one())
    found = extent(ground.session, "V10102")
    assert found is not None
    assert [round(side, 4) for side in shape.bounds] == list(found)


def test_a_desk_that_is_drawn_nowhere_has_no_box(ground: Ground) -> None:
    assert extent(ground.session, "V99999") is None
