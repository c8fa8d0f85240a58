"""Tokenizers for checkpoints of random weights, as files in the Hub's layout.

The vocabularies have the real sizes, because the size is what loading them costs. What is in them is ours: all
bytes, so that any text works; merges learnt from `configs/words.txt`, so that the lesson's prompts fall into the
same number of tokens as with the real tokenizers (13 for the story's beginning); and letter groups for the rest.

    >>> write_qwen_tokenizer(folder, vocabulary=151_643)
    >>> len(AutoTokenizer.from_pretrained(folder)("Once upon a time, in a land far, far away,").input_ids)
    13
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise, product
from pathlib import Path
from string import ascii_lowercase

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE

WORDS = Path(__file__).parent / "configs" / "words.txt"
QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CLIP_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
QWEN_SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
)
CLIP_SPECIAL = ("<|startoftext|>", "<|endoftext|>")
Pair = tuple[str, str]


def write_qwen_tokenizer(folder: Path, vocabulary: int, lines: Sequence[str] | None = None) -> None:
    """Write a byte-level tokenizer of `vocabulary` tokens plus Qwen's 26 special ones.

    Args:
        lines: text whose words become one token each; by default that of `configs/words.txt`.
    """
    tokenizer = _splitting(QWEN_SPLIT, normalizers.NFC(), split="isolated")
    ids, merges = _vocabulary(tokenizer, sorted(pre_tokenizers.ByteLevel.alphabet()), vocabulary, "", lines)
    tokenizer.model = BPE(ids, merges)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in QWEN_SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "Qwen2Tokenizer",
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "unk_token": None,
            "add_prefix_space": False,
            "clean_up_tokenization_spaces": False,
            "model_max_length": 131072,
        },
    )


def write_clip_tokenizer(
    folder: Path,
    vocabulary: int,
    pad_token: str = "<|endoftext|>",
    lines: Sequence[str] | None = None,
    model_max_length: int = 77,
) -> None:
    """Write a CLIP tokenizer of `vocabulary` tokens, the last two of which begin and end a text.

    Args:
        lines: text whose words become one token each; by default that of `configs/words.txt`.
        model_max_length: tokens that a text is cut to.
    """
    lower = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer = _splitting(CLIP_SPLIT, lower, split="removed")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    alphabet += [letter + "</w>" for letter in alphabet]
    ids, merges = _vocabulary(tokenizer, alphabet, vocabulary - len(CLIP_SPECIAL), "</w>", lines)
    ids |= {token: len(ids) + index for index, token in enumerate(CLIP_SPECIAL)}
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "vocab.json", ids)
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges), encoding="utf-8")
    special = {"bos_token": CLIP_SPECIAL[0], "eos_token": CLIP_SPECIAL[1], "unk_token": CLIP_SPECIAL[1]}
    special["pad_token"] = pad_token
    _write(folder / "special_tokens_map.json", special)
    _write(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "CLIPTokenizer", "model_max_length": model_max_length, "do_lower_case": True, **special},
    )


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=None), encoding="utf-8")


def _splitting(pattern: str, normalizer: normalizers.Normalizer, split: str) -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior=split, invert=split == "removed"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    return tokenizer


def _vocabulary(
    tokenizer: Tokenizer, alphabet: list[str], size: int, suffix: str, lines: Sequence[str] | None
) -> tuple[dict[str, int], list[Pair]]:
    """Token -> id and merges: the alphabet, what the words teach, then letter groups until `size` is reached."""
    ids = {letter: index for index, letter in enumerate(alphabet)}
    merges: list[Pair] = []
    words = WORDS.read_text(encoding="utf-8").splitlines() if lines is None else lines
    for pair in chain(_learnt(tokenizer, suffix, words), _letter_groups(ids)):
        token = "".join(pair)
        if len(ids) == size and token not in ids:
            break
        ids.setdefault(token, len(ids))
        merges.append(pair)
    return ids, merges


def _learnt(tokenizer: Tokenizer, suffix: str, lines: Sequence[str]) -> Iterator[Pair]:
    """Merges after which every word of `lines` is one token, those of the first lines first.

    A word's missing merges are added behind all earlier ones, which therefore still apply first: what was one
    token stays one. The tokenizers package's own trainer breaks ties differently from run to run.
    """
    ranks: dict[Pair, int] = {}
    for line in lines:
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(line)):
            tokens = _merged([*word[:-1], word[-1] + suffix], ranks)
            while len(tokens) > 1:
                pair = (tokens[0], tokens[1])
                ranks[pair] = len(ranks)
                yield pair
                tokens = _merged(tokens, ranks)


def _merged(tokens: list[str], ranks: dict[Pair, int]) -> list[str]:
    """Byte-pair encoding: join the pair that was learnt first, until no known pair is left."""
    while known := [pair for pair in pairwise(tokens) if pair in ranks]:
        first, second = min(known, key=ranks.__getitem__)
        joined: list[str] = []
        for token in tokens:
            if token == second and joined and joined[-1] == first:
                joined[-1] += token
            else:
                joined.append(token)
        tokens = joined
    return tokens


def _letter_groups(known: dict[str, int]) -> Iterator[Pair]:
    """Pairs, triples and quadruples of letters; a group that is known already keeps its own merges."""
    pairs = ["".join(pair) for pair in product("Ġ" + ascii_lowercase, ascii_lowercase)]
    groups = (
        ((pair[0], pair[1]) for pair in pairs),
        product(pairs, ascii_lowercase),
        product(pairs, pairs[len(ascii_lowercase) :]),
    )
    for group in groups:
        for first, second in group:
            if first + second not in known:
                yield first, second
