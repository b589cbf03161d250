"""What the fields of requests are called where a person reads of them: in one table, as the forms call them.

A refusal's `field` stays the name that programs use; its sentence uses these.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from emergency.words import Words

LABELS: Final[Mapping[str, Words]] = {
    "location": Words("地点", "the place"),
    "lon": Words("经度", "the longitude"),
    "lat": Words("纬度", "the latitude"),
    "datum": Words("坐标系", "the datum of the coordinates"),
    "occurred_at": Words("何时发现", "when it was seen"),
    "earliest": Words("最早时刻", "the earliest time"),
    "latest": Words("最晚时刻", "the latest time"),
    "known_at": Words("本台何时知悉", "when this desk knew"),
    "substance": Words("什么物质", "the substance"),
    "source_state": Words("源头还在流吗", "the state of the source"),
    "bank": Words("哪一岸", "the bank"),
    "mass_kg": Words("约多少（千克）", "the amount in kg"),
    "duration_min": Words("流了多久（分钟）", "the duration in minutes"),
    "flow_state": Words("水情", "the flow of the river"),
    "medium": Words("环境介质", "the medium"),
    "description": Words("原话", "what was said"),
    "reporter": Words("谁报的", "who says so"),
    "source": Words("消息来源", "where it comes from"),
    "verification": Words("核实程度", "the verification"),
    "impact": Words("影响", "the impact"),
    "deaths": Words("死亡人数", "the number of deaths"),
    "poisoned": Words("中毒人数", "the number of people poisoned"),
    "evacuated": Words("疏散转移人数", "the number of people evacuated"),
    "loss_yuan": Words("经济损失（元）", "the loss in yuan"),
    "intake_interrupted": Words("取水中断的范围", "the interruption of water supply"),
    "unlocated": Words("位置暂不能落到河段", "the mark that the place is on no river"),
    "drill": Words("是否演练", "the exercise mark"),
    "state": Words("核实结论", "what is held of it"),
    "into": Words("并入的事件", "the incident to go on in"),
    "other": Words("另一事件", "the other incident"),
    "reports": Words("报告", "the reports"),
    "to": Words("接任席位", "the desk to take over"),
    "lines": Words("接班清单", "the lines of the sheet"),
    "another_than": Words("另一事件的选择", "the incidents that this is not"),
    "linked_to": Words("关联的事件", "the linked incident"),
    "changes": Words("更正内容", "what is corrected"),
    "reason": Words("理由", "the reason"),
    "signer": Words("签发人", "the signer"),
    "despite": Words("仍要解除的理由", "the list of what is answered for"),
    "assessment": Words("研判编号", "the number of the assessment"),
    "notifications": Words("要发的通报", "the notifications to send"),
    "withhold": Words("不发的通报", "the notifications to withhold"),
    "id": Words("通报编号", "the number of the notification"),
    "ids": Words("通报编号", "the numbers of the notifications"),
    "act": Words("通报方式", "the kind of act"),
    "consent": Words("同意", "the consent"),
    "by": Words("姓名", "the name of the person"),
    "how": Words("同意方式", "the way of consent"),
    "at": Words("时间", "the time"),
    "next_update_at": Words("下次续报时间", "the time of the next update"),
    "on_behalf": Words("代发理由", "the reason to send on another's behalf"),
    "contact": Words("联络人", "the contact"),
    "outcome": Words("通话结果", "what came of the call"),
    "person": Words("回报人", "who read it back"),
    "code": Words("回报码", "the code"),
    "via": Words("回报途径", "the way of reading back"),
    "reach": Words("河段编号", "the number of the reach"),
    "offset_m": Words("距河段上端的米数", "the metres from the reach's upstream end"),
    "direction": Words("方向", "the direction"),
    "main": Words("是否只看主路径", "the choice of the main path"),
    "after": Words("起始条号", "the number of the entry to begin after"),
    "q": Words("要找的地名", "the name to look for"),
    "river": Words("河流", "the river"),
    "division": Words("区划", "the division"),
    "agreement": Words("协议", "the agreement"),
    "grade": Words("级别", "the grade"),
    "level": Words("响应级别", "the level of the response"),
    "items": Words("第四条情形", "the items of article 4"),
    "criteria": Words("认定的标准", "the criteria held to be met"),
    "clocks": Words("已报的事项", "what was reported"),
    "role": Words("角色", "the role"),
    "tier": Words("层级", "the tier"),
    "name_zh": Words("名称", "the name"),
    "name_en": Words("英文名称", "the name in English"),
    "number": Words("号码", "the number"),
    "ways": Words("用途", "the use of the number"),
    "content_level": Words("内容深度", "the content level"),
    "language": Words("语言", "the language"),
    "country": Words("国家", "the country"),
    "officer": Words("登录账号", "the login"),
    "organisation": Words("单位", "the organisation"),
    "kind": Words("单位类别", "the kind of organisation"),
    "place": Words("用于", "the place it is for"),
    "active": Words("在用", "whether it is in use"),
    "version": Words("版本", "the version that was changed"),
    "people": Words("当班的人", "who is to be on duty"),
    "turns": Words("轮次", "the turns"),
    "days": Words("开班的日子", "the days on which it begins"),
    "starts": Words("交班时刻", "the hand-over hour"),
    "hours": Words("小时数", "the hours"),
    "shift_hours": Words("小时数", "the hours of a turn"),
    "anchor_at": Words("第一班开始", "the beginning of the first turn"),
    "anchor_on": Words("第一天", "the first day"),
    "until_on": Words("最后一天", "the last day"),
    "since": Words("开始", "the beginning"),
    "until": Words("结束", "the end"),
    "first_at": Words("第一班中的时刻", "the hour of the one turn"),
    "second_at": Words("第二班中的时刻", "the hour of the other turn"),
    "on": Words("日期", "the date"),
    "remove": Words("日期", "the date"),
    "counts_as": Words("算作", "what the day counts as"),
    "label": Words("名称", "the label"),
    "time_zone": Words("时区", "the time zone"),
    "horizon_days": Words("检查天数", "the days checked ahead"),
    "remark": Words("备注", "the remark"),
    "csv": Words("列表", "the list"),
    "body": Words("所填内容", "what was sent"),
}


CHOICES: Final[Mapping[str, str]] = {
    "wgs84": "WGS 84",
    "cgcs2000": "CGCS2000",
    "gcj02": "GCJ-02",
    "stopped": "已停",
    "continuing": "还在流",
    "unknown": "不明",
    "left": "左岸",
    "right": "右岸",
    "middle": "河中",
    "low": "枯",
    "mean": "平",
    "high": "丰",
    "flood": "洪",
    "water": "水",
    "unverified": "待核实",
    "preliminary": "初步核实",
    "verified": "已核实",
    "refuted": "已否定",
    "none": "没有",
    "township": "乡镇",
    "county": "县",
    "city": "市",
    "heads_up": "口头提醒",
    "formal_notice": "正式通报",
    "oral": "口头",
    "telephone": "电话",
    "signed": "签字",
    "fax": "传真",
    "network": "网络",
    "post": "邮寄",
    "in_person": "当面",
    "declare": "宣布",
    "raise": "升级",
    "lower": "降级",
    "start": "启动",
    "end": "终止",
    "web": "网页",
    "code": "报码",
    "call": "电话",
    "read_back": "已回报",
    "no_answer": "无人接",
    "busy": "占线",
    "wrong_number": "错号",
    "refused": "拒绝",
    "call_later": "稍后再打",
    "down": "向下游",
    "up": "向上游",
}
"""What the values of a choice are called in Chinese; in English they speak for themselves."""


def choices(values: Sequence[str]) -> Words:
    """The values that a field may have, each with its name."""
    named = [f"{CHOICES[each]}（{each}）" if each in CHOICES else each for each in values]
    return Words("或".join(("、".join(named[:-1]), named[-1])) if len(named) > 1 else named[0], " or ".join(values))


def label(name: str) -> Words:
    """What a field is called, with what it is part of; one that is unknown stands in quotation marks, as it was sent."""
    parts = [part for part in name.split(".") if not part.isdigit()]
    named = [LABELS.get(part) or Words(f"“{part[:40]}”", f'"{part[:40]}"') for part in parts] or [LABELS["body"]]
    if parts[:1] == ["location"] and len(parts) > 1:
        named = named[1:]  # a longitude needs no more
    return Words("的".join(each.zh for each in named), " of ".join(each.en for each in reversed(named)))


def fault(name: str, zh: str, en: str) -> Words:
    """A sentence on a field: what it is called, then what to correct."""
    called = label(name)
    return Words(f"{called.zh}：{zh}。", f"{called.en[:1].upper()}{called.en[1:]} {en}.")
