"""What fills the partitions of stretches and runs, in SQL: whole main paths, the reaches left for Python, runs, gaps."""

from typing import Final

from emergency.jurisdictions import unchanged
from emergency.jurisdictions.values import Bank

COLUMNS: Final = (
    "network_version_id, boundary_version_id, reach_id, seq, code, from_m, to_m, bank, origin, flag, path_id, "
    "enter_foot_m, leave_foot_m"
)
WHOLE: Final = f"""
insert into {{into}} ({COLUMNS})
select {{network}}, {{boundaries}}, l.reach_id, 0, e.code, 0, l.length_m, '{Bank.BOTH}', 'polygon', null, l.path_id,
       l.foot_m, l.foot_m - l.length_m
from {{lines}} l join easy e on e.path_id = l.path_id order by l.path_id, l.foot_m desc
"""
CROSSING: Final = """
select l.reach_id, l.code, l.length_m, l.path_id, l.foot_m, l.schematic, l.tabled_stretches, p.code as alone,
       p.rank, c.cuts
from {lines} l left join plain p on p.reach_id = l.reach_id
left join cut_lists c on c.reach_id = l.reach_id
where not exists (select from easy e where e.path_id = l.path_id)
order by l.path_id, l.foot_m desc, l.reach_id
"""
# Places are those of the reaches, to the last bit: what ends where a reach ends, ends where the next one begins.
RUNS: Final = """
insert into {into}
with placed as (
    select reach_id, path_id, river, length_m, velocity_ms, foot_m, foot_s, foot_unknown,
           coalesce(lead(foot_m) over down, 0) as lower_m, coalesce(lead(foot_s) over down, 0) as lower_s,
           coalesce(lead(foot_unknown) over down, 0) as lower_unknown
    from {lines} window down as (partition by path_id order by foot_m desc)
), ends as (
    select p.path_id, s.code, s.bank, s.flag, p.river, p.reach_id, p.foot_m - s.from_m as enter_foot_m,
           p.foot_s - coalesce(s.from_m / p.velocity_ms, 0) as enter_foot_s,
           p.foot_unknown - (p.velocity_ms is null and s.from_m > 0)::int as enter_unknown,
           case when s.to_m >= p.length_m then p.lower_m else p.foot_m - s.to_m end as leave_foot_m,
           case when s.to_m >= p.length_m then p.lower_s
                else p.foot_s - coalesce(s.to_m / p.velocity_ms, 0) end as leave_foot_s,
           case when s.to_m >= p.length_m then p.lower_unknown
                else p.foot_unknown - (p.velocity_ms is null)::int end as leave_unknown
    from {stretches} s join placed p on p.reach_id = s.reach_id
), begun as (
    select *, (lag(leave_foot_m) over alike is distinct from enter_foot_m)::int as begins from ends
    window alike as (partition by path_id, code, bank, flag, river order by enter_foot_m desc, leave_foot_m desc)
), counted as (
    select *, sum(begins) over (partition by path_id, code, bank, flag, river
                                order by enter_foot_m desc, leave_foot_m desc rows unbounded preceding) as n from begun
), joined as (
    select path_id, code, bank, flag, river, (array_agg(reach_id order by enter_foot_m desc))[1] as reach_id,
           max(enter_foot_m) as enter_foot_m, min(leave_foot_m) as leave_foot_m, max(enter_foot_s) as enter_foot_s,
           max(enter_unknown) as enter_unknown, min(leave_foot_s) as leave_foot_s, min(leave_unknown) as leave_unknown
    from counted group by path_id, code, bank, flag, river, n
)
select {network}, {boundaries}, path_id,
       row_number() over (partition by path_id order by enter_foot_m desc, leave_foot_m desc, code, bank, flag, river) - 1,
       code, bank, flag, river, reach_id, enter_foot_m, leave_foot_m, enter_foot_s, enter_unknown, leave_foot_s, leave_unknown
from joined order by path_id, enter_foot_m desc
"""
UNCOVERED: Final = f"""
with told as (
    select s.reach_id, s.from_m, s.to_m, l.length_m,
           coalesce(max(s.to_m) over (partition by s.reach_id order by s.from_m, s.seq
                                      rows between unbounded preceding and 1 preceding), 0) as done_m,
           row_number() over (partition by s.reach_id order by s.from_m desc, s.seq desc) = 1 as last,
           max(s.to_m) over (partition by s.reach_id) as end_m
    from {{stretches}} s join reaches_v{{network}} l on l.reach_id = s.reach_id
    where not exists (select from {unchanged.CHANGED} t where t.path_id = s.path_id)
)
select reach_id, done_m, from_m from told where from_m > done_m
union all select reach_id, end_m, length_m from told where last and end_m < length_m
union all select l.reach_id, 0, l.length_m from reaches_v{{network}} l
where not exists (select from {{stretches}} s where s.reach_id = l.reach_id)
      and not exists (select from {unchanged.CHANGED} t where t.path_id = l.path_id)
order by 1, 2
"""
