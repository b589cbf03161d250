"""The Chinese texts. Wording and lengths: counted with the trade's own examples; the signature 【联防】 counts. Pure."""

import re
from datetime import datetime
from typing import Final

from contacts.said import ENDINGS, Near, Said, Wording

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


def _label(said: Said) -> str:
    if said.kind == "update" or (said.kind == "incident" and said.version > 1):
        return f"更新{said.version}"
    return LABELS[said.kind]


def _arrival(said: Said, earliest: str) -> str:
    was = f"（原{said.was}）" if said.was else ""
    return f"最早{earliest}达{said.section}{was}" if earliest else f"达{said.section}时间未定{was}"


def _doubt(said: Said) -> str:
    return "" if said.verified else "，待核实"


def _call(said: Said) -> str:
    again = f"，{said.next_update}前再报" if said.next_update else ""
    return f"请回电{said.sender}值班室报码{said.code}{again}"


def _first(said: Said) -> str:
    what = f"{said.substance}入河{'，物质不明' if said.unknown else ''}{_doubt(said)}"
    return f"【联防】{said.sender}{_label(said)}：{said.river}{said.place}{said.occurred}{what}。{_arrival(said, said.earliest_then)}。{_call(said)}"


MOVES: Final = {
    "earlier": ("提前", "请即核对取水口、闸坝并回电报码"),
    "later": ("推后", "防范措施不撤。请回电报码"),
    "unchanged": ("时间不变", "防范措施不撤。请回电报码"),
    "": ("有更新", "请回电报码"),
}


def _update(said: Said) -> str:
    change, ask = MOVES[said.moved]
    again = f"，{said.next_update}前再报" if said.next_update else ""
    head = f"【联防】{said.sender}{_label(said)}：{said.river}污染{change}{_doubt(said)}"
    return f"{head}，{_arrival(said, said.earliest)}。{ask}{said.code}{again}"


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


def _correction(said: Said) -> str:
    head = f"【联防】{said.sender}更正{said.version}：{said.river}{_wrong(said)}{_doubt(said)}"
    arrival = "" if _spared(said) else f"。{_arrival(said, said.earliest)}"
    return f"{head}{arrival}。{_call(said)}"


def _withdrawal(said: Said) -> str:
    return f"【联防】{said.sender}撤回：{said.river}{said.place}所报情况不实，前报作废，可解除准备。请回电{said.sender}值班室报码{said.code}"


def _end(said: Said) -> str:
    return (
        f"【联防】{said.sender}终报：{said.river}本次污染对贵区通报结束。是否恢复取水由贵方决定。请回电报码{said.code}"
    )


def _enquiry(said: Said) -> str:
    head = f"【联防】{said.sender}协查：{said.section}断面{said.occurred}水质异常，疑来自上游{_doubt(said)}"
    return f"{head}。请查排放与闸坝，回电{said.sender}值班室报码{said.code}"


def _release(said: Said) -> str:
    since = f"{said.occurred}起" if said.occurred else ""
    return f"【联防】{said.sender}调度预告（非事故）：{said.river}{said.place}{since}下泄，下游水位将涨。请告取水口，回电报码{said.code}"


def _bell(said: Said) -> str:
    urgent = "" if said.kind in ENDINGS else "紧急"
    where = "（号码见通讯录）" if said.hint else ""
    chase = f"。{said.minutes}分钟未回将联系您的上级" if said.minutes else ""
    head = f"【联防】{said.sender}有{urgent}跨界水环境通报（{_label(said)}{_doubt(said)}）"
    return f"{head}，请立即致电{said.sender}值班室{where}报码{said.code}{chase}"


def _drill(said: Said) -> str:
    head = f"【联防】【演练】{said.sender}{_label(said)}：{said.river}{said.place}模拟"
    order = f"只需回电报码{said.code}，不得采取实际措施【演练】"
    if said.kind in ENDINGS:
        return f"{head}通报{ENDINGS[said.kind].zh}。{order}"
    return f"{head}{said.substance}入河，{_arrival(said, said.earliest)}。{order}"


def _drill_bell(said: Said) -> str:
    return f"【联防】【演练】{said.sender}演练通报（{_label(said)}），只需致电{said.sender}值班室报码{said.code}，不得采取实际措施【演练】"


def _contact_test(said: Said) -> str:
    head = f"【联防】【演练】{said.sender}联络测试，不是事件"
    return f"{head}。请致电{said.sender}值班室报码{said.code}，不得采取实际措施【演练】"


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
    return f"{MOVES[said.moved][0]}{hour}{_doubt(said)}"


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
        "incident": _first,
        "courtesy_copy": _first,
        "report_upward": _first,
        "update": _update,
        "correction": _correction,
        "withdrawal": _withdrawal,
        "end": _end,
        "upstream_enquiry": _enquiry,
        "planned_release": _release,
        "contact_test": _contact_test,
    },
    bell=_bell,
    drill=_drill,
    drill_bell=_drill_bell,
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
)
