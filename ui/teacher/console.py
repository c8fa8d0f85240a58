"""What the server tells its console: where a teacher signs in, with a token that works once."""

import sys

import streamlit as st

from core.classroom.teachers import new_token, ways
from core.store.database import session


def print_token() -> None:
    """Print the address for the teacher, where nothing but a token lets one in."""
    if "token" not in ways():
        return
    with session() as database:
        token = new_token(database)
    address, port = st.get_option("server.address") or "localhost", st.get_option("server.port")
    base = f"http://{'localhost' if address == '0.0.0.0' else address}:{port}"
    print(
        f"\n  To teach a class, open once within a day:\n\n    {base}/teacher?token={token}\n",
        file=sys.stderr,
        flush=True,
    )
