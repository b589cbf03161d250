"""Where a checkout keeps what it makes: everything under the checkout itself, in folders that git ignores."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Checkout:
    """One clone of the project; `root` has its links resolved, so that one clone has one name."""

    root: Path

    @property
    def mark(self) -> str:
        """A short name that no other checkout of this machine has."""
        return hashlib.sha256(bytes(self.root)).hexdigest()[:12]

    @property
    def venv(self) -> Path:
        """The Python environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter; programs of the environment are run as modules, since a script's first line has a limit."""
        return self.venv / "bin" / "python"

    @property
    def var(self) -> Path:
        """What a running service keeps."""
        return self.root / "var"

    @property
    def locks(self) -> Path:
        """Lock files: held by the kernel, so a killed process leaves none behind."""
        return self.var / "locks"

    @property
    def logs(self) -> Path:
        """One log a process, and one of setting up."""
        return self.var / "log"

    @property
    def setup_log(self) -> Path:
        """What the package tools said."""
        return self.logs / "setup.log"

    @property
    def secrets(self) -> Path:
        """Generated keys, each in a file that only its owner reads."""
        return self.var / "secrets"

    @property
    def logins(self) -> Path:
        """The demo logins with their generated passwords."""
        return self.var / "demo-logins.txt"

    @property
    def phones(self) -> Path:
        """The simulated phone company's book and what belongs to it."""
        return self.var / "phones"

    @property
    def phones_token(self) -> Path:
        """The token that it shares with us, where it looks for one: beside its book."""
        return self.phones / "book.sqlite.token"

    def prepare(self) -> None:
        """Make the folders; the cluster's user must be able to pass through `var`, whatever the umask says."""
        if not self.var.exists():
            self.var.mkdir()
            self.var.chmod(0o711)
        for folder in (self.locks, self.logs, self.secrets, self.phones):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(0o700)


def here() -> Checkout:
    """The checkout that this file belongs to."""
    return Checkout(Path(__file__).resolve().parents[2])
