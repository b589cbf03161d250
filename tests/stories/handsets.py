"""The phones of a story: each text that rings is waited for by its number and words; any other fails the story."""

from dataclasses import dataclass, field
from typing import Any

from tests.phones import PhoneCompany
from tests.stories.service import wait_until


@dataclass
class Handsets:
    """What was read on the phones so far, by SID."""

    phones: PhoneCompany
    read: set[str] = field(default_factory=set)

    def rings(self, number: str, *words: str) -> str:
        """The oldest unread text to `number`, which must hold all `words`."""
        entry = wait_until(lambda: self._unread(number), lambda: f"a text to {number}; the book: {self.phones.book()}")[
            0
        ]
        missing = [each for each in words if each not in entry["body"]]
        assert not missing, f"{number} was sent {entry['body']!r}, without {missing}"
        self.read.add(entry["sid"])
        return str(entry["body"])

    def silent(self) -> None:
        """Nobody was sent anything else."""
        stray = [(each["to"], each["body"]) for each in self.phones.book() if each["sid"] not in self.read]
        assert stray == [], "texts that nobody expected"

    def _unread(self, number: str) -> list[dict[str, Any]]:
        return [each for each in self.phones.book() if each["to"] == number and each["sid"] not in self.read]
