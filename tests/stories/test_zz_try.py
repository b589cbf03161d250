from tests.phones import phones
import time, json
from tests.stories.service import Service


def test_try(basin_database, phones, tmp_path):
    t = time.time()
    s = Service(basin_database, tmp_path, phones, policy=())
    try:
        s.flask("contacts", "load", "emergency/reference/contacts.yaml")
        print("contacts", time.time() - t)
        t = time.time()
        s.start()
        print("start", time.time() - t)
        t = time.time()
        d = s.client("达州值班员", "duty_officer", "511700")
        a = d.post(
            "/api/v1/incidents",
            {"location": {"lon": 107.38, "lat": 30.60}, "description": "罐车入河", "source_state": "continuing"},
        )
        print("report", time.time() - t)
        t = time.time()
        print([(x["code"], x["name"], x["entry"], x["enter_km"]) for x in a["assessment"]["reached"]])
        print(
            [
                (x["who"], x["tells"], x["circle"], x["kind"], [c["agreement"] for c in x["clauses"]])
                for x in a["assessment"]["notifications"]
            ]
        )
        print(json.dumps(a["assessment"]["gaps"], ensure_ascii=False)[:500])
        lp = [x for x in a["assessment"]["notifications"] if x["tells"] == "500155"]
        print(len(lp), json.dumps(lp, ensure_ascii=False))
        print(
            json.dumps(
                d.post("/api/v1/incidents/preview", {"location": {"lon": 103.58, "lat": 31.48}})["reached"],
                ensure_ascii=False,
            )[:300]
        )
        p = d.post("/api/v1/incidents/preview", {"location": {"lon": 103.58, "lat": 31.48}})
        print([(x["code"], x["name"], x["entry"], x["desk_name"], round(x["enter_km"])) for x in p["reached"]])
        print("preview", time.time() - t)
        t = time.time()
    finally:
        s.stop()
        print(s.log("web")[-2000:], s.log("dispatch")[-800:])
