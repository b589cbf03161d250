"""Runs commands of the service one after another in one process: loading the service takes longer than most of them.

Reads one JSON list of arguments a line from stdin, answers with one JSON object: `code`, and `said` on stdout.
"""

import contextlib
import io
import json
import sys

from flask.cli import FlaskGroup

from wsgi import create_app


def main() -> None:
    """Answer until stdin ends."""
    answers = sys.stdout
    app = create_app()
    service = FlaskGroup(create_app=lambda: app)
    for line in sys.stdin:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = _run(service, json.loads(line))
        print(json.dumps({"code": code, "said": said.getvalue()}), file=answers, flush=True)


def _run(service: FlaskGroup, arguments: list[str]) -> int:
    try:
        service.main(args=arguments, prog_name="flask")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


if __name__ == "__main__":
    main()
