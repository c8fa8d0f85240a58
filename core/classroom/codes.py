"""Codes that people read aloud and type: no letters that look like another sign, and what is misread is understood.

>>> tidy(" k7m-4ox ")
'K7M40X'
>>> spelled("K7M40X")
'K7M 40X'
"""

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O and U."""
JOIN_LENGTH = 6
"""30 bits: enough that nobody meets a class by chance; a class is no secret."""
PERSONAL_LENGTH = 16
"""80 bits: whoever has it is that student, so it cannot be guessed."""
LONGEST_TYPED = 100
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code(length: int) -> str:
    """A random code of so many signs."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def tidy(text: str) -> str:
    """A typed code as it is stored: letters and digits, whatever stood between them."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_TYPED]).upper()
    return "".join(sign for sign in plain if sign.isalnum()).translate(_MISREAD)


def spelled(code: str) -> str:
    """A code in groups that can be read aloud: three signs each, four where it is long."""
    size = 3 if len(code) <= JOIN_LENGTH else 4
    return " ".join(code[start : start + size] for start in range(0, len(code), size))
