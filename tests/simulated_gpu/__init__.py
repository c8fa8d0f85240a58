"""A GPU that is not there, for tests: device `cuda` exists, and its numbers are computed by the processor.

    with simulated(T4) as driver:
        torch.zeros(3, device="cuda")          # says that it is on cuda:0, and is
        driver.devices[0].allocated_bytes      # 512

What is simulated: tensors that say they are on the card and cannot be mixed with others, contexts and their memory,
the caching allocator's books, streams and events with a clock per card, NVIDIA's management library and driver, and
their faults. What is not: speed, kernels, numbers of a random generator, a profile of the card. Every simulated card
says so in its name, and no bank and no file of results takes a machine of that name.
"""

from tests.simulated_gpu.cards import A100, CARDS, H200, H200_MIG, T4, Card
from tests.simulated_gpu.driver import Driver
from tests.simulated_gpu.simulation import simulated

__all__ = ["A100", "CARDS", "H200", "H200_MIG", "T4", "Card", "Driver", "simulated"]
