"""The one place that reads the clock. Called in views, `dispatch`, `work` and the command line only."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
