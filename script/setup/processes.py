"""What runs on one machine: the processes of the service, as a table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emergency.words import Words
from script.setup.checkout import Checkout


@dataclass(frozen=True, slots=True)
class Process:
    """One process: `python -m MODULE ARGUMENTS`. `{port}`, `{phones_port}` and `{book}` stand for this checkout's.

    One that needs data is started when the reference basin is loaded; the others load themselves meanwhile.
    """

    name: str
    title: Words
    module: str
    arguments: tuple[str, ...]
    needs_data: bool

    def argv(self, checkout: Checkout, port: int) -> list[str | Path]:
        """The command line."""
        known = {"port": port, "phones_port": port + 1, "book": checkout.phones / "book.sqlite"}
        return [checkout.python, "-m", self.module, *(text.format(**known) for text in self.arguments)]


PROCESSES: Final = (
    Process(
        "phones",
        Words("模拟电话公司", "simulated phone company"),
        "contacts.phones",
        (
            "--port",
            "{phones_port}",
            "--book",
            "{book}",
            "--profile",
            "CN",
        ),  # the demonstration contacts live under CN rules
        needs_data=False,
    ),
    Process("web", Words("网页", "web"), "gunicorn", ("--config", "gunicorn.conf.py"), needs_data=False),
    Process("dispatch", Words("发送与升级", "dispatch"), "flask", ("dispatch",), needs_data=True),
    Process("work", Words("定时任务", "work"), "flask", ("work",), needs_data=True),
)
