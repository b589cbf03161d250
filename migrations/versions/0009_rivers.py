"""Times by subtraction along a main path, how much river stands behind each path, and the place below each reach."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW: dict[str, dict[str, TypeEngine[Any]]] = {
    "reaches": {
        "foot_s": sa.Float(53),
        "foot_unknown": sa.Integer(),
        "place_zh": sa.Text(),
        "place_en": sa.Text(),
    },
    "main_paths": {
        "length_s": sa.Float(53),
        "length_unknown": sa.Integer(),
        "drains_m": sa.Float(53),
        "name_zh": sa.Text(),
        "name_en": sa.Text(),
        "discharge_m3s": sa.Float(53),
    },
    "path_links": {
        "from_foot_s": sa.Float(53),
        "from_unknown": sa.Integer(),
        "to_foot_s": sa.Float(53),
        "to_unknown": sa.Integer(),
        "share": sa.Float(53),
    },
}
MAY_BE_NULL = {"place_zh", "place_en", "discharge_m3s"}

# Versions loaded before stay readable: their times follow from what is stored; of what lies behind a path only its own
# length is known, until the file is loaded again.
FILL_REACHES = """
update reaches r set foot_s = s.foot_s, foot_unknown = s.foot_unknown
from (select version_id, reach_id, sum(coalesce(length_m / velocity_ms, 0)) over down as foot_s,
             count(*) filter (where velocity_ms is null) over down as foot_unknown
      from reaches window down as (partition by version_id, path_id order by foot_m)) s
where s.version_id = r.version_id and s.reach_id = r.reach_id
"""
FILL_PATHS = """
update main_paths p set length_s = h.foot_s, length_unknown = h.foot_unknown, drains_m = p.length_m,
       name_zh = f.name_zh, name_en = f.name_en, discharge_m3s = f.discharge_m3s
from reaches h, reaches f
where h.version_id = p.version_id and h.reach_id = p.head_reach_id
  and f.version_id = p.version_id and f.reach_id = p.foot_reach_id
"""
FILL_LINKS = """
update path_links l set from_foot_s = coalesce(u.foot_s, 0), from_unknown = coalesce(u.foot_unknown, 0),
       to_foot_s = d.foot_s, to_unknown = d.foot_unknown, share = case when l.main then 1 else d.share end
from path_links k
join reaches d on d.version_id = k.version_id and d.path_id = k.to_path and d.foot_m = k.to_foot_m
left join reaches u on u.version_id = k.version_id and u.path_id = k.from_path and u.foot_m = k.from_foot_m
where (k.version_id, k.from_path, k.from_foot_m, k.to_path, k.to_foot_m)
    = (l.version_id, l.from_path, l.from_foot_m, l.to_path, l.to_foot_m)
"""


def upgrade() -> None:
    for table, columns in NEW.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind))
    for statement in (FILL_REACHES, FILL_PATHS, FILL_LINKS):
        op.execute(statement)
    for table, columns in NEW.items():
        for name in columns.keys() - MAY_BE_NULL:
            op.alter_column(table, name, nullable=False)


def downgrade() -> None:
    for table, columns in NEW.items():
        for name in columns:
            op.drop_column(table, name)
