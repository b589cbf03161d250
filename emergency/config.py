"""The settings, read once from the environment; each may also be given as a file by NAME_FILE.

Nothing here has a secret default: where a secret is missing the service says which, and does not start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emergency.errors import NotReady
from emergency.words import Language, Words

MOST_M: Final = 100_000
"""No tolerance is wider: a place 100 km off is another river's."""
SMS_PROVIDERS: Final = ("simulator", "twilio", "gateway")
CONTACT_TESTS: Final = ("monthly", "off")
MOST_TEXTS_S: Final = 1000.0
"""No sender is as fast; a larger figure is a typing error."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name in the environment, its meaning, its default (None: must be given), and secrecy."""

    name: str
    meaning: Words
    default: str | None = None
    secret: bool = False


SETTINGS: Final = (
    Setting("DATABASE_URL", Words("PostGIS 数据库地址", "Address of the PostGIS database"), None, True),
    Setting("SECRET_KEY", Words("会话签名密钥", "Key that signs sessions"), None, True),
    Setting(
        "CONTACTS_KEY",
        Words(
            "联系方式加密密钥，逗号分隔；第一个加密，全部可解密",
            "Keys of the phone numbers, comma-separated: first encrypts",
        ),
        None,
        True,
    ),
    Setting(
        "PUBLIC_URL", Words("外部访问地址（回执与链接用）", "Address as seen from outside"), "http://127.0.0.1:8000"
    ),
    Setting(
        "SMS_PROVIDER",
        Words("短信通道：simulator、twilio 或 gateway", "SMS: simulator, twilio or gateway"),
        "simulator",
    ),
    Setting("TWILIO_ACCOUNT_SID", Words("Twilio 账号", "Twilio account"), ""),
    Setting(
        "TWILIO_AUTH_TOKEN",
        Words("Twilio 令牌，轮换时可逗号分隔两个", "Twilio token; two, comma-separated, in rotation"),
        "",
        True,
    ),
    Setting("TWILIO_FROM", Words("发送号码", "Number that sends"), ""),
    Setting("TWILIO_MESSAGING_SERVICE_SID", Words("Twilio 消息服务", "Twilio messaging service"), ""),
    Setting("TWILIO_REGION", Words("Twilio 区域，如 ie1；不填为 us1", "Twilio region, such as ie1; us1 if empty"), ""),
    Setting("TWILIO_EDGE", Words("Twilio 接入点，如 dublin", "Twilio edge, such as dublin"), ""),
    Setting(
        "TWILIO_BASE_URL", Words("改用此地址代替 Twilio（测试与演练）", "Used instead of Twilio (tests and drills)"), ""
    ),
    Setting(
        "SMS_PER_SECOND",
        Words(
            "发送号码每秒可发短信条数（长号码约 1）", "Texts a second that the sending number takes (a long code: 1)"
        ),
        "1",
    ),
    Setting(
        "CONTACT_TESTS",
        Words("每月联络测试：monthly 或 off", "The monthly contact test of every desk: monthly or off"),
        "monthly",
    ),
    Setting(
        "HEARTBEAT_URL",
        Words(
            "自检通过时访问的外部心跳地址；空为不用",
            "Address outside that is called while the audit passes; empty: none",
        ),
        "",
        True,
    ),
    Setting(
        "PORT", Words("网页端口；模拟电话公司用下一个端口", "Port of the web; the simulator takes the next"), "8000"
    ),
    Setting("LANGUAGE", Words("默认语言：zh 或 en", "Default language: zh or en"), "zh"),
    Setting("TIME_ZONE", Words("显示用时区", "Time zone that is shown"), "Asia/Shanghai"),
    Setting(
        "SNAP_TOLERANCE_M",
        Words("所报位置距河段最远多少米仍可定位", "Metres from a reach within which a reported place is laid on it"),
        "2000",
    ),
    Setting(
        "SNAP_SCHEMATIC_TOLERANCE_M",
        Words("距示意河段最远多少米仍可定位", "The same, from a reach that is only drawn schematically"),
        "5000",
    ),
)


WARNINGS: Final = {
    ("SMS_PROVIDER", "twilio"): Words(
        "境外服务商：发往 +86 的短信不能回复，可能被拦截或收不到；国内联络人须同时打电话。",
        "A provider abroad: texts to +86 cannot be answered and may be filtered or never arrive; ring those contacts too.",
    ),
}
"""Values that are allowed and yet need to be known about."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one deployment, checked."""

    database_url: str
    secret_key: str
    contacts_key: str
    public_url: str
    sms_provider: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_from: str
    twilio_messaging_service_sid: str
    twilio_region: str
    twilio_edge: str
    twilio_base_url: str
    sms_per_second: float
    contact_tests: str
    heartbeat_url: str
    port: int
    language: Language
    time_zone: ZoneInfo
    snap_tolerance_m: float
    snap_schematic_tolerance_m: float

    @property
    def callback_url(self) -> str:
        """Where the SMS provider reaches this service: the simulator is on this machine and calls nothing else."""
        return f"http://127.0.0.1:{self.port}" if self.sms_provider == "simulator" else self.public_url


