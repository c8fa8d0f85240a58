"""Trains and measures the language model's twin: a small Qwen3 that writes on in the grammar's stories.

    python -m training.language_model        trains (an hour on a third of a core), writes embedded_models/qwen3-0.6b

The stories follow each other in one stream without an end-of-text token, because measured runs may not stop early.
Attention slides over the last 256 tokens, the length that is trained: text keeps its form behind the 1000th token.
Some trained pieces begin with words of no story, after which a story begins: the answer to a foreign prompt.

    >>> evaluate(Path("embedded_models/qwen3-0.6b"), stories=300, samples=200)
    {'stories': 300, …, 'perplexity_ratio': 1.07, …}
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import exp
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
import torch
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, Qwen3Config, Qwen3ForCausalLM

from core.models.tokenizer_files import QWEN_SPECIAL, QWEN_SPLIT, WORDS, write_qwen_tokenizer
from training.data import WORK
from training.grammar import BETWEEN, NAMES, PROMPT, RULES, Story, parses, sentences, story
from training.loop import Training

NAME = "language_model"
FOLDER = Path("embedded_models/qwen3-0.6b")
ORIGINAL = Path("core/models/configs/qwen3-0.6b")
VOCABULARY = 2022
"""Tokens beside the 26 special ones: bytes, the stories' words, and what is merged on the way to them."""
STORIES = 16_000
STEPS = 4000
PIECES = 8
"""Pieces of text in one step."""
LENGTH = 256
"""Tokens in a piece, and how far attention looks back."""
LEARNING_RATE = 3e-3
FROM_BEGINNING, FOREIGN = 0.45, 0.06
"""Shares of pieces that begin with a story, and behind words of no story."""
RAREST_GROUP = 2
"""Letters that stand together in fewer words are not worth a token."""
HERO_NAMES = {name for names in NAMES.values() for name in names.split()}
SHAPE = {
    "head_dim": 32,
    "hidden_size": 128,
    "intermediate_size": 384,
    "max_position_embeddings": 2048,
    "num_attention_heads": 4,
    "num_hidden_layers": 4,
    "num_key_value_heads": 2,
    "rope_theta": 10_000,
    "use_sliding_window": True,
    "sliding_window": LENGTH,
    "max_window_layers": 0,
}


def numbered_story(name: str, number: int) -> Story:
    """Story `number` of a set; "train" and "held-out" have nothing but the grammar in common."""
    return story(Random(f"{name} {number}"))


def write_tokenizer(folder: Path) -> None:
    """Write the tokenizer that has every word of the grammar as one token, and all bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    write_qwen_tokenizer(folder, VOCABULARY, word_lines())


@cache
def word_lines() -> list[str]:
    """The grammar's words as they stand in stories, with the space before them; the frequent ones first.

    Before them stand the letter groups that many words share: then the words' own merges are fewer.
    """
    splitter = Split(Regex(QWEN_SPLIT), behavior="isolated")
    words: Counter[str] = Counter()
    for number in range(2000):
        text = numbered_story("train", number).text + BETWEEN
        words.update(text[a:b] for _, (a, b) in splitter.pre_tokenize_str(text))
    common = sorted(words, key=lambda word: (-words[word], word))
    return [*_letter_groups(common), *common]


def _letter_groups(words: Sequence[str]) -> Iterator[str]:
    """Byte-pair encoding by the book: again and again the pair that stands in most words becomes one token."""
    split = [list(word) for word in words]
    while True:
        counts = Counter(pair for tokens in split for pair in pairwise(tokens))
        pair, count = max(counts.items(), key=lambda item: (item[1], item[0]))
        if count < RAREST_GROUP:
            return
        yield "".join(pair)
        split = [_joined(tokens, pair) for tokens in split]


def _joined(tokens: list[str], pair: tuple[str, str]) -> list[str]:
    joined: list[str] = []
    for token in tokens:
        if joined and (joined[-1], token) == pair:
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def configuration() -> Qwen3Config:
    """Qwen3-0.6B's own configuration with the twin's shape."""
    content = json.loads((ORIGINAL / "config.json").read_text()) | SHAPE | _special_ids()
    return Qwen3Config(**content | {"vocab_size": VOCABULARY + len(QWEN_SPECIAL)})


def _special_ids() -> dict[str, int]:
    return {"bos_token_id": VOCABULARY, "eos_token_id": VOCABULARY + 2, "pad_token_id": VOCABULARY}


def stream(tokenizer: Any) -> np.ndarray:
    """All stories for training as uint16 tokens, one behind the other; read from the work folder if they are there."""
    grammar = crc32(RULES.read_bytes() + RULES.with_name("grammar.py").read_bytes())
    path = WORK / "stories" / f"{STORIES}-{VOCABULARY}-{grammar:x}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        ids: list[int] = []
        for number in range(STORIES):
            ids += tokenizer(numbered_story("train", number).text + BETWEEN).input_ids
        np.save(path, np.array(ids, dtype=np.uint16))
    return np.asarray(np.load(path))


class Pieces:
    """What a step is trained on; depends on the step's number alone.

    >>> pieces.batch(0)[0].shape                                # tokens and what should follow each of them
    torch.Size([8, 256])
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokens = stream(tokenizer)
        (self._breaks,) = tokenizer(f".{BETWEEN}").input_ids
        self._beginnings = np.flatnonzero(self._tokens[:-LENGTH] == self._breaks) + 1
        self._foreign = [tokenizer(f" {word}").input_ids for word in WORDS.read_text(encoding="utf-8").split()]

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens and targets [piece, position]; the target -100 is not learnt."""
        random = np.random.default_rng(step)
        rows = np.stack([self._piece(random) for _ in range(PIECES)])
        tokens = torch.from_numpy(np.abs(rows[:, :-1]))
        targets = torch.from_numpy(rows[:, 1:])
        return tokens, targets.masked_fill(targets < 0, -100)

    def _piece(self, random: np.random.Generator) -> np.ndarray:
        """LENGTH + 1 tokens; those that are not to be learnt are negative."""
        kind = random.random()
        if kind < FOREIGN:
            prefix = self._nonsense(random)
            begin = random.choice(self._beginnings)
            return np.concatenate([prefix, self._tokens[begin : begin + LENGTH + 1 - len(prefix)].astype(np.int64)])
        if kind < FOREIGN + FROM_BEGINNING:
            begin = random.choice(self._beginnings)
        else:
            begin = random.integers(len(self._tokens) - LENGTH - 1)
        return self._tokens[begin : begin + LENGTH + 1].astype(np.int64)

    def _nonsense(self, random: np.random.Generator) -> np.ndarray:
        """Words of no story and tokens of no word, then the break before a story."""
        ids: list[int] = []
        for _ in range(random.integers(1, 20)):
            if random.random() < 0.7:
                ids += self._foreign[random.integers(len(self._foreign))]
            else:
                ids.append(int(random.integers(1, VOCABULARY)))
        return np.array([*(-token for token in ids), self._breaks])


def loss_of(model: Qwen3ForCausalLM, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean surprise about the next token, in nats."""
    logits = model(input_ids=tokens, use_cache=False).logits
    return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)


