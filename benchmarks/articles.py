"""How long an operator waits for answers while a question is typed, beside SELECT 1.

Five thousand articles made of the city's own and of the words of its categories; the
questions are typed letter by letter, in turn with the least there is to ask.
"""

from __future__ import annotations

import sys
from random import Random
from time import process_time

from benchmarks._scratch import milliseconds, scratch, spread, table

ARTICLES, KEYSTROKES, SEED, AT_MOST_MS = 5_000, 1_000, 1022, 50.0


def main() -> int:
    """Print the figures; fail where the slowest of twenty takes longer than allowed."""
    with scratch():
        from django.db import connection
        from django.utils import timezone
        from django.utils.timezone import localdate

        from incidents.articles import Said, answers_to, keep_from_file
        from incidents.models import Article, Category

        random = Random(SEED)  # noqa: S311
        shipped = list(Article.objects.all())
        words = " ".join(
            f"{each.question} {each.words} {each.answer}" for each in shipped
        ).split()
        about = [each.name for each in Category.objects.all()]

        def made(number: int) -> tuple[str, Said]:
            asked = " ".join(random.sample(words, 5))
            said = Said(
                question=f"{random.choice(about)} {asked}?",
                answer=" ".join(random.sample(words, 60)),
                source="Benchmark",
                language="vi",
                words=" ".join(random.sample(words, 4)),
            )
            return f"made-{number}", said

        more = ARTICLES - len(shipped)
        keep_from_file((made(number) for number in range(more)), at=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE incidents_article")
        callers = [f"dạ cho hỏi {each.question} {each.words}" for each in shipped] + [
            f"{name} thì gọi ai bao giờ có người đến" for name in about
        ]
        typed = [each[:end] for each in callers for end in range(3, len(each) + 1)]
        random.shuffle(typed)
        typed, day = typed[:KEYSTROKES], localdate()

        def least(_: str) -> object:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return cursor.fetchone()

        def search(text: str) -> object:
            return list(answers_to(text, language="vi", on=day)[:3])

        taken: dict[str, list[float]] = {"SELECT 1": [], "a keystroke": []}
        worked = 0.0
        for text in typed:
            for name, call in (("SELECT 1", least), ("a keystroke", search)):
                begun = process_time()
                (one,) = milliseconds(iter([lambda c=call, t=text: c(t)]))
                taken[name].append(one)
                worked += process_time() - begun if name == "a keystroke" else 0
        held = Article.objects.count()
    rows = [(name, *spread(each), f"{max(each):.1f}") for name, each in taken.items()]
    table(("", "p50 ms", "p95 ms", "max ms"), rows)
    print(  # noqa: T201
        f"{held} articles, {len(typed)} keystrokes; "
        f"{worked / len(typed) * 1000:.1f} ms of our own work each; "
        f"at most {AT_MOST_MS:g} ms at the 95th percentile."
    )
    return int(float(spread(taken["a keystroke"])[1]) > AT_MOST_MS)


if __name__ == "__main__":
    sys.exit(main())