def read(environ: Mapping[str, str]) -> Settings:
    """The settings from `environ`; NotReady names the one that is missing or wrong."""
    values = {setting.name: _value(setting, environ) for setting in SETTINGS}
    return Settings(
        database_url=driver_url(values["DATABASE_URL"]),
        secret_key=values["SECRET_KEY"],
        contacts_key=values["CONTACTS_KEY"],
        public_url=values["PUBLIC_URL"].rstrip("/"),
        sms_provider=_one_of("SMS_PROVIDER", values["SMS_PROVIDER"], SMS_PROVIDERS),
        twilio_account_sid=values["TWILIO_ACCOUNT_SID"],
        twilio_auth_token=values["TWILIO_AUTH_TOKEN"],
        twilio_from=values["TWILIO_FROM"],
        twilio_messaging_service_sid=values["TWILIO_MESSAGING_SERVICE_SID"],
        twilio_region=_host_part("TWILIO_REGION", values["TWILIO_REGION"]),
        twilio_edge=_host_part("TWILIO_EDGE", values["TWILIO_EDGE"]),
        twilio_base_url=values["TWILIO_BASE_URL"].rstrip("/"),
        sms_per_second=_rate("SMS_PER_SECOND", values["SMS_PER_SECOND"]),
        contact_tests=_one_of("CONTACT_TESTS", values["CONTACT_TESTS"], CONTACT_TESTS),
        heartbeat_url=_url("HEARTBEAT_URL", values["HEARTBEAT_URL"]),
        port=_port(values["PORT"]),
        language=Language(_one_of("LANGUAGE", values["LANGUAGE"], tuple(Language))),
        time_zone=_zone(values["TIME_ZONE"]),
        snap_tolerance_m=_metres("SNAP_TOLERANCE_M", values["SNAP_TOLERANCE_M"]),
        snap_schematic_tolerance_m=_metres("SNAP_SCHEMATIC_TOLERANCE_M", values["SNAP_SCHEMATIC_TOLERANCE_M"]),
    )


def describe(environ: Mapping[str, str]) -> list[dict[str, str]]:
    """Each setting with meaning, source and value; secrets masked. For `flask config`."""
    return [_described(setting, environ) for setting in SETTINGS]


def driver_url(url: str) -> str:
    """The database address with psycopg 3 named, however the operator wrote the scheme."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _described(setting: Setting, environ: Mapping[str, str]) -> dict[str, str]:
    source = setting.name if setting.name in environ else f"{setting.name}_FILE"
    given = source in environ
    value = _value(setting, environ) if given or setting.default is not None else ""
    shown = "••••" if setting.secret and value else value
    described = {
        "name": setting.name,
        "value": shown,
        "source": source if given else "default" if setting.default is not None else "missing",
        "zh": setting.meaning.zh,
        "en": setting.meaning.en,
    }
    warning = WARNINGS.get((setting.name, value))
    return described if warning is None else described | {"warning_zh": warning.zh, "warning_en": warning.en}


def _value(setting: Setting, environ: Mapping[str, str]) -> str:
    if setting.name in environ:
        return environ[setting.name]
    path = environ.get(f"{setting.name}_FILE")
    if path:
        return _from_file(setting.name, Path(path))
    if setting.default is None:
        raise _wrong(setting.name, "未设置", "is not set")
    return setting.default


def _from_file(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as trouble:
        raise _wrong(f"{name}_FILE", f"读不到：{trouble.strerror}", f"cannot be read: {trouble.strerror}") from trouble


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _wrong(name, f"须为 {'、'.join(allowed)} 之一", f"must be one of {', '.join(allowed)}")
    return value


def _host_part(name: str, value: str) -> str:
    """A part of the provider's host name."""
    if value and not (value.isascii() and value.isalnum() and value.islower()):
        raise _wrong(name, "须为小写字母和数字，如 ie1、dublin", "must be lower-case letters and digits, such as ie1")
    return value


def _port(value: str) -> int:
    if not value.isdigit() or not 0 < int(value) < 65535:
        raise _wrong("PORT", "须为 1 到 65534 的整数", "must be a whole number from 1 to 65534")
    return int(value)


def _metres(name: str, value: str) -> float:
    if not value.isdigit() or not 0 < int(value) <= MOST_M:
        raise _wrong(name, f"须为 1 到 {MOST_M} 的整数", f"must be a whole number from 1 to {MOST_M}")
    return float(value)


def _rate(name: str, value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= MOST_TEXTS_S:
        raise _wrong(
            name, f"须为大于 0、至多 {MOST_TEXTS_S:g} 的数", f"must be a number above 0, at most {MOST_TEXTS_S:g}"
        )
    return rate


def _url(name: str, value: str) -> str:
    if value and not value.startswith(("https://", "http://")):
        raise _wrong(name, "须以 https:// 或 http:// 开头", "must begin with https:// or http://")
    return value


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise _wrong("TIME_ZONE", "不是已知时区", "is not a known time zone") from unknown


def _wrong(name: str, zh: str, en: str) -> NotReady:
    return NotReady("setting", Words(f"设置 {name} {zh}。", f"Setting {name} {en}."), field=name)


assert {setting.name.lower() for setting in SETTINGS} == {field.name for field in fields(Settings)}
