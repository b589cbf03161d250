"""`flask journal verify`: walk the hash chain of one stream, or of all."""

import click
from flask.cli import AppGroup

from emergency import journal
from emergency.cli.say import speaking
from emergency.errors import BadFile
from emergency.web.app import parts
from emergency.words import Words

group = AppGroup("journal", help="日志 / The journal.")


@group.command("verify")
@click.argument("stream", required=False)
@speaking
def verify(stream: str | None) -> None:
    """核对哈希链 / Verify the chain of a stream, or of every stream."""
    with parts().sessions.begin() as session:
        streams = [stream] if stream else sorted(journal.heads(session))
        broken = [trouble for each in streams if (trouble := journal.verify(session, each)) is not None]
    if broken:
        raise BadFile(
            "journal-broken", Words("日志链断裂：" + "；".join(broken), "The chain is broken: " + "; ".join(broken))
        )
    click.echo(f"完好 {len(streams)} 条流。 {len(streams)} streams are whole.")
