"""The last cell of the shown code: the training that a run measures, as one would type it. No torch here."""

from core.labs.train_ddpm.settings import SIDES, Settings

SHOWN_EVERY = 50


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    device = f'"{settings.device}"' if settings.device != "auto" else '"cuda" if torch.cuda.is_available() else "cpu"'
    side = SIDES[settings.network]
    names = ("steps", "learning_rate", "warm_up", "batch", "accumulate", "mixed_precision", "checkpointing", "seed")
    given = ", ".join(f"{name}={getattr(settings, name)!r}" for name in names)
    resumed = 'training.restore(torch.load("training.pt"))  # of an earlier run\n' if settings.go_on_from else ""
    return (
        f"import time\n\n# {settings.steps} steps in at most {settings.time_limit_s} s\n"
        f'pictures, held_out = load_pictures("scenes.png", side={side})  # the sheet beside the lab\'s program\n'
        f"model = build({settings.network!r}, device={device}, seed={settings.seed})\n"
        f"training = Training(model, {given})\n"
        f"{resumed}"
        f"noise = torch.randn(8, 3, {side}, {side}, generator=torch.Generator().manual_seed({settings.seed + 1}))\n"
        f"end = time.perf_counter() + {settings.time_limit_s}\n\n\n"
        "def on_step(step, loss):\n"
        f"    if step % {SHOWN_EVERY} == 0 or step in (1, training.steps):\n"
        '        print(f"step {step}: loss {loss:.3f}")\n'
        "    return time.perf_counter() < end\n\n\n"
        "train(training, pictures, on_step)\n"
        'for name, network in {"plain": training.model, "averaged": training.averaged}.items():\n'
        "    loss = held_out_loss(network, held_out, training.schedule)\n"
        '    print(f"{name} weights: {loss:.3f} on pictures that were held out")\n'
        '    as_picture(sample(network, noise)).save(f"drawn-{name}.png")\n'
        'torch.save(training.state(), "training.pt")\n'
    )
