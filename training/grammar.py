"""A grammar of ours that writes short stories and knows the probability of each of them.

The rules stand in `stories.txt`. A story remembers: its hero, the hero's friend, the place, the thing that is looked
for are chosen where they are first named, and stay; pronouns agree. Probabilities are natural logarithms; a word is
what stands between spaces, its punctuation included.

    >>> written = story(Random(3))
    >>> written.text[:42], written.words
    ('Once upon a time, in a land far, far away,', 238)
    >>> round(written.perplexity, 4)                            # the grammar's own perplexity per word
    1.4294
    >>> parses("Then they stood before a steep cliff."), parses("Then they stood before an steep cliff.")
    (True, False)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from math import exp, fsum, log
from pathlib import Path
from random import Random

RULES = Path(__file__).with_name("stories.txt")
PROMPT = "Once upon a time, in a land far, far away,"
BETWEEN = "\n\n"
"""Between two stories that follow each other."""

KINDS = {
    "any": "fox bear rabbit mouse dragon cat dog robot knight baker farmer sailor wizard painter penguin",
    "she": "girl princess",
    "he": "boy prince",
}
NAMES = {
    "she": "Mila Rosa Ada Clara Nora Ida Luna Zoe Maya Tilda",
    "he": "Tom Leo Oskar Emil Hugo Finn Otto Ben Max Karl",
}
FRIEND_KINDS = "owl hedgehog goat squirrel otter frog raven donkey snail turtle badger gnome"
FRIEND_NAMES = {"she": "Pip Wilma Greta Olive Juno Bella", "he": "Momo Bruno Pepper Albert Toby Felix"}
FORMS = {
    "she": {"he": "she", "him": "her", "his": "her"},
    "he": {"he": "he", "him": "him", "his": "his"},
}
TABLES = {
    "home": ("village", "town", "castle", "valley", "farm", "city"),
    "food": ("some bread", "three apples", "a piece of cheese", "a bag of nuts", "cold pancakes", "a jar of honey"),
    "tool": ("a lantern", "a long rope", "a wooden flute", "a ball of string", "a blue blanket", "an umbrella"),
}
PAIRS = {
    "thing": ("golden silver magic lost broken glass", "key crown bell lamp ring book harp mirror compass drum"),
    "goal": ("old crooked white ruined hidden black", "tower lighthouse mill temple garden library palace mine"),
    "foe": ("grumpy noisy greedy sleepy ugly", "troll giant witch ogre wolf goblin"),
}
REFERENCE = re.compile(r"<(\w+)>|\{(\w+)(?:\.(\w+))?\}|\(([^)]*)\)")
SENTENCE_END = re.compile(r'(?<=[.!?])\s+|(?<=[.!?]")\s+(?=[^a-z\s])')
VOWELS = ("a", "e", "i", "o", "u", "honest")
FIRST_MARK = 0xE000
"""Stands for the first piece of a rule where the rule is handled as text; such letters occur in no text."""
Entry = dict[str, str]


class Candidates:
    """Everything that somebody or something in a story can still be; naming a form of it leaves fewer.

    >>> {text: len(left.entries) for text, (weight, left) in PEOPLE["hero"].forms("he").items()}
    {'she': 170, 'he': 170}
    """

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self._forms: dict[str, dict[str, tuple[float, Candidates]]] = {}

    def forms(self, form: str) -> "dict[str, tuple[float, Candidates]]":
        """What `form` can read, with its share of the entries and the candidates that are left."""
        if form not in self._forms:
            groups: dict[str, list[Entry]] = {}
            for entry in self.entries:
                groups.setdefault(entry[form], []).append(entry)
            self._forms[form] = {text: (float(len(group)), Candidates(group)) for text, group in groups.items()}
        return self._forms[form]


def _people(kinds: dict[str, str], names: dict[str, str]) -> Candidates:
    entries = []
    for pronoun, all_names in names.items():
        of_both = kinds["any"].split() + kinds.get(pronoun, "").split()
        for kind, name in product(of_both, all_names.split()):
            entry = {"kind": kind, "name": name, **FORMS[pronoun]}
            entries.append(entry | {form.capitalize(): text.capitalize() for form, text in FORMS[pronoun].items()})
    return Candidates(entries)


def _pairs(adjectives: str, nouns: str) -> Candidates:
    pairs = product(adjectives.split(), nouns.split())
    return Candidates([{"name": f"{adjective} {noun}", "noun": noun} for adjective, noun in pairs])


PEOPLE = {
    "hero": _people(KINDS, NAMES),
    "friend": _people({"any": FRIEND_KINDS}, FRIEND_NAMES),
    **{name: Candidates([{"name": text} for text in texts]) for name, texts in TABLES.items()},
    **{name: _pairs(*words) for name, words in PAIRS.items()},
}


@dataclass(frozen=True)
class Symbol:
    """A piece of a rule: text as it is ("text"), a choice of options ("choice"), or a memory of somebody ("person")."""

    sort: str
    text: str = ""
    form: str = ""


Pieces = tuple[Symbol, ...]


@cache
def rules() -> dict[str, tuple[tuple[float, Pieces], ...]]:
    """Rule -> its options with their weights; alternatives in brackets are rules that are named by their text."""
    found: dict[str, list[tuple[float, Pieces]]] = {}
    options: list[tuple[float, Pieces]] = []
    for line in RULES.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in " #":
            options = found.setdefault(line.removesuffix(":"), [])
        elif line.startswith("  "):
            weight, star, text = line.strip().partition("* ")
            options.append((float(weight), _pieces(text, found)) if star else (1.0, _pieces(weight, found)))
    return {name: tuple(options) for name, options in found.items()}


def _pieces(text: str, found: dict[str, list[tuple[float, Pieces]]]) -> Pieces:
    symbols, end = [], 0
    for match in REFERENCE.finditer(text):
        rule, person, form, alternatives = match.groups()
        symbols.append(Symbol("text", text[end : match.start()]))
        end = match.end()
        if person:
            symbols.append(Symbol("person", person, form or "name"))
            continue
        if alternatives:
            rule = match.group()
            found[rule] = [(1.0, (Symbol("text", option),)) for option in alternatives.split("|")]
        symbols.append(Symbol("choice", rule))
    symbols.append(Symbol("text", text[end:]))
    return tuple(symbol for symbol in symbols if symbol.text)


@dataclass(frozen=True)
class Draft:
    """A story so far: what is written, what is still to write (the next piece last), and what is remembered."""

    rest: Pieces
    text: str = ""
    log_probability: float = 0.0
    memory: dict[str, Candidates] = field(default_factory=lambda: PEOPLE)

    def next(self) -> "list[tuple[float, Draft]]":
        """Ways to go on by one piece, each with its weight; probabilities are counted in the drafts already."""
        symbol, rest = self.rest[-1], self.rest[:-1]
        if symbol.sort == "text":
            return [(1.0, Draft(rest, _joined(self.text, symbol.text), self.log_probability, self.memory))]
        if symbol.sort == "choice":
            options = rules()[symbol.text]
            total = log(fsum(weight for weight, _ in options))
            return [
                (weight, Draft(rest + pieces[::-1], self.text, self.log_probability + log(weight) - total, self.memory))
                for weight, pieces in options
            ]
        forms = self.memory[symbol.text].forms(symbol.form)
        total = log(fsum(weight for weight, _ in forms.values()))
        return [(weight, self._with(text, log(weight) - total, left)) for text, (weight, left) in forms.items()]

    def _with(self, text: str, log_probability: float, left: Candidates) -> "Draft":
        memory = self.memory | {self.rest[-1].text: left}
        return Draft(self.rest[:-1], _joined(self.text, text), self.log_probability + log_probability, memory)

    def can_become(self, text: str) -> bool:
        """Whether `text` begins with what is written here."""
        return text.startswith(self.text) or (_wants_noun(self.text) and text.startswith(self.text[:-1] + "n "))


def _joined(text: str, more: str) -> str:
    """`more` behind `text`, with the article that its first letter asks for."""
    if more.startswith(VOWELS) and _wants_noun(text):
        text = text[:-1] + "n "
    return text + more


def _wants_noun(text: str) -> bool:
    return text.endswith((" a ", " A ")) or text in ("a ", "A ")


@dataclass(frozen=True)
class Story:
    """A written story, the grammar's log-probability of its whole text, and the number of its words."""

    text: str
    log_probability: float
    words: int

    @property
    def perplexity(self) -> float:
        """How many equally likely words the grammar chooses from on average: exp(mean of -log P per word)."""
        return exp(-self.log_probability / self.words)


