"""What to do next with a question in class, from how many have it right: the usual rule of peer instruction.

Discuss and vote again where 30 to 70 % are right, as Crouch and Mazur do. Advice only: the teacher knows the class.
"""

from core.classroom.suppression import LEAST

FEW, MANY = 0.3, 0.7


def advice(right: int, answered: int) -> str:
    """One sentence for the teacher; empty while fewer than five have answered.

    >>> advice(12, 24)
    '50 % right: let them discuss in pairs, then answer again.'
    """
    if answered < LEAST:
        return ""
    share = right / answered
    told = f"{100 * share:.0f} % right"
    if share < FEW:
        return f"{told}: explain it, then ask again."
    if share <= MANY:
        return f"{told}: let them discuss in pairs, then answer again."
    return f"{told}: explain it in short, and go on."
