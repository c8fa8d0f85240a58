"""Words, tokens, and the score against TorchMetrics' own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.labs.prompt_craft import program
from core.labs.prompt_craft.eyes import ClipEyes, JudgeEyes
from core.labs.prompt_craft.token_table import MOST_KEPT, token_table
from core.models.judge import ATTRIBUTES, NO_TEXT, NOTHING_ASKED, PHRASES, asked_for, read_judge
from tests.core.labs.conftest import AsTensors

PROMPT = "A calm sea at sunset, watercolor, 8k, masterpiece"


def without_each(prompt: str) -> list[str]:
    return [program.without(prompt, word) for word in program.words(prompt)]


def test_a_word_is_left_out_with_the_comma_that_would_stand_alone() -> None:
    assert without_each("A sea, watercolor, 8k") == [
        "sea, watercolor, 8k",
        "A, watercolor, 8k",
        "A sea, 8k",
        "A sea, watercolor",
    ]
    assert without_each("alone") == [""] and without_each(" , ") == []
    assert [word.group() for word in program.words("a (very) wide view. Quiet; old")] == [
        *("a", "very", "wide", "view", "Quiet", "old")
    ]


def test_tokens_are_those_of_the_tokenizer_itself(tokenizer: Any) -> None:
    table = token_table(tokenizer, PROMPT)
    assert [piece["id"] for piece in table["pieces"]] == tokenizer(PROMPT).input_ids
    padded = tokenizer(PROMPT, padding="max_length", max_length=tokenizer.model_max_length).input_ids
    assert (table["count"], table["padding"]) == (
        len(tokenizer(PROMPT).input_ids),
        padded.count(table["padding_id"]) - 1,
    )
    assert [piece["is_mark"] for piece in table["pieces"]] == [True, *[False] * (table["count"] - 2), True]
    assert "".join(piece["text"] for piece in table["pieces"][1:-1]) == PROMPT.replace(" ", "")
    assert all(piece["is_read"] for piece in table["pieces"])


def test_what_is_read_of_a_long_prompt_is_what_the_tokenizer_keeps(tokenizer: Any) -> None:
    prompt = ", ".join(["quiet sea", "old boat"] * 250)
    assert len(program.words(prompt)) == 1000
    kept = tokenizer(prompt, truncation=True, max_length=tokenizer.model_max_length).input_ids
    read = program.read_part(tokenizer, prompt)
    assert prompt.startswith(read) and tokenizer(read).input_ids == kept
    table = token_table(tokenizer, prompt)
    assert [piece["id"] for piece in table["pieces"] if piece["is_read"]] == kept
    assert (table["read"], table["padding"]) == (tokenizer.model_max_length, 0)
    assert len(table["pieces"]) == MOST_KEPT + 1 and len(table["pieces"]) + table["unlisted"] == table["count"]


def test_an_empty_text_is_two_marks(tokenizer: Any) -> None:
    table = token_table(tokenizer, "")
    assert (table["count"], table["read"], table["padding"]) == (2, 2, tokenizer.model_max_length - 2)
    assert program.read_part(tokenizer, "") == ""


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (96, 96, 3), dtype=np.uint8))


def test_the_score_is_that_of_torchmetrics(clip_folder: Path) -> None:
    functional = pytest.importorskip("torchmetrics.functional.multimodal")
    clip, processor = program.load_clip(str(clip_folder), "cpu", torch.float32)
    scores = []
    for seed, text in enumerate(("a calm sea", "boats at night, watercolor", "an old town")):
        values = torch.from_numpy(np.array(picture(seed))).permute(2, 0, 1)
        with torch.inference_mode():
            theirs = functional.clip_score(values, text, model_name_or_path=lambda: (AsTensors(clip), processor))
        seen, meant = (
            program.picture_direction(clip, processor, picture(seed)),
            program.text_direction(clip, processor, text),
        )
        cosine = 100 * float((seen * meant).sum())
        assert program.clip_score(seen, meant) == max(0.0, cosine) == pytest.approx(float(theirs), abs=1e-3)
        scores.append(cosine)
    assert len({round(score, 3) for score in scores}) == 3


def test_clip_says_how_far_two_pictures_are_apart(clip_folder: Path) -> None:
    eyes = ClipEyes(*program.load_clip(str(clip_folder), "cpu", torch.float32))
    one, other = eyes.look(picture(1)), eyes.look(picture(2))
    assert eyes.apart(one, one) == pytest.approx(0, abs=1e-6) and eyes.apart(one, other) > 1e-6
    assert eyes.agreement(one, " ") == {"similarity": None, "similarity_reason": NO_TEXT}
    assert 0 <= eyes.agreement(one, "a boat")["similarity"] <= 100


def test_the_judge_is_asked_for_what_the_prompt_names() -> None:
    from training import captions, scenes

    assert scenes.ATTRIBUTES == ATTRIBUTES
    tables = {"scene": captions.SCENE_WORDS, "time": captions.TIME_WORDS, "object": captions.OBJECT_WORDS}
    for name, answers in (tables | {"style": captions.STYLE_WORDS}).items():
        assert set(PHRASES[name]) == set(answers)
        for answer, wordings in answers.items():
            assert all(asked_for(wording).get(name) == (answer,) for wording in wordings), answer
    assert asked_for("Catalogue of nightly boating") == {} and asked_for("day or NIGHT")["time"] == ("day", "night")


def test_the_judge_is_sure_of_the_shipped_scene() -> None:
    from core.config import ROOT
    from core.runs.pictures import SHIPPED

    eyes = JudgeEyes(read_judge(ROOT / "embedded_models" / "clip-vit-base-patch16"))
    seen = eyes.look(Image.open(SHIPPED["scene"]))
    right = eyes.agreement(seen, "Mountains by day with a house, digital art")
    assert right["similarity"] > 95 and [each["attribute"] for each in right["asked"]] == list(ATTRIBUTES)
    assert eyes.agreement(seen, "The sea at night with a boat, comic")["similarity"] < 10
    assert eyes.agreement(seen, "8k")["similarity_reason"] == NOTHING_ASKED
    assert eyes.agreement(seen, "")["similarity_reason"] == NO_TEXT
