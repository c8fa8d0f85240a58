"""Training steps of the lab against a bare loop of the same network, batch and steps, in one process, alternating.

    python -m bench training --pairs 9

The lab watches every step, tells the loss now and then, and draws pictures between its parts; only its steps are timed.
"""

import os
import sys
import tempfile
import time
from typing import Any

from bench.labs import TARGET
from core.config import config
from core.measure.statistics import median_interval

STEPS, BATCH = 40, 32
SETTINGS: dict[str, Any] = {"steps": STEPS, "batch": BATCH, "time_limit_s": 600, "compare": []}


def main(pairs: int, device: str) -> dict[str, object]:
    """Run `pairs` alternating pairs and summarise them; a ratio is seconds in the lab / seconds of the bare loop."""
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["VRAM_LAB_DATA_DIR"] = data_dir
        config.cache_clear()
        _lab_s(device), _bare_s(device)
        rows = []
        for index in range(pairs):
            order = (_bare_s, _lab_s) if index % 2 else (_lab_s, _bare_s)
            took = {run.__name__: run(device) for run in order}
            rows.append((took["_bare_s"], took["_lab_s"]))
            print(f"pair {index + 1}: bare {rows[-1][0]:.2f} s, lab {rows[-1][1]:.2f} s", file=sys.stderr)
    middle, low, high = median_interval([lab_s / bare_s for bare_s, lab_s in rows])
    return {
        "what": f"{STEPS} training steps of a small diffusion model: in the lab / in a bare loop",
        "device": device,
        "settings": SETTINGS,
        "bare_s": [row[0] for row in rows],
        "lab_s": [row[1] for row in rows],
        "ratios": [lab_s / bare_s for bare_s, lab_s in rows],
        "median_ratio": middle,
        "interval_95": [low, high],
        "target": TARGET,
        "met": middle <= TARGET,
    }


def _lab_s(device: str) -> float:
    from core.measure.progress import SilentProgress
    from core.models.resident import Resident
    from core.runs.execution import execute

    record = execute("train_ddpm", SETTINGS | {"device": device}, SilentProgress(), Resident()).record
    if record["state"] != "finished":
        raise RuntimeError(f"the lab's run ended as {record['state']}: {record['error']}")
    return float(record["outputs"]["training"]["seconds"])


def _bare_s(device: str) -> float:
    """The same steps with nothing around them."""
    import torch
    from diffusers import DDPMScheduler

    from core.labs.train_ddpm import program
    from core.labs.train_ddpm.run import SHEET

    pictures, _ = program.load_pictures(str(SHEET), 16)
    model, averaged = (program.build("small", device).train() for _ in range(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002)
    schedule, random = DDPMScheduler(), torch.Generator().manual_seed(7)
    synchronise(device)
    begun = time.perf_counter()
    for _ in range(STEPS):
        chosen = pictures[torch.randint(len(pictures), (BATCH,), generator=random)].to(device)
        step = torch.randint(1000, (BATCH,), generator=random).to(device)
        noise = torch.randn(chosen.shape, generator=random).to(device)
        found = model(schedule.add_noise(chosen, noise, step), step).sample
        torch.nn.functional.mse_loss(found, noise).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            for slow, fast in zip(averaged.parameters(), model.parameters(), strict=True):
                slow.lerp_(fast, 0.01)
    synchronise(device)
    return time.perf_counter() - begun


def synchronise(device: str) -> None:
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
