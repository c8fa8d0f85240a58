r"""Text that somebody wrote or that a link brought, shown as it is: no Markdown, no formulas, no directives of it.

>>> print(plain("*a* $b$ :red[c]"))
\*a\* \$b\$ \:red\[c\]
"""

import re

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")
LINKED = re.compile(r"(?<=:)(?=//|material/|[\w\\+-]+:)|(?<=www)(?=\.)|(?=@)")
"""Addresses become links, and names between colons signs, even where escaped; a space of no width prevents both."""


def plain(text: str) -> str:
    """`text` in one line, with every sign escaped that Markdown or Streamlit would act on."""
    return LINKED.sub("\u200b", SPECIAL.sub(r"\\\1", text)).replace("\n", " ")
