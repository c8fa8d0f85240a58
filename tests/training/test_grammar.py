from collections import Counter
from math import exp, isclose, log
from random import Random

import pytest

from training.grammar import BETWEEN, PROMPT, Draft, Symbol, derivations, parses, sentences, story

STORIES = [story(Random(number)) for number in range(100)]


def test_the_same_seed_writes_the_same_story():
    assert story(Random(5)) == STORIES[5]
    assert len({written.text for written in STORIES}) == len(STORIES)


@pytest.mark.parametrize("written", STORIES[:12], ids=range(12))
def test_a_story_has_one_derivation_and_its_probability_is_the_recorded_one(written):
    (derivation,) = derivations(written.text)
    assert isclose(derivation.log_probability, written.log_probability)


@pytest.mark.parametrize("rule", ["known", "vow", "question", "trouble", "river", "feast"])
def test_everything_that_a_rule_can_write_has_probability_one_together(rule):
    drafts, total, seen = [(0.0, draft) for draft in _first(rule)], 0.0, Counter()
    while drafts:
        _, draft = drafts.pop()
        if draft.rest:
            drafts += draft.next()
        else:
            total += exp(draft.log_probability)
            seen[draft.text] += 1
    assert isclose(total, 1)
    assert max(seen.values()) == 1


def _first(rule):
    return [Draft((Symbol("choice", rule),))]


def test_a_weight_is_a_share_of_its_rule():
    (derivation,) = derivations("nobody could sleep", (Symbol("choice", "trouble"),))
    assert isclose(derivation.log_probability, log(2 / 7))


def test_perplexity_is_that_of_the_mean_word():
    written = STORIES[0]
    assert isclose(-written.words * log(written.perplexity), written.log_probability)
    assert written.words == len(written.text.split())


def test_more_than_half_of_the_stories_open_with_the_lessons_prompt():
    assert sum(written.text.startswith(PROMPT) for written in STORIES) > 40
    assert parses(sentences(STORIES[7].text)[0])


def test_every_sentence_of_a_story_parses():
    text = BETWEEN.join(written.text for written in STORIES[:50])
    assert [sentence for sentence in sentences(text) if not parses(sentence)] == []


def test_a_question_in_speech_does_not_end_its_sentence():
    text = 'It spoke. "What goes up but never comes down?" it asked. "Please help me," said Pip, "I have lost my hat."'
    assert len(sentences(text)) == 3


@pytest.mark.parametrize(
    "sentence",
    [
        "Then they stood before an steep cliff.",  # the article
        "Then they stood before a steep cliff",
        "then they stood before a steep cliff.",
        "Then they stood a steep cliff before.",
        "Mila was afraid, but Toby took him by the hand.",  # the pronoun
        "Everyone in the village liked her, because he always helped others.",
        "Tom opened his coat, and there was enough room for three.",
        "On the way, Mila met a friendly robot named Toby.",  # no robot is anybody's friend
        "",
    ],
)
def test_a_mutilated_sentence_does_not_parse(sentence):
    assert not parses(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Then they stood before a steep cliff.",
        "Mila was afraid, but Toby took her by the hand.",
        "Everyone in the village liked her, because she always helped others.",
        "On the way, Mila met a friendly owl named Toby.",
    ],
)
def test_its_whole_counterpart_parses(sentence):
    assert parses(sentence)


def test_a_sentence_without_a_word_of_it_does_not_parse():
    parsed = []
    for sentence in sentences(STORIES[0].text + " " + STORIES[1].text):
        words = sentence.split()
        if len(words) > 3:
            shuffled = [words[0], *words[:0:-1]]
            parsed.append(parses(" ".join(shuffled)))
    assert not any(parsed)
