"""The demo's roadmaps, playbook and one discovery: what was thought of for the three clients, what was declined, and what came of it.

All of it is invented. What is there already is left as it is.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clients.models import (
    CHECKLIST,
    Access,
    Attempt,
    Client,
    Discovery,
    Opportunity,
    Pattern,
    Phase,
    Practice,
    System,
)


@dataclass(frozen=True)
class Chance:
    """One opportunity. Lifts and worths are in the metric's own unit; days are before today, negative ones to come."""

    title: str
    problem: str
    hours: int
    metric: str = ""
    way: str = "up"
    low: str = ""
    high: str = ""
    worth: str = ""
    worth_source: str = ""
    money: int = 0
    confidence: int = 50
    risk: str = "medium"
    risk_note: str = ""
    evidence: str = ""
    stage: str = "idea"
    since: int = 20
    touched: int = 9
    review: int = -21
    verdict: str = ""
    why: str = ""
    declined: int | None = None
    actual: str = ""
    said: str = ""
    result: str = ""
    pattern: str = ""
    visible: bool = True


PATTERNS: tuple[tuple[str, str, str, str, str, str, str, int, list[str]], ...] = (
    (
        "Answer only from documents", "Answers state things that no document says, most often about terms and dates.",
        "Retrieve first, have the prompt cite what it uses, refuse where nothing was found. Check a hundred answers before and after.",
        "hallucination_rate", "down", "0.01", "0.03", 24, ["assistant", "retrieval"],
    ),
    (
        "The smaller model for the easy part", "Most calls are short and alike, and all go to the largest model.",
        "Sort calls by length and topic, send the easy ones to a smaller model, and hold quality with the golden set on both.",
        "cost_per_call", "down", "0.02", "0.12", 30, [],
    ),
    (
        "Retry a tool once, with a limit", "A look-up fails now and then, and the agent gives up or invents its answer.",
        "One retry after a second, a limit on the wait, and a sentence for the user where it stays silent.",
        "tool_error_rate", "down", "0.005", "0.02", 10, ["agent"],
    ),
    (
        "Stream, and think less", "People wait for long answers; half of the time goes into text that nobody reads.",
        "Stream the answer, cap its length by topic, and keep the prompt’s fixed part first so that it is cached.",
        "latency_p95", "down", "300", "900", 16, ["assistant", "summaries"],
    ),
)  # fmt: skip
CHANCES = {
    "halden-outfitters": (
        Chance(
            "Answer “where is my order” from the order system", "Every third escalated chat asks where an order is. The assistant"
            " has no access to the order system and hands over.", 40, "resolution_rate", "up", "0.04", "0.09", "24000",
            "A point is about 6 chats a month at $40 a ticket", 1200, 70, "low", "The order system’s limit of requests",
            "41 of 120 escalated chats in one week", verdict="green", why="Cheap, measured, and the order team agreed to give access.",
        ),
        Chance(
            "Cite the returns policy in each answer", "Answers about returns mix last year’s terms with this year’s.", 24,
            "hallucination_rate", "down", "0.01", "0.02", "90000", "A wrong promise costs about $90, ten answers a point and month",
            0, 60, stage="pilot", since=64, touched=47, review=5, verdict="yellow",
            why="Waits until the policy page is rewritten.", pattern="Answer only from documents",
        ),
        Chance(
            "Cap the length of answers", "Slow replies were long replies that nobody read to their end.", 12, "latency_p95", "down",
            "200", "500", "2", "Half a second is worth 1,000 a month by the leads’ count of abandoned chats", 0, 80, "low",
            stage="production", since=40, touched=6, verdict="green", why="Two days of work, and it can be taken back in a minute.",
            actual="-310", said="Maya Lund, from the support dashboard", result="Live for all chats. Thumbs up did not move.",
            pattern="Stream, and think less",
        ),
        Chance(
            "Agents that plan the weekly stock mail", "The stock mail takes the team two hours on Mondays.", 160, money=6000,
            confidence=20, risk="high", verdict="red", why="A report that runs at six each Monday does all of it; no model is needed.",
            declined=30000, stage="idea", since=50, touched=33,
        ),
        Chance(
            "Voice in the store app", "Two stores asked for it. Nobody has counted who would use it.", 90, visible=False, confidence=15,
        ),
    ),
    "lindenhof-versicherung": (
        Chance(
            "Read damage photos before the claim is opened", "Handlers open each claim to see whether photos are missing.", 60,
            "outcome.claims_same_day", "up", "0.03", "0.06", "40000", "J. Weber: a point is 400 € of handling a month", 2500, 50, "high",
            "Photos show people; the data policy has to allow it first", "Count of one week, 212 claims", verdict="yellow",
            why="Waits for the data policy.",
        ),
        Chance(
            "Retry policy look-ups once", "Failed look-ups end in a hand-over though the second try nearly always works.", 10,
            "tool_error_rate", "down", "0.01", "0.02", "60000", "A failed look-up costs about ten minutes of a handler", 0, 85, "low",
            verdict="green", why="Ten hours, and the fault is understood.", pattern="Retry a tool once, with a limit",
        ),
        Chance(
            "Letters in plain words", "Customers call back to ask what a letter means.", 30, stage="pilot", since=18,
            touched=4, review=-10,
            verdict="green", why="The service team wrote the first twenty with us.", confidence=40,
        ),
        Chance(
            "Claims agent checks cover before asking", "It asked customers for papers that the policy already answers.", 22,
            "resolution_rate", "up", "0.02", "0.05", "30000", "A point is 7 claims a month at 43 €", 0, 70, stage="production", since=35,
            touched=5, verdict="green", why="The handlers asked for it.", actual="0.034", said="J. Weber, from the claims statistics",
            result="Live in motor and household; travel follows.",
        ),
        Chance(
            "An agent that answers the broker’s mailbox", "Brokers wait two days for an answer.", 220, money=18000,
            confidence=25, risk="high",
            verdict="red", why="Nine in ten mails ask for the same three forms: a page with the forms is quicker and cannot be wrong.",
            declined=51000, since=70, touched=44,
        ),
    ),
    "quarry-pine": (
        Chance(
            "Short matters to the smaller model", "Two in three summaries are of matters under ten pages.", 30, "cost_per_call", "down",
            "0.04", "0.08", "21000", "21,000 calls a month", 0, 75, "low", stage="production", since=45, touched=8, verdict="green",
            why="The golden set holds on both models.", actual="-0.06", said="R. Okafor, from the provider’s bill",
            result="Quality held on 60 matters that both models summarised.", pattern="The smaller model for the easy part",
        ),
        Chance(
            "Cite the page in each summary", "Partners look up every second statement themselves.", 36, "groundedness", "up",
            "0.01", "0.03",
            "60000", "A point saves partners about two hours a month", 800, 65, verdict="green", why="Asked for by every partner we met.",
            evidence="Interviews with six partners", pattern="Answer only from documents",
        ),
        Chance(
            "Clause finder knows the firm’s own clauses",
            "It finds the law’s wording, not the one the firm has agreed before.", 80, money=4000,
            stage="pilot", since=70, touched=52, review=12, confidence=35, risk="medium",
            risk_note="Clauses of one matter must not show in another",
        ),
        Chance(
            "Draft whole contracts", "Associates spend evenings on first drafts.", 300, money=25000, confidence=15,
            risk="high", verdict="red",
            why="The firm’s templates with ten questions get as far without a model; the rest is judgement.", declined=70000,
            since=80, touched=60,
        ),
    ),
}  # fmt: skip


