from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, Qwen3ForCausalLM

from core.labs.text_generation import program
from training import language_model
from training.grammar import BETWEEN, PROMPT, parses, sentences
from training.language_model import FOLDER, LENGTH, Pieces, configuration, evaluate, numbered_story, write_tokenizer
from training.loop import Training

SHIPPED = Path(__file__).parents[2] / FOLDER
needs_weights = pytest.mark.skipif(
    not (SHIPPED / "model.safetensors").exists(), reason="the trained language model is not in embedded_models"
)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture
def pieces(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(language_model, "WORK", tmp_path)
    monkeypatch.setattr(language_model, "STORIES", 30)
    return Pieces(tokenizer)


def test_every_word_of_a_story_is_one_token(tokenizer):
    text = numbered_story("held-out", 0).text
    assert [tokenizer.decode(token).strip() for token in tokenizer(PROMPT).input_ids] == (
        ["Once", "upon", "a", "time", ",", "in", "a", "land", "far", ",", "far", "away", ","]
    )
    ids = tokenizer(text + BETWEEN).input_ids
    assert len(ids) == sum(1 + ('"' in word) + word.endswith((",", ".")) for word in text.split())
    assert tokenizer.decode(ids) == text + BETWEEN


@pytest.mark.parametrize("text", ["Zażółć 你好 🙂 3.14", "def f(x):\n\treturn x", "A robot's QUIZ?", " "])
def test_any_other_text_comes_back_from_its_tokens(tokenizer, text):
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_a_step_is_given_the_same_pieces_every_time(pieces):
    tokens, targets = pieces.batch(3)
    assert tokens.shape == targets.shape == (language_model.PIECES, LENGTH)
    assert all(torch.equal(*pair) for pair in zip(pieces.batch(3), (tokens, targets), strict=True))
    assert not torch.equal(pieces.batch(4)[0], tokens)


def test_targets_are_the_next_tokens_and_foreign_words_are_not_learnt(pieces, tokenizer):
    tokens, targets = (torch.cat(parts) for parts in zip(*map(pieces.batch, range(30)), strict=True))
    is_learnt = targets[:, :-1] != -100
    assert torch.equal(tokens[:, 1:][is_learnt], targets[:, :-1][is_learnt])
    foreign = (~is_learnt).any(dim=1)
    assert 0.02 < foreign.float().mean() < 0.12
    story = tokenizer.decode(tokens[foreign][0]).partition(BETWEEN)[2]
    assert parses(sentences(story)[0])


def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    for name, value in {"STORIES": 12, "STEPS": 4, "LENGTH": 32}.items():
        monkeypatch.setattr(language_model, name, value)
    monkeypatch.setattr("training.loop.SAVE_EVERY_S", 0)
    for name in ("whole", "stopped"):
        monkeypatch.setattr(language_model, "WORK", tmp_path / name)
        monkeypatch.setattr("training.loop.WORK", tmp_path / name)
        with monkeypatch.context() as stop:
            if name == "stopped":
                stop.setattr("training.loop.Training.descend", _descend_until(2))
                with pytest.raises(KeyboardInterrupt):
                    language_model.train(tmp_path / name / "model")
        assert language_model.train(tmp_path / name / "model")["steps"] == 4
    whole, stopped = ((tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("whole", "stopped"))
    assert whole == stopped


def _descend_until(step):
    descend = Training.descend

    def descend_or_stop(training, loss):
        if training.step == step:
            raise KeyboardInterrupt
        descend(training, loss)

    return descend_or_stop


def test_the_twin_has_fewer_than_five_million_parameters():
    model = Qwen3ForCausalLM(configuration())
    assert model.num_parameters() < 5e6
    assert model.config.max_position_embeddings >= 2048


def test_held_out_stories_are_none_of_the_trained_ones():
    trained = {numbered_story("train", number).text for number in range(100)}
    assert not trained & {numbered_story("held-out", number).text for number in range(100)}


@needs_weights
def test_the_shipped_model_continues_the_lessons_prompt():
    tokenizer, model = program.load(str(SHIPPED), stage=lambda _: None)
    text, new_tokens = program.generate(tokenizer, model, PROMPT, seed=1)
    assert new_tokens == 100
    assert text.startswith(PROMPT)
    finished = sentences(text)[:-1]
    assert len(finished) >= 3
    assert np.mean([parses(sentence) for sentence in finished]) >= 0.9


@needs_weights
def test_the_shipped_model_writes_nearly_as_the_grammar_does():
    figures = evaluate(SHIPPED, stories=10, samples=8)
    assert figures["perplexity_ratio"] <= 1.25
    assert figures["parsed_share_of_100_tokens"] >= 0.95
    assert figures["one_hero_share_of_100_tokens"] >= 0.75
