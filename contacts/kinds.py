"""What the directory and the roster speak of, with their words: kinds of organisations, tiers, ways to reach, days. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from contacts.values import Level, Role
from emergency.words import Language, Words


class Kind(StrEnum):
    """What an organisation is: first those inside one's own county, in the order of the first calls, then the others."""

    DUTY_ROOM = "duty_room"
    GOVERNMENT = "government"
    WATER_BUREAU = "water_bureau"
    DAM_OPERATOR = "dam_operator"
    WATER_COMPANY = "water_company"
    FIRE = "fire"
    EMERGENCY_MANAGEMENT = "emergency_management"
    TRANSPORT_POLICE = "transport_police"
    HEALTH = "health"
    AGRICULTURE = "agriculture"
    INFORMATION_OFFICE = "information_office"
    INTAKE = "intake"
    UPPER_LEVEL = "upper_level"


KINDS: Final[Mapping[Kind, Words]] = {
    Kind.DUTY_ROOM: Words("值班室", "duty room"),
    Kind.GOVERNMENT: Words("本级政府", "own government"),
    Kind.WATER_BUREAU: Words("水利部门", "water bureau"),
    Kind.DAM_OPERATOR: Words("闸坝管理单位", "dam operator"),
    Kind.WATER_COMPANY: Words("供水单位", "water company"),
    Kind.FIRE: Words("消防救援", "fire and rescue"),
    Kind.EMERGENCY_MANAGEMENT: Words("应急管理", "emergency management"),
    Kind.TRANSPORT_POLICE: Words("交通与公安", "transport and police"),
    Kind.HEALTH: Words("卫生健康", "health"),
    Kind.AGRICULTURE: Words("农业农村", "agriculture"),
    Kind.INFORMATION_OFFICE: Words("新闻宣传", "information office"),
    Kind.INTAKE: Words("取水口", "intake"),
    Kind.UPPER_LEVEL: Words("上级部门", "upper level"),
}


class Tier(StrEnum):
    """At which level of the joint work a liaison stands; those of agreements are levels too."""

    DUTY = "duty"
    SPECIAL_GROUP = "special_group"
    SECRETARIAT = "secretariat"
    DECISION = "decision"


TIERS: Final[Mapping[Tier, Words]] = {
    Tier.DUTY: Words("值班", "duty"),
    Tier.SPECIAL_GROUP: Words("专项工作组", "special group"),
    Tier.SECRETARIAT: Words("联络办公室", "secretariat"),
    Tier.DECISION: Words("决策层", "decision tier"),
}


class Way(StrEnum):
    """How somebody is reached: the machine texts; people call, fax, or use the official exchange."""

    SMS = "sms"
    PHONE = "phone"
    FAX = "fax"
    OA = "oa"


WAYS: Final[Mapping[Way, Words]] = {
    Way.SMS: Words("短信", "text"),
    Way.PHONE: Words("电话", "call"),
    Way.FAX: Words("传真", "fax"),
    Way.OA: Words("公文交换", "official exchange"),
}
DIALLED: Final = frozenset({Way.SMS, Way.PHONE, Way.FAX})
"""Ways that are telephone numbers; an address of the official exchange is a text."""

ROLES: Final[Mapping[Role, Words]] = {
    Role.PRIMARY: Words("主班", "primary"),
    Role.DEPUTY: Words("副班", "deputy"),
    Role.LEADER: Words("带班领导", "leader"),
}
LEVELS: Final[Mapping[Level, Words]] = {
    Level.BELL: Words("只响铃", "bell"),
    Level.FACTS: Words("要点", "facts"),
    Level.FULL: Words("全文", "full"),
}
LANGUAGES: Final[Mapping[Language, Words]] = {
    Language.ZH: Words("中文", "Chinese"),
    Language.EN: Words("英文", "English"),
}
NOT_SAID: Final = Words("—", "—")
USED: Final[Mapping[bool, Words]] = {True: Words("是", "yes"), False: Words("否", "no")}


class How(StrEnum):
    """How a number was verified."""

    CALLED = "called"
    IN_PERSON = "in_person"
    DOCUMENT = "document"
    TEXTED = "texted"


HOWS: Final[Mapping[How, Words]] = {
    How.CALLED: Words("打通并由本人确认", "rung, and the person confirmed it"),
    How.IN_PERSON: Words("当面确认", "confirmed in person"),
    How.DOCUMENT: Words("对方来文", "their letter"),
    How.TEXTED: Words("短信验证码读回", "a texted code, read back"),
}
REACHED: Final = frozenset({How.CALLED, How.IN_PERSON, How.TEXTED})
"""Ways of verifying in which the person themselves was met; a letter reaches nobody."""
STATED: Final = frozenset({How.CALLED, How.IN_PERSON, How.DOCUMENT})
"""Ways of verifying that an officer states; a texted code proves itself."""

WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY: Final = "holiday"
DAYS: Final[Mapping[str, Words]] = {
    "mon": Words("周一", "Mon"),
    "tue": Words("周二", "Tue"),
    "wed": Words("周三", "Wed"),
    "thu": Words("周四", "Thu"),
    "fri": Words("周五", "Fri"),
    "sat": Words("周六", "Sat"),
    "sun": Words("周日", "Sun"),
    HOLIDAY: Words("节假日", "holiday"),
}
"""What a day counts as."""
