"""The command line's part on classes and teachers. It works on the database of this installation.

python -m core classes
python -m core demo-class [--students N] [--seed N] [--title TITLE] | --remove
python -m core passcode
python -m core unlock-teacher
python -m core teacher-token
"""

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from getpass import getpass
from typing import Any

from core.errors import LabError

MOST_STUDENTS, LONGEST_TITLE = 2000, 120
HEADINGS = ("TITLE", "CODE", "JOINED", "OPENED", "STATE", "DELETED ON")
Command = Callable[[argparse.Namespace], int]


def add(commands: Any) -> None:
    """Add these commands to the parser's."""
    listing = commands.add_parser("classes", help="list the classes: code, how many joined, when they are deleted")
    listing.set_defaults(command=list_classes)
    demo = commands.add_parser("demo-class", help="fill the database with a made-up class, marked as demo data")
    demo.add_argument("--students", type=int, default=30, metavar="N")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed makes the same class up")
    demo.add_argument("--title", default="Demo class")
    demo.add_argument("--remove", action="store_true", help="delete every demo class instead")
    demo.set_defaults(command=demo_class, parser=demo)
    passcode = commands.add_parser("passcode", help="ask for a teacher's passcode, print its hash for the settings")
    passcode.set_defaults(command=print_passcode_hash)
    unlock = commands.add_parser("unlock-teacher", help="let teachers sign in again after too many wrong passcodes")
    unlock.set_defaults(command=unlock_teacher)
    token = commands.add_parser("teacher-token", help="print the path that signs one teacher in once, within a day")
    token.set_defaults(command=print_token)


def _on_database(command: Command) -> Command:
    """`command` after the database was brought up to date; where it cannot be used, one line says so."""

    @wraps(command)
    def guarded(options: argparse.Namespace) -> int:
        from sqlalchemy.exc import DBAPIError

        from core.store.database import migrate

        try:
            migrate()
            return command(options)
        except LabError as error:
            print(f"{error.message} {error.remedy}", file=sys.stderr)
        except DBAPIError as error:
            reason = str(error.orig).strip().split("\n")[0]
            print(f"The database cannot be used: {reason}. Look at DATABASE_URL and the data folder.", file=sys.stderr)
        return 1

    return guarded


@_on_database
def list_classes(options: argparse.Namespace) -> int:
    """Print every class as a table, the newest first."""
    from core.classroom import classes
    from core.classroom.codes import spelled
    from core.store.database import session

    with session() as database:
        rooms = [(room, classes.size(database, room.id)) for room in classes.classes(database)]
    table = [HEADINGS]
    for room, joined in rooms:
        state = "open" if room.closed_at is None else "closed"
        row = (room.title + (" (demo)" if room.is_demo else ""), spelled(room.join_code), str(joined))
        table.append((*row, _day(room.created_at), state, _day(room.keep_until) if room.keep_until else "never"))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return 0


def demo_class(options: argparse.Namespace) -> int:
    """Make a class up, or delete all that were."""
    if not 1 <= options.students <= MOST_STUDENTS:
        options.parser.error(f"--students {options.students} is not possible: take 1 to {MOST_STUDENTS}")
    if not 1 <= len(" ".join(options.title.split())) <= LONGEST_TITLE:
        options.parser.error(f"--title {options.title[:20]!r} is not possible: take 1 to {LONGEST_TITLE} signs")
    return _remove_demo(options) if options.remove else _fill_demo(options)


@_on_database
def _fill_demo(options: argparse.Namespace) -> int:
    from core.classroom import demo
    from core.classroom.codes import spelled

    room = demo.fill(options.students, options.seed, options.title)
    many = "1 student" if options.students == 1 else f"{options.students} students"
    print(f"{room.title}: {many}, class code {spelled(room.join_code)}, marked as demo data.")
    print("Take it away again with: python -m core demo-class --remove", file=sys.stderr)
    return 0


@_on_database
def _remove_demo(options: argparse.Namespace) -> int:
    from core.classroom import demo

    count = demo.remove()
    print(f"Deleted {count} demo {'class' if count == 1 else 'classes'}.")
    return 0


def print_passcode_hash(options: argparse.Namespace) -> int:
    """Ask twice without showing it; print what `VRAM_LAB_TEACHER_PASSCODE_HASH` takes."""
    from core.classroom.teachers import hashed

    try:
        passcode, again = getpass("Passcode: "), getpass("The same again: ")
    except EOFError:
        passcode = again = ""
    if not passcode or passcode != again:
        print("Nothing was typed." if not passcode else "The two are not the same.", file=sys.stderr)
        return 1
    print("Set VRAM_LAB_TEACHER_PASSCODE_HASH to:", file=sys.stderr)
    print(hashed(passcode))
    return 0


@_on_database
def unlock_teacher(options: argparse.Namespace) -> int:
    """Forget the wrong passcodes."""
    from core.classroom import teachers
    from core.store.database import session

    with session() as database:
        teachers.unlock(database)
    print("Teachers can sign in again.")
    return 0


@_on_database
def print_token(options: argparse.Namespace) -> int:
    """Print the path with a fresh token."""
    from core.classroom.teachers import new_token
    from core.store.database import session

    with session() as database:
        token = new_token(database)
    print("Open this once within a day, behind the address of the app:", file=sys.stderr)
    print(f"/teacher?token={token}")
    return 0


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at):%Y-%m-%d}"
