"""Days as pages write them."""

from datetime import datetime


def day(at: float) -> str:
    """The day of a time in seconds since 1970, on this server's clock: `26 November 2026`."""
    return f"{datetime.fromtimestamp(at).astimezone():%d %B %Y}"
