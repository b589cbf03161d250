"""The provider's error codes as a table: what each proves. An unknown code is judged by its HTTP class. Pure data.

Source: the provider's error dictionary. It recommends not to rely on codes, so only those are listed that change what is
done; any other refusal is permanent for this channel, and the next one is used at once.
"""

from dataclasses import dataclass
from typing import Final

from contacts.channels.base import Verdict
from emergency.words import Words


@dataclass(frozen=True, slots=True)
class Code:
    """What a code proves, and its meaning."""

    verdict: Verdict
    words: Words


CODES: Final = {
    20003: Code(Verdict.CONFIGURATION, Words("账号或令牌不对", "wrong account or token")),
    20429: Code(Verdict.BUSY, Words("请求过多", "too many requests")),
    21211: Code(Verdict.PERMANENT, Words("号码无效", "not a valid number")),
    21212: Code(Verdict.CONFIGURATION, Words("发送号码无效", "the sending number is not valid")),
    21408: Code(Verdict.PERMANENT, Words("账号未开通该地区", "that region is not enabled for the account")),
    21602: Code(Verdict.PERMANENT, Words("正文为空", "the text is empty")),
    21603: Code(Verdict.CONFIGURATION, Words("未设发送号码", "no sending number is set")),
    21606: Code(Verdict.CONFIGURATION, Words("发送号码不属于本账号", "the sending number is not of this account")),
    21609: Code(
        Verdict.CONFIGURATION,
        Words("回执地址无效，请检查 PUBLIC_URL", "the callback address is not valid: check PUBLIC_URL"),
    ),
    21610: Code(Verdict.OPTED_OUT, Words("对方已退订短信", "that person has texted STOP")),
    21612: Code(Verdict.PERMANENT, Words("此号码收不到短信", "that number cannot be reached by text")),
    21614: Code(Verdict.PERMANENT, Words("不是手机号码", "not a mobile number")),
    21635: Code(Verdict.PERMANENT, Words("固定电话", "a landline")),
    21705: Code(Verdict.CONFIGURATION, Words("消息服务编号无效", "the messaging service is not valid")),
    30001: Code(Verdict.AGAIN, Words("队列已满", "queue overflow")),
    30003: Code(Verdict.LATER, Words("手机关机或无法接通", "handset off or out of reach")),
    30004: Code(Verdict.BLOCKED, Words("被拦截", "blocked")),
    30005: Code(Verdict.PERMANENT, Words("空号", "unknown handset")),
    30006: Code(Verdict.PERMANENT, Words("固定电话或运营商不支持", "landline or unreachable carrier")),
    30007: Code(Verdict.BLOCKED, Words("被运营商过滤", "filtered by the carrier")),
    30008: Code(Verdict.AGAIN, Words("运营商未说明原因", "unknown carrier error")),
}


def refusal(http_status: int, code: int | None) -> Code:
    """What a refused request proves: by its code where that is known, else by its HTTP class."""
    if http_status >= 500:
        return Code(Verdict.UNKNOWN, Words("服务方出错，不知是否收下", "the provider failed: it may have been taken"))
    if code in CODES:
        return CODES[code]
    if http_status == 429:
        return CODES[20429]
    if http_status in (401, 403):
        return CODES[20003]
    if http_status == 408:
        return Code(
            Verdict.UNKNOWN, Words("服务方超时，不知是否收下", "the provider timed out: it may have been taken")
        )
    return Code(Verdict.PERMANENT, Words("服务方拒收", "the provider refused it"))


def carrier(code: int | None) -> Code:
    """What the end of a text proves, as the carrier told it."""
    return CODES.get(code or 0, Code(Verdict.PERMANENT, Words("运营商未送达", "the carrier did not deliver it")))
