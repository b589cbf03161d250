"""The provider's error codes as data: what each proves. An unknown code is judged by its HTTP class.

The table that comes with the service is twilio_codes.yaml beside this module; an operator's changes to it are in the
database (contacts/sending/provider_codes.py) and are laid over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from contacts.channels.base import Verdict
from emergency.errors import BadFile
from emergency.words import Words

SHIPPED: Final = Path(__file__).with_name("twilio_codes.yaml")
PROVABLE: Final = (
    Verdict.BUSY,
    Verdict.CONFIGURATION,
    Verdict.OPTED_OUT,
    Verdict.PERMANENT,
    Verdict.AGAIN,
    Verdict.LATER,
    Verdict.BLOCKED,
)
"""What a code may prove. That nothing left, or that nobody knows, is proved by the connection and never by a code."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code proves, and its meaning."""

    verdict: Verdict
    words: Words


class Line(BaseModel):
    """One code of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: int = Field(ge=10_000, le=99_999_999)
    verdict: Literal["busy", "configuration", "opted_out", "permanent", "again", "later", "blocked"]
    zh: str = Field(min_length=1, max_length=60)
    en: str = Field(min_length=1, max_length=100)

    @property
    def means(self) -> Code:
        """As the rest of the room sees it."""
        return Code(Verdict(self.verdict), Words(self.zh, self.en))


class Table(BaseModel):
    """A file of codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    codes: tuple[Line, ...]

    @model_validator(mode="after")
    def _each_once(self) -> "Table":
        given = [line.code for line in self.codes]
        twice = sorted({code for code in given if given.count(code) > 1})
        if twice:
            raise ValueError(f"codes {twice} stand twice")
        return self


def read(path: Path) -> Mapping[int, Code]:
    """The codes of a file; BadFile says where it is wrong."""
    try:
        table = Table.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as trouble:
        words = Words(f"读不到 {path}：{trouble.strerror}。", f"{path} cannot be read: {trouble.strerror}.")
        raise BadFile("unreadable-file", words) from trouble
    except (yaml.YAMLError, UnicodeDecodeError) as trouble:
        raise BadFile("bad-file", Words(f"{path} 不是 YAML。", f"{path} is not YAML: {trouble}")) from trouble
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        words = Words(f"{path} 的 {place} 处有误：{first['msg']}。", f"{path}: {place}: {first['msg']}.")
        raise BadFile("bad-file", words) from wrong
    return {line.code: line.means for line in table.codes}


CODES: Final = read(SHIPPED)

UNANSWERED: Final = Code(
    Verdict.UNKNOWN, Words("服务方出错，不知是否收下", "the provider failed: it may have been taken")
)
TIMED_OUT: Final = Code(
    Verdict.UNKNOWN, Words("服务方超时，不知是否收下", "the provider timed out: it may have been taken")
)
REFUSED: Final = Code(Verdict.PERMANENT, Words("服务方拒收", "the provider refused it"))
NOT_DELIVERED: Final = Code(Verdict.PERMANENT, Words("运营商未送达", "the carrier did not deliver it"))


def refusal(http_status: int, code: int | None, codes: Mapping[int, Code] = CODES) -> Code:
    """What a refused request proves: by its HTTP class first, then by its code where that is known."""
    if http_status >= 500:
        return UNANSWERED
    if code is not None and code in codes:
        return codes[code]
    if http_status == 429:
        return CODES[20429]
    if http_status in (401, 403):
        return CODES[20003]
    return TIMED_OUT if http_status == 408 else REFUSED


def carrier(code: int | None, codes: Mapping[int, Code] = CODES) -> Code:
    """What the end of a text proves, as the carrier told it."""
    return codes.get(code or 0, NOT_DELIVERED)