def story(random: Random) -> Story:
    """A story; the same for a `random` in the same state."""
    draft = Draft((Symbol("choice", "story"),))
    while draft.rest:
        ways = draft.next()
        if len(ways) == 1:
            draft = ways[0][1]
        else:
            draft = random.choices([way for _, way in ways], [weight for weight, _ in ways])[0]
    return Story(draft.text, draft.log_probability, len(draft.text.split()))


def derivations(text: str, pieces: Pieces = (Symbol("choice", "story"),)) -> Iterator[Draft]:
    """Every way in which the grammar can write exactly `text`."""
    drafts = [Draft(pieces[::-1])]
    while drafts:
        draft = drafts.pop()
        if draft.rest:
            drafts.extend(way for _, way in draft.next() if way.can_become(text))
        elif draft.text == text:
            yield draft


def sentences(text: str) -> list[str]:
    """The sentences of `text`, an unfinished last one included."""
    return [sentence for sentence in SENTENCE_END.split(text.strip()) if sentence]


@cache
def parses(sentence: str) -> bool:
    """Whether the grammar can write `sentence` in some story."""
    return any(next(derivations(sentence, pieces), None) for pieces in _sentence_rules())


@cache
def _sentence_rules() -> tuple[Pieces, ...]:
    """The sentences that the rules are made of, with what is chosen inside them left open."""
    found: dict[Pieces, None] = {}
    waiting, seen = ["story"], {"story"}
    while waiting:
        for _, pieces in rules()[waiting.pop()]:
            for part in _parts(pieces):
                names = [symbol.text for symbol in part if symbol.text.strip()]
                if all(symbol.sort == "choice" for symbol in part if symbol.text.strip()):
                    waiting += [name for name in names if name not in seen]
                    seen.update(names)
                else:
                    found[part] = None
    return tuple(found)


def _parts(pieces: Pieces) -> Iterator[Pieces]:
    """`pieces` cut where sentences end; rules that stand for whole sentences make up a part without other text."""
    marks = {chr(FIRST_MARK + index): symbol for index, symbol in enumerate(pieces) if symbol.sort != "text"}
    text = "".join(
        symbol.text if symbol.sort == "text" else chr(FIRST_MARK + index) for index, symbol in enumerate(pieces)
    )
    for part in SENTENCE_END.split(text):
        split = re.split(f"([{''.join(marks)}])", part) if marks else [part]
        yield tuple(marks.get(piece) or Symbol("text", piece) for piece in split if piece)
