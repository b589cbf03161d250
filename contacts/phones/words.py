"""The sentences of this room in both languages. It knows nothing of the desk that it serves, so its words are its own."""

from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str

    def to(self, language: str) -> str:
        """The sentence in `language`; Chinese where it is neither."""
        return self.en if language == "en" else self.zh


PAGE: Final = {
    "title": Words("模拟电话", "Simulated phones"),
    "mark": Words(
        "模拟电话 SIMULATED：这里的短信不会到达任何真实手机",
        "SIMULATED 模拟电话: no text shown here reaches a real phone",
    ),
    "other_language": Words("English", "中文"),
    "handsets": Words("手机", "Handsets"),
    "skip": Words("跳到手机列表", "Skip to the handsets"),
    "none": Words("还没有手机。", "No handsets yet."),
    "none_how": Words(
        "第一条短信发出后，收信的号码会出现在这里。", "The first text that is sent brings its number onto this page."
    ),
    "no_texts": Words("还没有短信。", "No texts yet."),
    "earlier": Words("只显示最近 50 条。", "The last 50 are shown."),
    "no_inbound": Words(
        "未设置来信地址：回复会记入账本，但不会转交。",
        "No inbound address is set: replies are booked but passed on to nobody.",
    ),
    "on": Words("开机", "on"),
    "off": Words("关机", "off"),
    "turn_off": Words("关机（无法接通）", "Turn off (unreachable)"),
    "turn_on": Words("开机", "Turn on"),
    "stopped": Words("已退订 STOP", "texted STOP"),
    "cn": Words("中国大陆：只收不回", "China: cannot reply"),
    "unread": Words("未读", "unread"),
    "read": Words("已读", "read"),
    "mark_read": Words("标为已读", "Mark as read"),
    "not_arrived": Words("未到手机", "did not arrive"),
    "on_its_way": Words("在途", "on its way"),
    "handed_over": Words("已转交", "passed on"),
    "not_handed_over": Words("未转交", "not passed on"),
    "from_here": Words("此手机发出", "Sent from this handset"),
    "reply": Words("回复", "Reply"),
    "reply_hint": Words("发 STOP 退订，发 START 恢复", "STOP ends the texts, START brings them back"),
    "send": Words("以此手机回复", "Reply from this handset"),
    "segments": Words("条", "segment(s)"),
    "characters": Words("字", "characters"),
    "updated": Words("每 2 秒自动更新", "Updates every 2 seconds"),
    "stale": Words("连接中断，显示的可能不是最新", "Connection lost: this may be out of date"),
}

CANNOT_REPLY: Final = Words(
    "中国大陆号码不支持回复短信（运营商不提供双向短信）。请打电话报码，或在网页上确认。",
    "Numbers in China cannot reply: two-way texts are not offered there. Call and read back the code, or confirm on the web.",
)
IS_OFF: Final = Words("手机已关机，请先开机。", "This handset is off: turn it on first.")
EMPTY_REPLY: Final = Words("请先写回复内容。", "Write the reply first.")
LONG_REPLY: Final = Words("回复不能超过 1600 字。", "A reply holds at most 1,600 characters.")
NO_SUCH_HANDSET: Final = Words("没有这部手机。", "There is no such handset.")
NO_SUCH_TEXT: Final = Words("这部手机没有收到这条短信。", "This handset has not received that text.")
FOREIGN_PAGE: Final = Words("请求来自别的网页，已拒绝。", "The request came from a foreign page and was refused.")