def patterns(firm: Practice) -> None:
    """Write the playbook, where there is none yet. Needs the practice's scope."""
    if Pattern.objects.filter(practice_id=firm.pk).exists():
        return
    for title, symptom, action, metric, way, low, high, hours, kinds in PATTERNS:
        Pattern.objects.create(
            practice_id=firm.pk,
            title=title,
            symptom=symptom,
            action=action,
            metric=metric,
            way=way,
            lift_low=Decimal(low),
            lift_high=Decimal(high),
            hours=hours,
            kinds=kinds,
        )


def plan(client: Client, today: date) -> None:
    """Write a client's roadmap, what its systems are, and a discovery where it had one. Needs a scope with client and practice."""
    if Opportunity.objects.filter(client=client).exists():
        return
    kinds = {
        "Support assistant": "assistant",
        "Claims agent": "agent",
        "Matter summaries": "summaries",
        "Clause finder": "retrieval",
    }
    systems = {system.name: system for system in System.objects.filter(client=client)}
    for name, system in systems.items():
        System.objects.filter(pk=system.pk).update(kind=kinds.get(name, ""))
    known = {pattern.title: pattern for pattern in Pattern.objects.filter(practice_id=client.practice_id)}
    for chance in CHANCES[client.slug]:
        _open(client, chance, known.get(chance.pattern), today)
    if client.slug == "quarry-pine":
        _discovery(client, systems.get("Matter summaries"), today)


