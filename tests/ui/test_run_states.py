"""What is said after a run that did not go well."""

from streamlit.testing.v1 import AppTest

from core.runs.registry import LABS


def drawn(kind: str, lab: str = "text_to_image") -> str:
    def script(kind: str, lab: str) -> None:
        from core.store.tables import Job
        from ui.run_states import failure_card

        error = {"kind": kind, "message": "It asked for 9 GiB.", "remedy": "Take fewer pixels."}
        failure_card(Job(id="j", lab=lab, state="failed", error=error))

    app = AppTest.from_function(script, kwargs={"kind": kind, "lab": lab}).run()
    assert not app.exception
    return " ".join(str(each.value) for each in (*app.error, *app.caption))


def test_after_too_little_memory_the_lab_that_saves_it_is_named() -> None:
    told = drawn("out_of_memory")
    assert "It asked for 9 GiB." in told and LABS["memory_savers"].title in told


def test_after_anything_else_and_in_that_lab_itself_it_is_not() -> None:
    title = LABS["memory_savers"].title
    assert title not in drawn("timed_out") and title not in drawn("out_of_memory", "memory_savers")
