"""The Chinese texts. Wording and lengths: counted with the trade's own examples; the signature 【联防】 counts. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contacts.texts.said import ENDINGS, Near, Said, Template, Wording

LABELS: Final = {
    "incident": "首报",
    "withdrawal": "撤回",
    "correction": "更正",
    "end": "终报",
    "upstream_enquiry": "协查",
    "planned_release": "调度预告",
    "courtesy_copy": "抄送",
    "report_upward": "报告",
    "contact_test": "联络测试",
}


def label(kind: str, version: int) -> str:
    """What a message is called: its version where it follows another, else its kind."""
    return f"更新{version}" if kind == "update" or (kind == "incident" and version > 1) else LABELS[kind]


def _label(said: Said) -> str:
    return label(said.kind, said.version)


def _arrival(said: Said, earliest: str) -> str:
    was = f"（原{said.was}）" if said.was else ""
    return f"最早{earliest}达{said.section}{was}" if earliest else f"达{said.section}时间未定{was}"


def _doubt(said: Said) -> str:
    return "" if said.verified else "，待核实"


MOVES: Final = {"earlier": "提前", "later": "推后", "unchanged": "时间不变", "": "有更新"}


FIELDS: Final = {
    "river": "河流",
    "place": "位置",
    "occurred_at": "发生时间",
    "substance": "物质",
    "source_open": "源头",
    "file": "编号",
}
SPARED: Final = "贵区不再受影响"


def _wrong(said: Said) -> str:
    """What was wrong: 源头改为已停、位置有误; without the fields only that something was."""
    if not said.corrected:
        return "前报有误，以本次为准"
    changed = [f"{FIELDS[field]}改为{now}" for field, now in said.corrected if now]
    named = "、".join(FIELDS[field] for field, now in said.corrected if not now and field != "reached")
    spared = [SPARED] if _spared(said) else []
    return "、".join([*spared, *changed, f"{named}有误"] if named else [*spared, *changed])


def _spared(said: Said) -> bool:
    """Whether the water does not come to the receiver after all."""
    return any(field == "reached" for field, _ in said.corrected)


def _values(said: Said) -> Mapping[str, str]:
    return {
        "sender": said.sender,
        "label": _label(said),
        "river": said.river,
        "place": said.place,
        "section": said.section,
        "occurred": said.occurred,
        "earliest": said.earliest,
        "earliest_then": said.earliest_then,
        "was": said.was,
        "next_update": said.next_update,
        "no_hour": "" if said.earliest else "时间未定",
        "substance": said.substance,
        "unknown": "物质不明" if said.unknown else "",
        "doubt": "" if said.verified else "待核实",
        "urgent": "" if said.kind in ENDINGS else "紧急",
        "hint": "（号码见通讯录）" if said.hint else "",
        "wrong": _wrong(said),
        "ending": ENDINGS[said.kind].zh if said.kind in ENDINGS else "",
        "code": said.code,
        "version": str(said.version),
        "minutes": str(said.minutes) if said.minutes else "",
    }


def _template(name: str, words: str) -> Template:
    return Template(f"zh.{name}", words, _values)


FIRST: Final = _template(
    "first",
    "【联防】{sender}{label}：{river}{place}{occurred}{substance}入河[，{unknown}][，{doubt}]。"
    "[最早{earliest_then}]达{section}{no_hour}[（原{was}）]。请回电{sender}值班室报码{code}[，{next_update}前再报]",
)
UPDATES: Final = {
    "earlier": _template(
        "update.earlier",
        "【联防】{sender}{label}：{river}污染提前[，{doubt}]，[最早{earliest}]达{section}{no_hour}[（原{was}）]。"
        "请即核对取水口、闸坝并回电报码{code}[，{next_update}前再报]",
    ),
    "later": _template(
        "update.later",
        "【联防】{sender}{label}：{river}污染推后[，{doubt}]，[最早{earliest}]达{section}{no_hour}[（原{was}）]。"
        "防范措施不撤。请回电报码{code}[，{next_update}前再报]",
    ),
    "unchanged": _template(
        "update.unchanged",
        "【联防】{sender}{label}：{river}污染时间不变[，{doubt}]，[最早{earliest}]达{section}{no_hour}[（原{was}）]。"
        "防范措施不撤。请回电报码{code}[，{next_update}前再报]",
    ),
    "": _template(
        "update",
        "【联防】{sender}{label}：{river}污染有更新[，{doubt}]，[最早{earliest}]达{section}{no_hour}[（原{was}）]。"
        "请回电报码{code}[，{next_update}前再报]",
    ),
}
CORRECTION: Final = _template(
    "correction",
    "【联防】{sender}更正{version}：{river}{wrong}[，{doubt}]。[最早{earliest}]达{section}{no_hour}[（原{was}）]。"
    "请回电{sender}值班室报码{code}[，{next_update}前再报]",
)
SPARED_CORRECTION: Final = _template(
    "correction.spared",
    "【联防】{sender}更正{version}：{river}{wrong}[，{doubt}]。请回电{sender}值班室报码{code}[，{next_update}前再报]",
)
WITHDRAWAL: Final = _template(
    "withdrawal",
    "【联防】{sender}撤回：{river}{place}所报情况不实，前报作废，可解除准备。请回电{sender}值班室报码{code}",
)
END: Final = _template(
    "end", "【联防】{sender}终报：{river}本次污染对贵区通报结束。是否恢复取水由贵方决定。请回电报码{code}"
)
ENQUIRY: Final = _template(
    "enquiry",
    "【联防】{sender}协查：{section}断面{occurred}水质异常，疑来自上游[，{doubt}]。请查排放与闸坝，回电{sender}值班室报码{code}",
)
RELEASE: Final = _template(
    "release",
    "【联防】{sender}调度预告（非事故）：{river}{place}[{occurred}起]下泄，下游水位将涨。请告取水口，回电报码{code}",
)
RISEN: Final = _template(
    "escalation",
    "【联防】{sender}{label}无人回报，现报您：{river}{place}{substance}入河[，{doubt}]，[最早{earliest}]达{section}{no_hour}。"
    "请回电{sender}值班室报码{code}[，{next_update}前再报]",
)
BELL: Final = _template(
    "bell",
    "【联防】{sender}有{urgent}跨界水环境通报（{label}[，{doubt}]），请立即致电{sender}值班室{hint}报码{code}"
    "[。{minutes}分钟未回将联系您的上级]",
)
BELL_RISEN: Final = _template(
    "bell.escalation",
    "【联防】{sender}{urgent}跨界水环境通报（{label}[，{doubt}]）无人回报，现请您立即致电{sender}值班室{hint}报码{code}"
    "[。{minutes}分钟未回将联系您的上级]",
)
DRILL: Final = _template(
    "drill",
    "【联防】【演练】{sender}{label}：{river}{place}模拟{substance}入河，[最早{earliest}]达{section}{no_hour}[（原{was}）]。"
    "只需回电报码{code}，不得采取实际措施【演练】",
)
DRILL_END: Final = _template(
    "drill.end",
    "【联防】【演练】{sender}{label}：{river}{place}模拟通报{ending}。只需回电报码{code}，不得采取实际措施【演练】",
)
DRILL_BELL: Final = _template(
    "drill.bell",
    "【联防】【演练】{sender}演练通报（{label}），只需致电{sender}值班室报码{code}，不得采取实际措施【演练】",
)
CONTACT_TEST: Final = _template(
    "contact_test",
    "【联防】【演练】{sender}联络测试，不是事件。请致电{sender}值班室报码{code}，不得采取实际措施【演练】",
)
REGISTRY: Final = (
    FIRST,
    *UPDATES.values(),
    CORRECTION,
    SPARED_CORRECTION,
    WITHDRAWAL,
    END,
    ENQUIRY,
    RELEASE,
    RISEN,
    BELL,
    BELL_RISEN,
    DRILL,
    DRILL_END,
    DRILL_BELL,
    CONTACT_TEST,
)
"""Every text that goes out in Chinese, as it is registered with a provider."""


def _gist(said: Said) -> str:
    if said.kind in ENDINGS:
        return f"{said.river}前报{ENDINGS[said.kind].zh}"
    if said.kind == "planned_release":
        return f"{said.river}放水，非事故"
    if said.kind == "upstream_enquiry":
        return f"{said.section}水质异常{_doubt(said)}，请查上游"
    return f"{said.river}污染{_doubt(said)}，{_arrival(said, said.earliest)}"


def _news(said: Said) -> str:
    """The news of an update in a breath: 提前，最早7时半（原8时）."""
    was = f"（原{said.was}）" if said.was else ""
    hour = f"，最早{said.earliest_then}{was}" if said.earliest else "，时间未定"
    return f"{MOVES[said.moved]}{hour}{_doubt(said)}"


def _updated(said: Said, *, who: bool, river: bool) -> str:
    """The script of an update, the news first; "" for any other kind."""
    if said.kind != "update":
        return ""
    head = f"{said.sender if who else ''}{_label(said)}：{said.river if river else ''}"
    return f"{head}{_news(said)}，码{said.code}，请复述"


def _set_right(said: Said, *, river: bool) -> str:
    """The script of a correction, what was wrong first; "" for any other kind."""
    if said.kind != "correction" or not said.corrected:
        return ""
    head = f"{said.sender}{_label(said)}：{said.river if river else ''}"
    return f"{head}{_wrong(said)}{_doubt(said)}，码{said.code}，请复述"


def _near(near: Near) -> str:
    who = f"{near.sender}值班室" if near.sender else "值班室"
    if near.drill:
        return f"演练：{who}，假设上游来水污染，只复述，不得操作，演练"
    return f"{who}：{NEAR[near.says]}，请复述"


NEAR: Final = {
    "near": "上游有水污染，请关闭取水口或先取样",
    "withdrawal": "前报作废，是否恢复取水由贵方决定",
    "end": "本次污染通报结束，是否恢复取水由贵方决定",
}


def _when(at: datetime, beside: datetime | None) -> str:
    minute = {0: "", 30: "半"}.get(at.minute, f"{at.minute}分")
    day = "" if beside is not None and at.date() == beside.date() else f"{at.day}日"
    return f"{day}{at.hour}时{minute}"


WORDING: Final = Wording(
    when=_when,
    ranks=re.compile(r"(?<=..)(?:[\u4e00-\u9fff]{1,4}族)*(?:自治州|自治县|新区|省|市|区|县|州)$"),
    river=lambda name: name,
    general_river="该河",
    general_section="贵区",
    pollutant="污染物",
    texts={
        "incident": FIRST,
        "courtesy_copy": FIRST,
        "report_upward": FIRST,
        "update": lambda said: UPDATES[said.moved](said),
        "correction": lambda said: (SPARED_CORRECTION if _spared(said) else CORRECTION)(said),
        "withdrawal": WITHDRAWAL,
        "end": END,
        "upstream_enquiry": ENQUIRY,
        "planned_release": RELEASE,
        "contact_test": CONTACT_TEST,
    },
    risen=dict.fromkeys(("incident", "update", "report_upward"), RISEN),
    bell=BELL,
    bell_risen=BELL_RISEN,
    drill=lambda said: (DRILL_END if said.kind in ENDINGS else DRILL)(said),
    drill_bell=DRILL_BELL,
    scripts=(
        lambda s: _updated(s, who=True, river=True),
        lambda s: _updated(s, who=True, river=False),
        lambda s: _updated(s, who=False, river=False),
        lambda s: _set_right(s, river=True),
        lambda s: _set_right(s, river=False),
        lambda s: f"{s.sender}{_label(s)}：{_gist(s)}，码{s.code}，请复述",
        lambda s: f"{s.sender}{_label(s)}：{s.river}{_doubt(s)}，详见短信，码{s.code}，请复述",
        lambda s: f"跨界水环境通报{_label(s)}{_doubt(s)}，码{s.code}，请复述",
    ),
    drill_scripts=(
        lambda s: f"演练：{s.sender}{_label(s)}，{s.river}，码{s.code}，请复述，演练",
        lambda s: f"演练：{_label(s)}，码{s.code}，请复述，演练",
    ),
    near_scripts=(_near,),
    source_open={True: "还在流", False: "已停", None: "不明"},
    unknown="不明",
    registry=REGISTRY,
)
