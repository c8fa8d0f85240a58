"""Settings of the precision lab, and what there is to choose from: name, title, and where each can run.

>>> Settings(precisions=("nf4_bitsandbytes",)).precisions
('float32', 'nf4_bitsandbytes')
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field

from core.runs.settings import ModelSettings, Prompt

Precision = Literal[
    "float32", "bfloat16", "float16", "int8_bitsandbytes", "nf4_bitsandbytes", "int8_torchao_compiled", "gguf_q4_0"
]
BASELINE: Precision = "float32"
"""What the others are compared with, so it is measured in every run, and first."""


@dataclass(frozen=True)
class Variant:
    """How one precision is called, and one sentence on where it runs."""

    title: str
    runs_on: str


VARIANTS: dict[Precision, Variant] = {
    "float32": Variant("float32", "any CPU, any GPU."),
    "bfloat16": Variant(
        "bfloat16",
        "any CPU, quick on those with AVX512-BF16 or AMX; GPUs from compute capability 8.0, below it is imitated.",
    ),
    "float16": Variant("float16", "GPUs of any age, a T4 included; on a CPU in recent PyTorch, few have units for it."),
    "int8_bitsandbytes": Variant(
        "int8 (LLM.int8)", "CPUs with AVX2, and GPUs from compute capability 7.5 (T4), in bitsandbytes."
    ),
    "nf4_bitsandbytes": Variant(
        "4-bit (NF4)",
        "CPUs with AVX2, quick on those with AVX512-BF16, and GPUs from compute capability 6.0, in bitsandbytes.",
    ),
    "int8_torchao_compiled": Variant(
        "int8, compiled",
        "CPUs with a C++ compiler beside them, and GPUs from compute capability 7.0, in torchao with torch.compile.",
    ),
    "gguf_q4_0": Variant(
        "GGUF with 4 bits (Q4_0)",
        "any CPU, any GPU, with the package gguf beside transformers, which unpacks Qwen3 while it loads the file.",
    ),
}


def _in_order(chosen: tuple[Precision, ...]) -> tuple[Precision, ...]:
    """Each once, in the order of the table above, with the baseline."""
    return tuple(name for name in VARIANTS if name in (BASELINE, *chosen))


class Settings(ModelSettings):
    model: Literal["qwen3-0.6b"] = "qwen3-0.6b"
    dtype: Literal["float32"] = "float32"
    """Not a choice here: the largest of the precisions, by which the run is planned and with which it begins."""
    precisions: Annotated[
        tuple[Precision, ...], Field(max_length=len(get_args(Precision))), AfterValidator(_in_order)
    ] = get_args(Precision)
    prompt: Prompt = "Once upon a time, in a land far, far away,"
    max_new_tokens: int = Field(default=32, ge=2, le=200)
    repeats: int = Field(default=3, ge=2, le=10)
    """Of every precision; the first of each is cold."""

    cost_nothing: ClassVar[frozenset[str]] = frozenset(("prompt",))
