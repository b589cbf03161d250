"""`script/flask ARGS`: one command of the service, with its database up and its settings."""

import os
from collections.abc import Sequence

from script.setup import commands, environment, provision
from script.setup.checkout import Checkout


def run(checkout: Checkout, arguments: Sequence[str]) -> int:
    """Run it in the caller's directory, where its file names are meant, and return its exit code."""
    provision.for_command(checkout)
    with environment.ready(checkout) as environ:
        return commands.run_aloud([checkout.python, "-P", "-m", "flask", *arguments], environ=environ, cwd=os.getcwd())
