"""Draws the result of a run as the pages do, in this process: `drawn(outcome, person).exception`."""

import time
import uuid

from streamlit.testing.v1 import AppTest

from core.runs.execution import Outcome
from core.store.database import session
from core.store.tables import Picture, Run


def page(run_id: str) -> None:
    from core.store.database import session
    from core.store.tables import Run
    from ui.results.card import result

    with session() as database:
        run = database.get_one(Run, run_id)
    result(run, "here", can_compare=False)


def drawn(outcome: Outcome, person: str) -> AppTest:
    """The page after its first run; the outcome is kept in the test's database for it."""
    record = outcome.record
    run = {"id": record["id"], "lab": record["lab"], "state": record["state"], "record": record, "person_id": person}
    with session() as database:
        database.add(Run(job_id=uuid.uuid4().hex, created_at=time.time(), question_id=None, **run))
        database.flush()
        for index, made in enumerate(outcome.pictures):
            kept = {"role": made.role, "details": made.details, "png": made.png}
            database.add(Picture(run_id=record["id"], index=index, **kept))
    return AppTest.from_function(page, args=(record["id"],), default_timeout=60).run()


def opened(app: AppTest, tab: str) -> AppTest:
    """The same page with that tab open; fails where it cannot be drawn."""
    app.session_state["here_tab"] = tab
    assert not app.run().exception, app.exception
    return app


def words(app: AppTest) -> str:
    """All text of the page, without the signs that keep it from being Markdown."""
    return "\n".join(str(element.value) for element in (*app.markdown, *app.caption)).replace("\\", "")
