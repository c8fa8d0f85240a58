"""The last cell of the shown code: the calls that measure each chosen variant. No torch here."""

from pathlib import Path

from core.labs.optimisation.settings import PROMPTS, STEPS, Settings, Variant
from core.runs.arguments import file_variant, place_arguments

ENGINE = Path(__file__).parent / "engine.py"
TIMED = """
def timed(title, work, unit):
    for repeat in range({repeats}):
        start = time.perf_counter()
        work()
        print(f"{{title}}: {{time.perf_counter() - start:.2f}} s {{unit}}")

"""
TEXT: dict[Variant, str] = {
    "eager": """
model.set_attn_implementation("eager")
timed("eager", lambda: write(model, ids, {tokens}), "for {tokens} tokens")
""",
    "sdpa": """
model.set_attn_implementation("sdpa")
timed("sdpa", lambda: write(model, ids, {tokens}), "for {tokens} tokens")
""",
    "compiled_static": """
model.set_attn_implementation("sdpa")
cache, step = static_cache(model, len(ids) + {tokens}), compile_step(model)
timed("compiled_static", lambda: write(model, ids, {tokens}, cache, step), "for {tokens} tokens")
""",
    "cuda_graphs": """
if model.device.type == "cuda":
    cache, graph = static_cache(model, len(ids) + {tokens}), compile_step(model, "reduce-overhead")
    timed("cuda_graphs", lambda: write(model, ids, {tokens}, cache, graph), "for {tokens} tokens")
""",
}
LLAMA = """
# llama.cpp reads GGUF files. VRAM Lab writes one from the run's own weights; Qwen publishes one with 8-bit weights.
from huggingface_hub import hf_hub_download

{engine}

path = hf_hub_download("Qwen/Qwen3-0.6B-GGUF", "Qwen3-0.6B-Q8_0.gguf")
engine, context = load_llama_cpp(path, torch.get_num_threads(), len(ids) + {tokens})
timed("llama_cpp_q8", lambda: write_with_llama_cpp(engine, context, ids, {tokens}), "for {tokens} tokens")
"""
PICTURES: dict[Variant, str] = {
    "eager": """
timed("eager", lambda: draw(pipe, prompt, {steps}), "per picture")
""",
    "channels_last": """
to_channels_last(pipe)
timed("channels_last", lambda: draw(pipe, prompt, {steps}), "per picture")
pipe.unet.to(memory_format=torch.contiguous_format)
""",
    "compiled_unet": """
unet = pipe.unet
compile_unet(pipe)
timed("compiled_unet", lambda: draw(pipe, prompt, {steps}), "per picture")
pipe.unet = unet.to(memory_format=torch.contiguous_format)
""",
    "better_scheduler": """
better_scheduler(pipe)
timed("better_scheduler", lambda: draw(pipe, prompt, {fewer}), "per picture")
""",
}


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    """The calls of the chosen variants; of weights in a folder nothing is fetched for llama.cpp either."""
    timed = TIMED.format(repeats=settings.repeats)
    prompt = PROMPTS[settings.model]
    where = f"{sources[settings.model]!r}, {place_arguments(settings)}"
    if settings.is_text:
        load = f"tokenizer, model = load_text_model({where})\nids = tokenizer({prompt!r}).input_ids\n\n"
        return f"import time\n\n{load}{timed}{_text(settings, is_local)}"
    load = f"pipe = load_picture_model({where}{file_variant(settings, is_local)})\nprompt = {prompt!r}\n\n"
    parts = "".join(PICTURES[name] for name in settings.chosen)
    return f"import time\n\n{load}{timed}" + parts.format(
        steps=settings.num_inference_steps or STEPS, fewer=settings.fewer_steps
    )


def _text(settings: Settings, is_local: bool) -> str:
    parts = "".join(TEXT[name] for name in settings.chosen if name in TEXT)
    if not is_local and any(name.startswith("llama") for name in settings.chosen):
        parts += LLAMA.replace("{engine}", ENGINE.read_text(encoding="utf-8").strip())
    return parts.replace("{tokens}", str(settings.max_new_tokens))
