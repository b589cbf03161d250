"""What can go wrong, named, with a sentence in both languages that says what to correct.

An error knows its HTTP status and a slug that programs may rely on; the web turns it into problem+json (RFC 9457) and
the command line into one sentence and a non-zero exit.
"""

from collections.abc import Mapping
from typing import Any

from emergency.words import Words


class EmergencyError(Exception):
    """Trouble that its reader can do something about.

    slug: stable name, kebab-case. words: what to correct. field: the input at fault, if one is. facts: JSON-ready
    extras such as candidates or successors.
    """

    status = 422

    def __init__(self, slug: str, words: Words, *, field: str | None = None, facts: Mapping[str, Any] | None = None):
        super().__init__(f"{slug}: {words.en}")
        self.slug = slug
        self.words = words
        self.field = field
        self.facts = dict(facts or {})


class BadInput(EmergencyError):
    """The request or file is understood but cannot be taken as it is."""

    status = 422


class Malformed(EmergencyError):
    """The request cannot be read at all."""

    status = 400


class NotSignedIn(EmergencyError):
    """No session or token, or an expired one."""

    status = 401


class Forbidden(EmergencyError):
    """Signed in, but this desk or role may not."""

    status = 403


class NotFound(EmergencyError):
    """No such thing, or not one that this desk may know of."""

    status = 404


class Conflict(EmergencyError):
    """The world has moved on since the request was made up."""

    status = 409


class BadFile(EmergencyError):
    """A data file that cannot be loaded; nothing was changed. facts name the place."""

    status = 422


class NotReady(EmergencyError):
    """The service lacks something it needs; the sentence names it."""

    status = 503