def _open(client: Client, one: Chance, pattern: Pattern | None, today: date) -> None:
    shipped = today - timedelta(days=one.since) if one.stage == "production" else None
    Opportunity.objects.create(
        practice_id=client.practice_id,
        client=client,
        title=one.title,
        problem=one.problem,
        evidence=one.evidence,
        pattern=pattern,
        hours=Decimal(one.hours),
        money=Decimal(one.money),
        metric=one.metric,
        way=one.way,
        lift_low=Decimal(one.low) if one.low else None,
        lift_high=Decimal(one.high) if one.high else None,
        unit_worth=Decimal(one.worth) if one.worth else None,
        worth_source=one.worth_source,
        confidence=one.confidence,
        risk=one.risk,
        risk_note=one.risk_note,
        owner=client.lead.label if client.lead else "The practice",
        review_on=today - timedelta(days=one.review),
        visible=one.visible,
        stage=one.stage,
        stage_since=today - timedelta(days=one.since),
        touched_on=today - timedelta(days=one.touched),
        verdict=one.verdict,
        verdict_why=one.why,
        verdict_on=today - timedelta(days=one.touched) if one.verdict else None,
        declined_cost=Decimal(one.declined) if one.declined is not None else None,
        shipped_on=shipped,
        actual=Decimal(one.actual) if one.actual else None,
        actual_source=one.said,
        result_note=one.result,
        result_on=today - timedelta(days=one.touched) if one.actual else None,
    )


def _discovery(client: Client, system: System | None, today: date) -> None:
    """Behind the law firm's retainer: three weeks, two phases. Their figures are read on the page."""
    retainer = client.engagements.order_by("started_on").first()
    began = (retainer.started_on if retainer else today - timedelta(days=165)) - timedelta(days=30)
    found = Discovery.objects.create(
        client=client,
        question="Can a matter be summarised so that a partner signs it, at under 30 cents?",
        began_on=began,
        weeks=3,
        hours=28,
        fee=9000,
        outcome="go",
        outcome_why="Summaries can be checked against their sources, and the firm has people who will.",
        decided_on=began + timedelta(days=20),
        draft_start=began + timedelta(days=30),
        draft_amount=6,
        draft_fee=5200,
        retainer=retainer,
    )
    for place, what in enumerate(CHECKLIST):
        Access.objects.create(client=client, discovery=found, what=what, given_on=began + timedelta(days=2 + place))
    for name, work, starts, goal, kill, fallback in (
        ("Summaries with sources", "One prompt that cites, a golden set of 60 matters.", 130, "0.9", "0.8", "Extracts without a model"),
        ("Clauses with sources", "An index of the clause library, a reranker on top.", 100, "0.99", "0.97", "The library’s own search"),
    ):  # fmt: skip
        first = today - timedelta(days=starts)
        phase = Phase.objects.create(
            client=client,
            discovery=found,
            name=name,
            work=work,
            starts_on=first,
            ends_on=first + timedelta(days=27),
            cost=4000,
            system=system,
            goal_metric="groundedness",
            goal_value=Decimal(goal),
            kill_metric="groundedness",
            kill_value=Decimal(kill),
            kill_attempts=3,
            fallback=fallback,
        )
        for attempt, note in enumerate(("First prompt", "Smaller chunks", "Reranked")):
            on = first + timedelta(days=9 * attempt)
            Attempt.objects.create(client=client, phase=phase, first=on, last=on + timedelta(days=8), note=note)
