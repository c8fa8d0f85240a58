"""What the result of the lab on prompts says of a run, and how it draws tokens."""

from typing import Any

from core.store.tables import Run
from ui.labs.prompt_craft import LOOK
from ui.labs.prompt_tokens import MOST_LOST, boxes, token_sentence
from ui.runs import ShownRun

WORDS = [
    {"word": "boat", "position": 0, "moved": 20.0, "stage": "subject"},
    {"word": "8k", "position": 1, "moved": 0.5, "stage": "magic"},
]
CONTROLS = [{"control": "other_seed", "moved": 40.0}]


def shown(source: str = "embedded", **found: Any) -> ShownRun:
    record = {"settings": {"source": source}, "repeats": [], "memory": {}, "outputs": {"prompt_craft": found}}
    run = ShownRun(Run(id="r", record=record | {"device": {"type": "cpu"}}))
    run.__dict__["pictures"] = []
    return run


def piece(text: str, is_read: bool = True, is_mark: bool = False, ends_word: bool = True) -> dict[str, Any]:
    return {"id": 7, "text": text, "is_mark": is_mark, "is_read": is_read, "ends_word": ends_word}


def table(*texts: str, limit: int = 8, lost: tuple[str, ...] = (), unlisted: int = 0) -> dict[str, Any]:
    marks = piece("<|startoftext|>", is_mark=True), piece("<|endoftext|>", is_mark=True)
    pieces = [marks[0], *map(piece, texts), *(piece(text, is_read=False) for text in lost), marks[1]]
    count, read = len(pieces) + unlisted, len(texts) + 2
    padding = limit - read
    return {"limit": limit, "count": count, "read": read, "padding": padding, "padding_id": 9, "pieces": pieces} | {
        "unlisted": unlisted
    }


def test_the_sentence_tells_the_strongest_word_the_weakest_and_another_seed() -> None:
    told = LOOK.sentence(shown(words=WORDS, controls=CONTROLS))
    assert told == (
        "Without “boat” the picture moved by 20.0 of 255, without “8k” by 0.500, with another seed by 40.0."
    )
    assert LOOK.sentence(shown(words=[], controls=CONTROLS)) == LOOK.sentence(shown()) == ""


def test_the_figures_are_those_of_the_record() -> None:
    stages = [{"similarity": 50.0}, {"similarity": 99.6}]
    tokens, similarity, *_ = LOOK.figures(shown(eyes="judge", tokens={"prompt": table("a")}, stages=stages))
    assert (tokens.value, similarity.label, similarity.value) == ("3 of 8", "Like the prompt", "50% → 100%")
    clip = LOOK.figures(shown("hub", eyes="clip", stages=stages))[1]
    assert (clip.label, clip.value) == ("CLIP score", "50.0 → 99.6")


def test_random_weights_have_no_similarity_to_show() -> None:
    figure = LOOK.figures(shown("dummy", eyes="clip", stages=[{"similarity": 3.0}]))[1]
    assert figure.value is None and "means nothing" in str(figure.missing)


def test_an_empty_prompt_says_why_there_is_no_similarity() -> None:
    stage = {"similarity": None, "similarity_reason": "the prompt is empty"}
    figure = LOOK.figures(shown(eyes="judge", stages=[stage]))[1]
    assert (figure.value, figure.missing) == (None, "the prompt is empty")


def test_what_a_run_is_about_comes_first() -> None:
    def first(**found: Any) -> str:
        return next(iter(LOOK.tabs(shown(stages=[{"similarity": 50.0}], **found))))

    assert first(words=WORDS, controls=CONTROLS, tokens={"prompt": table("a", limit=3, lost=("b",))}) == "Words"
    assert first(words=[], tokens={"prompt": table("a", limit=3, lost=("b",))}) == "Tokens"
    assert first(words=[], tokens={"prompt": table("a")}) == "Pictures"


def test_a_run_that_was_stopped_early_has_no_tabs() -> None:
    assert LOOK.tabs(shown()) == {}


def test_tokens_are_boxes_with_what_is_lost_struck_through() -> None:
    html = boxes(table("sea", limit=3, lost=("boat",)))
    assert html.index(">sea<") < html.index(">end<") < html.index("<s>boat</s>") and "filled up" not in html
    assert token_sentence(table("sea", limit=3, lost=("boat",))) == "4 tokens for 3 places, so 1 is lost"


def test_places_that_are_left_are_counted() -> None:
    assert "5 × filled up" in boxes(table("sea"))
    assert token_sentence(table("sea")) == "3 of 8 places are taken"
    assert token_sentence(table()) == "no words, so only the two marks take 2 of 8 places"


def test_of_a_thousand_lost_tokens_the_first_are_drawn_and_the_rest_is_counted() -> None:
    html = boxes(table("a", limit=3, lost=("b",) * 100, unlisted=900))
    assert html.count("<s>") == MOST_LOST and f"and {1000 - MOST_LOST} more" in html


def test_what_somebody_wrote_is_escaped() -> None:
    assert "&lt;b&gt;" in boxes(table("<b>")) and "<b>" not in boxes(table("<b>"))