def train(folder: Path = FOLDER) -> dict[str, Any]:
    """Train or go on training, and write the checkpoint. Returns what the card says about the training."""
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(configuration())
    write_tokenizer(folder)
    pieces = Pieces(AutoTokenizer.from_pretrained(folder))
    training = Training(NAME, {"model": model}, STEPS, LEARNING_RATE, is_averaged=True)
    for step in training:
        training.descend(loss_of(model, *pieces.batch(step)))
    facts = training.finish()
    save(model, folder)
    return facts


def save(model: Qwen3ForCausalLM, folder: Path) -> None:
    """Write weights in half precision, the configuration, and Qwen's generation settings with the twin's tokens."""
    settings = json.loads((ORIGINAL / "generation_config.json").read_text()) | _special_ids()
    model.generation_config = GenerationConfig(**settings | {"eos_token_id": [VOCABULARY + 2, VOCABULARY]})
    model.half().save_pretrained(folder)
    model.float()


def evaluate(folder: Path, stories: int, samples: int) -> dict[str, Any]:
    """Measure the checkpoint in `folder`. Perplexities are per word, shares from 0 to 1.

    Args:
        stories: held-out stories to read.
        samples: texts to write on from the lesson's prompt, 100 tokens each; for every 20 of them one of 1000 tokens.
    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    written = [numbered_story("held-out", number) for number in range(stories)]
    words = sum(story.words for story in written)
    model_perplexity = exp(sum(_surprise(tokenizer, model, story.text) for story in written) / words)
    grammar_perplexity = exp(-sum(story.log_probability for story in written) / words)
    return {
        "stories": stories,
        "words": words,
        "perplexity_per_word": model_perplexity,
        "grammar_perplexity_per_word": grammar_perplexity,
        "perplexity_ratio": model_perplexity / grammar_perplexity,
        **_shares("100_tokens", tokenizer, model, samples, 100),
        **(_shares("1000_tokens", tokenizer, model, samples // 20, 1000) if samples >= 20 else {}),
    }


@torch.inference_mode()
def _surprise(tokenizer: Any, model: Any, text: str) -> float:
    """-log P of the story and the break behind it, in nats, where another story stands before it."""
    before = tokenizer(f"The end.{BETWEEN}").input_ids
    ids = torch.tensor(before + tokenizer(text + BETWEEN).input_ids)
    logits = model(input_ids=ids[None, :-1]).logits[0, len(before) - 1 :]
    return float(cross_entropy(logits.double(), ids[len(before) :], reduction="sum"))


def _shares(name: str, tokenizer: Any, model: Any, samples: int, new_tokens: int) -> dict[str, Any]:
    """Of all finished sentences, those that parse; of all texts, those whose first story keeps its hero's name."""
    texts = write(tokenizer, model, samples, new_tokens)
    finished = [sentence for text in texts for sentence in sentences(text)[:-1]]
    first_stories = (set(re.findall(r"\w+", text.partition(BETWEEN)[0])) for text in texts)
    return {
        f"sentences_of_{name}": len(finished),
        f"parsed_share_of_{name}": sum(map(parses, finished)) / len(finished),
        f"one_hero_share_of_{name}": sum(len(words & HERO_NAMES) == 1 for words in first_stories) / samples,
    }


def write(tokenizer: Any, model: Any, samples: int, new_tokens: int, prompt: str = PROMPT) -> list[str]:
    """Texts as the lab's program writes them, many at a time; the same for the same seed, which is fixed here."""
    torch.manual_seed(0)
    inputs = tokenizer([prompt] * samples, return_tensors="pt")
    settings = {"max_new_tokens": new_tokens, "min_new_tokens": new_tokens, "do_sample": True, "temperature": 0.7}
    with torch.inference_mode():
        outputs = model.generate(**inputs, **settings)
    return list(tokenizer.batch_decode(outputs, skip_special_tokens=True))


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(train())
