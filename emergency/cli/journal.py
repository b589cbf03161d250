"""`flask journal verify`: walk the hash chain of one stream, or of all."""

from itertools import islice
from typing import Final

import click
from flask.cli import AppGroup

from emergency import journal
from emergency.cli.say import speaking
from emergency.errors import BadFile
from emergency.web.app import parts
from emergency.words import Words

MOST: Final = 20
"""Faults that are named of one stream; what follows a break is mostly the same break."""

group = AppGroup("journal", help="日志 / The journal.")


@group.command("verify")
@click.argument("stream", required=False)
@speaking
def verify(stream: str | None) -> None:
    """核对哈希链 / Verify the chain of a stream, or of every stream."""
    with parts().sessions.begin() as session:
        streams = [stream] if stream else sorted(journal.heads(session))
        broken = [found for each in streams for found in islice(journal.faults(session, each), MOST)]
    if broken:
        zh, en = "；".join(each.words.zh for each in broken), "; ".join(each.words.en for each in broken)
        raise BadFile("journal-broken", Words(f"日志有误：{zh}。", f"The journal is not whole: {en}."))
    click.echo(f"完好 {len(streams)} 条流。 {len(streams)} streams are whole.")
