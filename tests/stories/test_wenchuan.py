"""One spill at 汶川 goes two ways: down the Min and, through the canals of 都江堰, down the Tuo."""

from collections.abc import Mapping
from typing import Any

from tests.stories.service import Service

WENCHUAN = {"lon": 103.58, "lat": 31.48}


def test_a_spill_at_wenchuan_reaches_the_min_and_through_dujiangyan_the_tuo(basin_service: Service) -> None:
    aba = basin_service.start("web").client("阿坝值班员", "duty_officer", "513200")
    for flow in ("low", "mean", "flood"):
        found = aba.post("/api/v1/incidents/preview", {"location": WENCHUAN, "flow_state": flow})
        assert along(found, "MIN")[-3:] == ["眉山市", "乐山市", "宜宾市"]
        assert along(found, "RMQ")[0] == "德阳市"
        assert "金堂县" in [each["name"] for each in found["reached"] if each["river"] in ("PIH", "PUY")]
        assert along(found, "TUO")[-4:] == ["资阳市", "内江市", "自贡市", "泸州市"]
    assert aba.get("/api/v1/incidents")["incidents"] == [], "a preview stores nothing"


def along(found: Mapping[str, Any], river: str) -> list[str]:
    """The desks of a river in the order in which the water first comes to them."""
    return list(dict.fromkeys(each["desk_name"] for each in found["reached"] if each["river"] == river))
