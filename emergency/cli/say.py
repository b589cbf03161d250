"""How a command speaks when something is wrong: one sentence on stderr, in the service's language, and a non-zero exit."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click
from sqlalchemy.exc import DataError, OperationalError

from emergency.errors import EmergencyError
from emergency.web.app import parts
from emergency.words import Words

Given = ParamSpec("Given")
Done = TypeVar("Done")


def speaking(command: Callable[Given, Done]) -> Callable[Given, Done]:
    """Let `command` end with a sentence where it meets trouble that its reader can do something about."""

    @wraps(command)
    def spoken(*args: Given.args, **kwargs: Given.kwargs) -> Done:
        try:
            return command(*args, **kwargs)
        except EmergencyError as trouble:
            say(trouble.words)
        except OperationalError as trouble:
            reason = str(trouble.orig).strip().splitlines()[0]
            say(Words(f"数据库不可用：{reason}", f"The database is not available: {reason}"))
        except DataError:
            say(Words("编号或数字过大，请核对。", "A number or an id is too large: check it."))
        raise SystemExit(1)

    return spoken


def say(words: Words) -> None:
    """A sentence on stderr, in the language of the settings."""
    click.echo(words.to(parts().settings.language), err=True)
