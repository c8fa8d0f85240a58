"""Figures as people read them: three significant figures, with the unit.

>>> seconds(16.618)
'16.6 s'
>>> gib(2_740_434_970)
'2.55 GiB'
"""

import math

GIB = 2**30


def significant(value: float, digits: int = 3) -> str:
    """`value` to `digits` significant figures, never in exponent notation below 1e15.

    >>> significant(0.012345), significant(1234.5), significant(100.0)
    ('0.0123', '1,230', '100')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, decimals):,.{max(decimals, 0)}f}"


def seconds(value: float) -> str:
    """A duration: milliseconds below 0.1 s, minutes from two minutes on."""
    if value < 0.1:
        return f"{significant(value * 1000)} ms"
    if value < 120:
        return f"{significant(value)} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def roughly(value_s: float) -> str:
    """A duration that is an estimate: whole seconds from ten on, minutes from two minutes on.

    >>> roughly(76.6), roughly(4.25), roughly(400)
    ('77 s', '4.2 s', '7 min')
    """
    if value_s < 1:
        return "a second"
    if value_s < 10:
        return f"{significant(value_s, 2)} s"
    return f"{value_s:.0f} s" if value_s < 120 else f"{value_s / 60:.0f} min"


def gib(value_bytes: float) -> str:
    """Bytes in memory, in GiB (MiB below 0.1 GiB)."""
    if abs(value_bytes) < 0.1 * GIB:
        return f"{significant(value_bytes / 2**20)} MiB"
    return f"{significant(value_bytes / GIB)} GiB"


def gb(value_bytes: float) -> str:
    """Bytes of a file or a download, in GB as shops and hubs count them (MB below 0.1 GB, kB below 0.1 MB)."""
    for size, unit in ((1e8, "GB"), (1e5, "MB")):
        if value_bytes >= size:
            return f"{significant(value_bytes / (1e9 if unit == 'GB' else 1e6))} {unit}"
    return f"{significant(value_bytes / 1e3)} kB"


def count(value: int) -> str:
    """A number of things, in full.

    >>> count(596049920)
    '596,049,920'
    """
    return f"{value:,}"


def short_count(value: float) -> str:
    """A large number in words.

    >>> short_count(596049920), short_count(3_471_000_000), short_count(4321)
    ('596 million', '3.47 billion', '4,320')
    """
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{significant(value / size)} {word}"
    return significant(value)
