"""The commands behind script/bootstrap, server, test, flask and lock."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final, NoReturn

from emergency.words import Words
from script.setup import checks, flask_command, locked_lists, progress, provision, server
from script.setup.checkout import Checkout, here
from script.setup.trouble import Stopped, Trouble, from_os


def bootstrap(checkout: Checkout, _arguments: Sequence[str]) -> int:
    """Install everything and start nothing."""
    provision.for_server(checkout)
    progress.say(Words("已就绪：运行 script/server 启动。", "All is installed: start it with script/server."))
    return 0


COMMANDS: Final[dict[str, Callable[[Checkout, Sequence[str]], int]]] = {
    "bootstrap": bootstrap,
    "server": server.run,
    "test": checks.run,
    "flask": flask_command.run,
    "lock": locked_lists.run,
}


def main(argv: Sequence[str]) -> int:
    """Run the command that `argv` names and return its exit code."""
    name, arguments = (argv[0], argv[1:]) if argv else ("bootstrap", ())
    if name not in COMMANDS:
        progress.say(Words(f"没有命令 {name}。", f"There is no command {name}; one of {', '.join(COMMANDS)}."))
        return 2
    # The front set it to find this module; what runs under us must not inherit it.
    os.environ.pop("PYTHONPATH", None)
    for number in _stopping():
        signal.signal(number, _stop)
    checkout = here()
    try:
        checkout.prepare()
        return COMMANDS[name](checkout, arguments)
    except Trouble as trouble:
        progress.say(trouble.words)
        return 1
    except Stopped as stopped:
        return 128 + stopped.signal_number
    except OSError as error:
        progress.say(from_os(error).words)
        return 1


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """The first signal stops us in order; while stopping, more of them change nothing."""
    for each in _stopping():
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)


def _stopping() -> list[signal.Signals]:
    """INT even where a background shell has it ignored; HUP not where nohup has."""
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    return [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hangs_up else [])]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
