"""The last cell of the shown code: the calls that a run measures, as one would type them. No torch here."""

from core.labs.ddpm.settings import STEPS, TITLES, TWIN_STEPS, Settings
from core.runs.arguments import device_argument, picture_line

CALLS = {"ddpm": "sample(model, noise, schedule)", "no_noise": "sample(model, noise, schedule, add_sigma=False)"}


def cell(settings: Settings, sources: dict[str, str], is_local: bool) -> str:
    steps = TWIN_STEPS if is_local and settings.source == "embedded" else STEPS
    device = device_argument(settings).removeprefix("device=")
    ways = {f"{TITLES[name]}, {steps} evaluations": CALLS[name] for name in settings.ways} | {
        f"DDIM, {count} evaluations": f"sample_ddim(model, noise, schedule, steps={count})"
        for count in settings.ddim_steps
    }
    drawn = "".join(f"    {name!r}: lambda: {call},\n" for name, call in ways.items())
    return (
        f"import time\n\ndevice = {device}\n"
        f"model = load({sources[settings.model]!r}, device)\n"
        f"schedule = Schedule(steps={steps}, device=device)\n"
        f"{picture_line(settings)}"
        "steps = torch.linspace(0, len(schedule.beta) - 1, 9).long().to(device)\n"
        "small = as_tensor(picture).to(device).expand(len(steps), -1, -1, -1)\n"
        'as_picture(add_noise(small, steps, torch.randn_like(small), schedule)).save("noised.png")\n\n'
        f"ways = {{\n{drawn}}}\n"
        "for number, (name, draw) in enumerate(ways.items(), start=1):\n"
        f"    torch.manual_seed({settings.seed})\n"
        f"    noise = torch.randn({settings.pictures}, 3, 32, 32).to(device)\n"
        "    start = time.perf_counter()\n"
        "    drawn = as_picture(draw())\n"
        '    print(f"{name}: {time.perf_counter() - start:.1f} s")\n'
        '    drawn.save(f"drawn-{number}.png")\n'
    )
