"""What this machine is."""

from core.runs.lab import Lab

LAB = Lab(
    name="runtime",
    place=10,
    title="Runtime",
    summary="Shows what this machine is: processor, memory, GPUs, disk and software.",
)
