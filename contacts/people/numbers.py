"""Telephone numbers: read, encrypted at rest, found by an HMAC, shown masked. Nobody else sees one in the clear.

CONTACTS_KEY is a list: the first key encrypts, every key decrypts and is tried for finding, so that keys can be changed.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import phonenumbers
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from contacts.people.countries import COUNTRIES
from emergency.errors import BadInput, NotReady
from emergency.words import Words

MASK: Final = "•"
_PURPOSE: Final = b"lianfang contacts lookup"


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys, ready to use."""

    _fernet: MultiFernet
    _lookup_keys: tuple[bytes, ...]

    def lock(self, number: str) -> bytes:
        """The number as it is stored."""
        return self._fernet.encrypt(number.encode())

    def open(self, stored: bytes) -> str:
        """The number again; NotReady when none of the keys fits."""
        try:
            return self._fernet.decrypt(stored).decode()
        except InvalidToken as wrong:
            raise _bad_key("没有一个密钥能解开联系方式", "none of its keys opens the stored numbers") from wrong

    @property
    def mark(self) -> str:
        """What tells rows locked with the first key from others; it says nothing of the key."""
        return hmac.digest(self._lookup_keys[0], b"mark", "sha256").hex()[:16]

    def lookup(self, number: str) -> bytes:
        """What finds the number among the stored ones."""
        return hmac.digest(self._lookup_keys[0], number.encode(), "sha256")

    def lookups(self, number: str) -> list[bytes]:
        """The same under every key that may have been first when it was stored."""
        return [hmac.digest(key, number.encode(), "sha256") for key in self._lookup_keys]


def vault(contacts_key: str) -> Vault:
    """The vault of a CONTACTS_KEY setting."""
    keys = [key.strip() for key in contacts_key.split(",") if key.strip()]
    if not keys:
        raise _bad_key("未设置", "is not set")
    try:
        return Vault(MultiFernet([Fernet(key) for key in keys]), _derived(keys))
    except ValueError as wrong:
        raise _bad_key("须为 32 字节的 base64url", "must be 32 bytes in base64url") from wrong


def read_number(given: str, country: str | None = None) -> str:
    """A number as E.164; BadInput says how to write it. country: whose national form is taken too; else +NN only."""
    try:
        parsed = phonenumbers.parse(given, country)
        fits = phonenumbers.is_possible_number(parsed)
    except NumberParseException:
        fits = False
    if not fits:
        words = Words(
            "电话号码须为国际格式，带国家码，如 +12025550143；或先填国家，再写本地号码。",
            "Write the number internationally, with its calling code, such as +12025550143; or name its country first.",
        )
        raise BadInput("bad-number", words, field="number")
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def held_to(number: str, profile: str) -> str:
    """The number, where the rules of `profile` may hold for it. A country with rules of its own keeps its numbers under them:
    a +86 phone neither answers a text nor may be sent a link, whatever its contact says; BadInput says so.
    """
    own = country_of(number)
    if own in COUNTRIES and own != profile:
        name = COUNTRIES[own].name
        words = Words(
            f"这是{name.zh}的号码，国家须填 {own}，否则短信按错的规则发送。",
            f"That is a number of {name.en}: its country must be {own}, or its texts go by the wrong rules.",
        )
        raise BadInput("country-of-number", words, field="country")
    return number


def country_of(number: str) -> str:
    """The country of a number in E.164, such as CN; that of its calling code where the number itself says no more."""
    parsed = phonenumbers.parse(number, None)
    return phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(
        parsed.country_code or 0
    )


def takes_texts(number: str) -> bool:
    """Whether a text may reach a number: not where its numbering plan says that it is a fixed line."""
    return phonenumbers.number_type(phonenumbers.parse(number, None)) is not PhoneNumberType.FIXED_LINE


def fixed_line() -> BadInput:
    """What is said of a fixed line that is to take texts."""
    words = Words(
        "这是固定电话，收不到短信，用途请只选电话。", "That is a fixed line and takes no texts: use it for calls alone."
    )
    return BadInput("fixed-line", words, field="ways")


def masked(number: str) -> str:
    """A number that can be recognised but not rung: +1 202 555 ••43."""
    shown = phonenumbers.format_number(phonenumbers.parse(number, None), PhoneNumberFormat.INTERNATIONAL)
    spaced = shown.replace("-", " ")
    return re.sub(r"\d\s?\d(?=\s?\d\s?\d$)", MASK * 2, spaced)


def _derived(keys: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(hmac.digest(base64.urlsafe_b64decode(key), _PURPOSE, "sha256") for key in keys)


def _bad_key(zh: str, en: str) -> NotReady:
    return NotReady("setting", Words(f"设置 CONTACTS_KEY {zh}。", f"Setting CONTACTS_KEY {en}."), field="CONTACTS_KEY")
