"""What the delivering half speaks of: roles, channels, people, reasons, and the policy of waiting. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from emergency.words import Language, Words

CONTRACT: Final = 1
"""Which deliveries this version of the worker knows how to handle: those that say this number or a smaller one.

While an old and a new version run side by side, the old one leaves alone what only the new one understands. It is raised
together with whatever a worker of the version before would get wrong, and not otherwise.
"""


class Role(StrEnum):
    """Who at a desk is told, in the order in which they are."""

    PRIMARY = "primary"
    DEPUTY = "deputy"
    LEADER = "leader"


LADDER: Final = (Role.PRIMARY, Role.DEPUTY, Role.LEADER)


class Channel(StrEnum):
    """By what a message travels. Calls, faxes and the official exchange (公文交换) are acts of officers; `flask dispatch` does the rest."""

    SMS = "sms"
    PHONE = "phone"
    WEBSOCKET = "websocket"
    FAX = "fax"
    EXCHANGE = "exchange"


CONTACT_TEST: Final = "contact_test"
"""The kind of a message that only asks whether its receiver answers: never an alert."""
ANSWER_WITHIN: Final = timedelta(hours=24)
"""Policy: whoever has not answered a contact test by then has not answered."""


class Level(StrEnum):
    """How much a contact may be sent in writing: who, call us and code; the facts; all there is."""

    BELL = "bell"
    FACTS = "facts"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Contact:
    """A liaison or an office that is told. officer_name: its login, if it has one. tier: of the joint work, where it has one."""

    id: int
    desk: str
    role: Role
    name: Words
    language: Language
    profile: str
    level: Level
    active: bool = True
    officer_name: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody to tell in a role at an instant, and why."""

    desk: str
    role: Role
    at: datetime
    reason: "Reason"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a delivery was refused, failed or waits: a stable name and a sentence."""

    slug: str
    words: Words

    def stored(self, **facts: Any) -> dict[str, Any]:
        """As it stands in a row and in the journal."""
        return {"slug": self.slug, "words": self.words.stored()} | facts


NO_ROSTER: Final = Reason("no-roster", Words("该席位没有值班表", "that desk has no roster"))
NOBODY_IN_ROLE: Final = Reason("nobody-in-role", Words("此角色没有值班人", "the roster names nobody in that role"))
NOBODY_AT_TIER: Final = Reason(
    "nobody-at-tier", Words("该席位在这一层级没有联络人", "that desk has no contact at that tier")
)
INACTIVE: Final = Reason("contact-inactive", Words("当班联络人已停用", "the contact on duty is no longer active"))
NO_METHOD: Final = Reason(
    "no-method", Words("当班联络人没有可用的短信号码", "the contact on duty has no number for texts")
)
OPTED_OUT: Final = Reason("opted-out", Words("此号码已退订短信", "that number has texted STOP"))
WRONG_NUMBER: Final = Reason(
    "wrong-number",
    Words("此号码接听者说是错号，核实前不再使用", "whoever answered said it is a wrong number: not used until checked"),
)
SAME_NUMBER: Final = Reason(
    "same-number", Words("此号码已收到同一通报", "that number has been sent this message already")
)
NOBODY_AT_ALL: Final = Reason(
    "nobody-on-duty", Words("该席位无人当班，请按通讯录人工联系", "nobody is on duty at that desk: reach it by hand")
)
UNWRITABLE: Final = Reason(
    "unwritable", Words("正文无法写进一条短信，已改发响铃短信", "the facts do not fit one text: a bell was sent")
)
UNWRITABLE_BELL: Final = Reason("unwritable-bell", Words("连响铃短信也写不成", "not even a bell could be written"))
ACKNOWLEDGED: Final = Reason("acknowledged", Words("已有人回报", "a person has read it back"))
REPLACED: Final = Reason("replaced", Words("已被更新的通报取代", "a later message has replaced it"))
TOO_LATE: Final = Reason("too-late", Words("超过有效时间", "its time is over"))
NO_EVIDENCE: Final = Reason(
    "no-evidence", Words("不知是否发出；不重发以免重复", "it is not known whether it was sent; not sent again")
)
UNFIT: Final = Reason("unfit", Words("程序出错，没能处理；还会再试", "the program failed on it; it is tried again"))
LOST: Final = Reason("worker-lost", Words("发送进程中断，不知是否发出", "the worker was lost: it may have been sent"))
GIVEN_UP: Final = Reason("given-up", Words("多次尝试未成", "tried too often"))
NO_PAGE: Final = Reason("no-page-open", Words("对方没有打开的网页", "no page was open there"))
NO_RECEIPT: Final = Reason("no-receipt", Words("运营商一直没有给出结果", "the carrier never said how it ended"))
CHANNEL_STOPPED: Final = Reason(
    "channel-stopped", Words("短信通道配置有误，已停用", "the channel is stopped: its settings are refused")
)
CHANNEL_BUSY: Final = Reason("channel-busy", Words("短信通道限速，稍后再发", "the provider asks to slow down"))
BUDGET_SPENT: Final = Reason(
    "budget-spent",
    Words(
        "此人 24 小时内的短信已满，后续更新并作一条",
        "that person's texts of 24 h are used up: updates are put together",
    ),
)
BUNDLED: Final = Reason("bundled", Words("与其他更新并作一条发出", "sent together with other updates in one text"))
FOREIGN_ROUTE: Final = Reason(
    "foreign-route",
    Words(
        "经境外服务商发往中国大陆：可能被拦截或收不到，请同时打电话",
        "sent to mainland China by a provider abroad: it may be filtered or never arrive, ring as well",
    ),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How long to wait for what. The defaults are those of the delivery contract; tests shorten them.

    A timeout is shorter than half the lease, so that a worker that still owns its row has an answer before it runs out.
    """

    lease_s: float = 30.0
    timeout_s: float = 10.0
    settle_s: float = 20.0
    check_s: float = 5.0
    checks: int = 3
    idle_s: float = 1.0
    retry_s: float = 1.0
    retry_most_s: float = 60.0
    failures: int = 20
    transient_s: float = 300.0
    receipt_s: float = 20.0
    ask_s: float = 60.0
    ask_most_s: float = 600.0
    ask_until_s: float = 6 * 3600.0
    probe_s: float = 60.0
    escalate_now_s: float = 15 * 60.0
    escalate_prepare_s: float = 60 * 60.0
    valid_now_s: float = 2 * 3600.0
    valid_prepare_s: float = 4 * 3600.0
    valid_watch_s: float = 12 * 3600.0
    valid_drill_s: float = 3600.0
    budget_texts: int = 30
    bundle_s: float = 600.0

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s < self.lease_s / 2:
            raise ValueError(f"timeout {self.timeout_s} s must be shorter than half the lease of {self.lease_s} s")

    def escalate_s(self, circle: str) -> float | None:
        """How long a step waits for a read-back; None where nobody is rung (watch)."""
        return {"now": self.escalate_now_s, "prepare": self.escalate_prepare_s}.get(circle)

    def valid_s(self, circle: str, *, drill: bool) -> float:
        """How long a text is of use: the graver, the sooner it is stale; a drill ends with the hour."""
        if drill:
            return self.valid_drill_s
        return {"now": self.valid_now_s, "prepare": self.valid_prepare_s}.get(circle, self.valid_watch_s)


DRILL_RANK: Final = 10


def rank(circle: str, *, version: int, drill: bool) -> int:
    """Who goes first when there is a queue: now before prepare, a first alert before an update, a drill last."""
    return {"now": 0, "prepare": 2}.get(circle, 4) + (version != 1) + DRILL_RANK * drill


def is_first_alert(ranked: int) -> bool:
    """Whether it is the first message of its thread, by its rank."""
    return ranked % 2 == 0
