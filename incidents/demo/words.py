"""The city's own demo texts, accounts and mix, read from its folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What people say about one category, how often, and what is answered."""

    share: int
    say: list[str]
    title: list[str]
    done: list[str] = field(default_factory=list)
    outcome: str = "fixed"
    questions: float = 0.0  #: How many of them only ask something.
    storm: bool = False  #: Whether most come on the evenings of heavy rain.


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An account to sign in with: who, as what, for which organisation."""

    username: str
    name: str
    role: str
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An incident to be seen: reports put together, or works announced."""

    kind: str
    category: str  #: The branch that it is of.
    organisation: str  #: Who works on it, or announces it.
    title: str
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    hours: int = 0  #: How long it is to last.


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All that `demo.toml` says."""

    where: list[str]
    since: list[str]
    asks: list[str]
    family: list[str]
    given: list[str]
    lines: list[str]
    words: dict[str, list[str]]
    refused: dict[str, list[str]]
    result: dict[str, list[str]]
    accounts: tuple[Role, ...]
    subjects: dict[str, Subject]
    incidents: tuple[Happening, ...] = ()

    def fill(self, sentence: str, *, ward: str, rng: Random) -> str:
        """Put a place, a time and the like where a sentence leaves room for them."""
        said = sentence.format(
            where=rng.choice(self.where),
            since=rng.choice(self.since),
            asks=rng.choice(self.asks),
            line=rng.choice(self.lines),
            ward=ward,
        )
        return " ".join(said.split())


def read_words(folder: Path) -> Words:
    """Read a city's `demo.toml`."""
    with (folder / "demo.toml").open("rb") as file:
        said: dict[str, Any] = tomllib.load(file)
    accounts = tuple(Role(**each) for each in said.pop("account"))
    subjects = {code: Subject(**each) for code, each in said.pop("category").items()}
    incidents = tuple(Happening(**each) for each in said.pop("incident", ()))
    return Words(accounts=accounts, subjects=subjects, incidents=incidents, **said)
