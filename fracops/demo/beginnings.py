"""How the demo's clients began: the fit checks before their first discovery. All of it is invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from clients.fitting import NO, QUESTIONS, UNKNOWN, YES, judge
from clients.models import Client, FitCheck


@dataclass(frozen=True)
class Talk:
    """A first talk: so many days ago, who had it, what was answered other than “no”, and the notes."""

    days_ago: int
    by: str
    answers: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)


TALKS = {
    "halden-outfitters": (
        Talk(
            305,
            "Ines Moreau",
            {"defined": NO, "fee": UNKNOWN, "sliding": YES, "guessing": YES},
            {"defined": "“Make the chat better.” Nobody could say by what one would see it."},
        ),
        Talk(
            288,
            "Ines Moreau",
            {"defined": YES, "fee": YES, "sliding": YES, "guessing": YES},
            {
                "defined": "Chats settled without a person; they count them in their help desk.",
                "sliding": "Since some time in spring, says the head of service.",
            },
        ),
    ),
    "lindenhof-versicherung": (
        Talk(
            311,
            "Mara Quillan",
            {"defined": YES, "fee": YES, "stalled": YES, "ungoverned": YES},
            {"ungoverned": "About 6,000 a month, on three invoices."},
        ),
    ),
    "quarry-pine": (
        Talk(
            296,
            "Otis Threlby",
            {"streams": YES, "defined": YES, "fee": YES, "stalled": YES, "guessing": YES},
            {"streams": "Five. Agreed: the search and the letters, nothing else."},
        ),
    ),
}


def talk(client: Client, today: date) -> None:
    """Write a demo client's fit checks, once. Needs the client's scope."""
    if FitCheck.objects.filter(client=client).exists():
        return
    for one in TALKS[client.slug]:
        given = {question.key: one.answers.get(question.key, NO) for question in QUESTIONS}
        judgement = judge(given)
        FitCheck.objects.create(
            client=client,
            answered_on=today - timedelta(days=one.days_ago),
            answered_by=one.by,
            answers=[
                {"key": q.key, "question": q.text, "answer": given[q.key], "note": one.notes.get(q.key, "")}
                for q in QUESTIONS
            ],
            outcome=judgement.outcome,
            reasons=list(judgement.reasons),
        )
