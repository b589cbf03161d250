"""The downstream chains of the reference basin as of 2025-01-01, worked out from the tables before any code was written.

A chain follows the main side of every split from `start` to `end`. A step is the set of jurisdictions of consecutive
reaches, Sichuan and the outside at prefecture level, Chongqing at districts and counties; a reach that several share or
that crosses from one to another is a step of its own. Reaches make one step where they name the same jurisdictions in the
same order, so that 合川·铜梁 (crossing) and 铜梁·合川 (border) are two steps with one and the same set. The ORDER is the assertion; kilometres hold within 15 %; hours are
nominal and not asserted. `starts_km` is where the first reach of a step begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

AS_OF: Final = date(2025, 1, 1)
TOLERANCE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Chain:
    """One row: from the node `start` down to the node `end`."""

    name: str
    start: str
    end: str
    steps: tuple[frozenset[str], ...]
    starts_km: tuple[float, ...]
    total_km: float
    total_h: float


def _chain(name: str, start: str, end: str, steps: str, total_km: float, total_h: float) -> Chain:
    """Steps as printed: names joined by ·, then @ and the kilometre at which the step begins."""
    parts = [step.split("@") for step in steps.split()]
    return Chain(
        name,
        start,
        end,
        tuple(frozenset(names.split("·")) for names, _ in parts),
        tuple(float(km) for _, km in parts),
        total_km,
        total_h,
    )


_MAIN_CITY = "九龙坡·大渡口·巴南·南岸·渝中"
_JIALING = "北碚·渝北·沙坪坝·江北·渝中"

CHAINS: Final[list[Chain]] = [
    _chain(
        "铜钵河 观音镇",
        "TBH-00",
        "CJ-11",
        f"达州@0 梁平@13 达州@43 广安@248 合川@380 合川·北碚@484 {_JIALING}@508",
        568,
        415,
    ),
    _chain(
        "中河 双河",
        "ZHH-01",
        "CJ-11",
        f"城口@0 达州@34 广安@357 合川@489 合川·北碚@593 {_JIALING}@617",
        677,
        433,
    ),
    _chain(
        "明月江 梁平新盛",
        "MYJ-00",
        "CJ-11",
        f"梁平@0 达州@8 广安@283 合川@415 合川·北碚@519 {_JIALING}@543",
        603,
        437,
    ),
    _chain(
        "普里河 余家",
        "PLH-00",
        "CJ-24",
        "万州·开州@0 开州@42 开州·云阳@102 云阳@116 云阳·奉节@172 奉节·巫山@264",
        326,
        608,
    ),
    _chain(
        "御临河 大竹竹阳",
        "YLH-00",
        "CJ-24",
        "达州@0 广安@40 渝北·长寿@134 渝北@168 渝北·巴南·长寿@201 长寿·涪陵@227 涪陵@270 涪陵·丰都@284 丰都·忠县@324 "
        "忠县·石柱·万州@386 万州@428 万州·云阳@473 云阳·奉节@525 奉节·巫山@617",
        679,
        729,
    ),
    _chain("任河 城口葛城", "REN-03", "REN-08", "城口@0 达州@48 安康@76", 133, 47),
    _chain(
        "岷江 粮米渡",
        "MIN-09",
        "CJ-11",
        "成都@0 成都·眉山@19 眉山@47 眉山·乐山@106 乐山@129 宜宾@237 宜宾·泸州@381 泸州@423 泸州·江津·永川@500 永川@538 "
        f"江津@547 江津·九龙坡·大渡口·巴南@620 {_MAIN_CITY}@662",
        690,
        141,
    ),
    _chain(
        "毗河 新都",
        "PIH-01",
        "CJ-11",
        "成都@0 资阳@149 内江@225 内江·自贡@334 自贡@386 泸州@499 泸州·江津·永川@601 永川@639 江津@648 "
        f"江津·九龙坡·大渡口·巴南@721 {_MAIN_CITY}@763",
        791,
        403,
    ),
    _chain(
        "鸭子河 龟背石",
        "YZH-01",
        "CJ-11",
        "德阳@0 德阳·成都@34 成都@53 资阳@161 内江@237 内江·自贡@345 自贡@397 泸州@510 泸州·江津·永川@613 永川@651 江津@660 "
        f"江津·九龙坡·大渡口·巴南@733 {_MAIN_CITY}@775",
        803,
        408,
    ),
    _chain(
        "涪江 绵阳",
        "FUJ-09",
        "CJ-11",
        "绵阳@0 绵阳·遂宁@72 遂宁@138 遂宁·潼南@216 潼南@256 潼南·合川@278 合川·铜梁@326 铜梁·合川@348 合川@370 "
        f"合川·北碚@412 {_JIALING}@436",
        496,
        252,
    ),
    _chain(
        "嘉陵江 朝天",
        "JLJ-02",
        "CJ-11",
        f"广元@0 广元·南充@188 南充@224 广安@524 合川@630 合川·北碚@702 {_JIALING}@726",
        786,
        625,
    ),
    _chain(
        "青衣江 雅安",
        "DDH-00",
        "CJ-11",
        "雅安·眉山@0 眉山·乐山@58 乐山@84 宜宾@219 宜宾·泸州@363 泸州@405 泸州·江津·永川@482 永川@520 江津@529 "
        f"江津·九龙坡·大渡口·巴南@602 {_MAIN_CITY}@644",
        672,
        129,
    ),
]

# An incident at 汶川 (MIN-04) reaches, over all branches, both of these, besides its own outer river.
WENCHUAN_OUTER: Final = ("成都", "眉山", "乐山", "宜宾")
WENCHUAN_INNER: Final = ("成都", "德阳", "绵阳", "资阳", "内江", "自贡", "泸州")
WENCHUAN_COUNTIES: Final = ("都江堰", "彭州", "郫都", "新都", "青白江", "金堂", "简阳")

_ENDINGS: Final = ("土家族自治县", "藏族羌族自治州", "土家族苗族自治州", "自治县", "自治州", "新区", "市", "区", "县")


def short(name_zh: str) -> str:
    """梁平 for 梁平区, as the chains print names; 忠县 and 渠县 keep their one-character names whole."""
    for ending in _ENDINGS:
        stem = name_zh.removesuffix(ending)
        if stem != name_zh and len(stem) > 1:
            return stem
    return name_zh


def rolled_up(code: str, divisions: Mapping[str, Mapping[str, str]]) -> str:
    """The short name of the jurisdiction that a chain prints for a county's code."""
    in_chongqing = code.startswith("50")
    return short(divisions[code if in_chongqing else divisions[code]["parent"]]["name_zh"])
