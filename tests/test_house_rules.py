"""The house's rules that a reader of the code can check: each says what to do instead, and an exception carries its reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("clients", "monitoring", "reports", "fracops")

RAW_SQL = {
    "clients/tenancy.py": "sets the scope itself",
    "clients/rls.py": "writes policies and grants",
    "monitoring/ingest.py": "bulk writes: COPY and INSERT … SELECT",
    "monitoring/keeping.py": "all that a batch has to know, in one statement",
    "monitoring/bulk.py": "COPY, and INSERT … SELECT from what was copied",
    "monitoring/ledger.py": "bulk writes of the ledger",
    "monitoring/sync/vanished.py": "compares what is stored with what a provider still has",
    "monitoring/counting.py": "bulk recount of points",
    "monitoring/rollups.py": "points merged to coarser ones",
    "monitoring/series.py": "the one read path of points",
    "monitoring/reconciliation/gather.py": "sums of spans, usage and bills by UTC day, which no point holds",
    "monitoring/seams.py": "has recounted what begins or ceases to count, quarter by quarter",
    "monitoring/overlaps.py": "compares two sources' own calls, which points hold together",
    "monitoring/doubles.py": "looks for a sample of one source's calls in the others",
    "monitoring/partitions.py": "makes and drops months",
    "monitoring/retention.py": "bulk blanking and deletion by age",
    "monitoring/tasks.py": "bulk delete of expired points",
    "fracops/health.py": "asks whether the database answers",
}
SYSTEM_SCOPE = {
    "clients/tasks.py": "asks which practices have invitations to send, feeds to read and people away, and which clients charters to send",
    "fracops/tasks.py": "asks which clients' exports are to be written or deleted, and lists those to be read for the portfolio",
    "monitoring/tasks.py": "asks which clients have work",
    "reports/tasks.py": "asks which clients have reports due",
}
WHOLE_PRACTICE = {
    "clients/conflicts.py": "compares a client with all others of its practice; names them to owners only",
    "clients/views/new_client.py": "adds a client, which no scope has yet",
    "clients/absences.py": "hands on what was told to who is away, at all clients that they lead",
    "clients/playbook.py": "adds up what patterns brought at three clients or more, and names none",
    "clients/retirement_feeds.py": "reads a practice's feeds into its calendar, which belongs to no client",
    "monitoring/retirements.py": "reads the practice's calendar for one client, and lists the practice's clients",
    "clients/people.py": "writes roles, of which no request may write its own",
    "clients/invitations.py": "gives the roles of an accepted invitation",
    "clients/invitation_mail.py": "sends a practice's invitations",
    "clients/feed_reading.py": "reads a practice's feeds, which are no client's",
    "clients/views/invitations.py": "lists them; a manager's are those of their own clients",
    "clients/views/join.py": "shows an invitation to whoever holds its link",
    "clients/views/person.py": "shows an owner what somebody costs",
    "clients/hour_costs.py": "takes what people cost from a client's fee, for an owner",
    "clients/management/commands/add_client.py": "an operator's command",
    "clients/management/commands/add_person.py": "an operator's command",
    "fracops/archive/importing.py": "adds a client, which no scope has yet, from an operator's command",
    "fracops/demo/people.py": "makes the demo practice, from an operator's command",
    "fracops/demo/practice.py": "makes the demo practice, from an operator's command",
}
OWNER_ALIAS = {
    "clients/management/commands/add_practice.py": "an operator's command",
    "clients/management/commands/add_client.py": "an operator's command",
    "clients/management/commands/add_person.py": "an operator's command",
    "monitoring/management/commands/partitions.py": "an operator's command",
    "monitoring/management/commands/source.py": "an operator's command: finds the source by its id",
    "monitoring/management/commands/rotate_keys.py": "an operator's command: goes over every client's sources",
    "reports/management/commands/add_recipient.py": "an operator's command",
    "monitoring/management/commands/import_calls.py": "an operator's command: finds the client by its slug",
    "monitoring/management/commands/import_outcomes.py": "an operator's command: finds the client by its slug",
    "reports/management/commands/report.py": "an operator's command: finds the client by its slug",
    "fracops/demo/practice.py": "makes the demo practice, from an operator's command",
    "fracops/standalone.py": "migrates, from an operator's command",
    "fracops/management/commands/start.py": "asks whether there is any practice yet, from an operator's command",
    "fracops/management/commands/client.py": "an operator's command: finds the client by its slug",
    "fracops/settings.py": "defines it",
}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


SOURCES = dict(sources())


def places(matches: "type[ast.AST]", condition: object) -> set[str]:
    return {
        name
        for name, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, matches) and condition(node)  # type: ignore[operator]
    }


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize(
    ("found", "listed", "instead"),
    [
        (
            places(ast.Call, lambda n: called(n) in ("execute", "executemany", "copy", "raw", "extra"))
            - {"clients/rls.py", "clients/trail.py", "fracops/roles.py"},
            RAW_SQL.keys() - {"clients/rls.py"},
            "use a queryset, or move the statement to ingest, rollups or series",
        ),
        (
            places(ast.Call, lambda n: called(n) == "system" and isinstance(n.func, ast.Name)),
            SYSTEM_SCOPE.keys(),
            "open one client's scope instead; only the scheduler's tasks look across clients",
        ),
        (
            places(
                ast.ImportFrom,
                lambda n: (n.module or "").endswith("tenancy") and any(name.name == "practice" for name in n.names),
            ),
            WHOLE_PRACTICE.keys(),
            "open one client's scope or the person's own; a whole practice's shows what its managers may not see",
        ),
        (
            places(ast.Constant, lambda n: n.value == "owner")
            - {
                "clients/models/membership.py",
                "clients/permissions.py",
                "clients/tenancy.py",
                "fracops/archive/tables.py",
                "fracops/pages/charter_parts.py",
                "fracops/pages/charter_proposing.py",
                "fracops/pages/charter_saving.py",
                "fracops/pages/opportunity_acts.py",
                "fracops/pages/opportunity_form.py",
                "fracops/pages/roadmap.py",
                "clients/views/risks.py",
            },
            OWNER_ALIAS.keys(),
            "the owner's connection is for management commands; requests and tasks open a scope",
        ),
    ],
    ids=["raw SQL", "system()", "practice()", "the owner's connection"],
)
def test_what_could_walk_past_the_door_is_listed_with_a_reason(found: set[str], listed: set[str], instead: str) -> None:
    assert found - set(listed) == set(), instead
    assert set(listed) - found == set(), "listed, but no longer there: take it off the list"


def test_nobody_asks_for_the_time_without_a_zone() -> None:
    naive = places(
        ast.Call,
        lambda n: (
            (called(n) in ("utcnow", "today") and isinstance(n.func, ast.Attribute))
            or (
                called(n) == "now"
                and isinstance(n.func, ast.Attribute)
                and getattr(n.func.value, "id", "") == "datetime"
                and not (n.args or n.keywords)
            )
        ),
    )
    assert naive == set(), "use django.utils.timezone.now(), and the client's zone for a date"


def test_composing_never_reads_the_clock() -> None:
    pure = (
        "facts",
        "words",
        "moves",
        "pulse",
        "roi",
        "sections",
        "appendix",
        "outcomes",
        "outcome_months",
        "support",
        "support_log",
        "evidence",
        "composed",
        "periods",
        "render",
        "mail",
        "pdf",
    )
    clocks = places(
        ast.Call,
        lambda n: (
            called(n) in ("now", "today", "time", "localdate", "localtime")
            and getattr(getattr(n.func, "value", None), "id", "") in ("timezone", "datetime", "date", "time")
        ),
    )
    assert clocks.isdisjoint({f"reports/{module}.py" for module in pure}), (
        "take `now` as an argument: a report is composed the same at any time"
    )


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, tree in SOURCES.items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_no_module_outgrows_a_reader() -> None:
    long = {name: count for name in SOURCES if (count := len((ROOT / name).read_text().splitlines())) > 400}
    assert long == {}, "make it a package"


def test_the_way_to_a_page_names_pages_and_never_their_buttons() -> None:
    way = re.compile(r"{% block crumb %}((?!{% endblock).)*{{ act", re.S)
    assert [path.name for path in (ROOT / "templates").rglob("*.html") if way.search(path.read_text())] == []


def test_templates_carry_no_styles_or_scripts_of_their_own() -> None:
    paper = ("templates/reports/pdf", "templates/reports/email")
    broken = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*.html")
        if not str(path.relative_to(ROOT)).startswith(paper)
        and any(
            mark in path.read_text() for mark in (' style="', "<style", "onclick=", "javascript:", "|safe }}<script")
        )
    ]
    assert broken == [], "the content security policy allows none: use a class, an SVG attribute or a script file"


BY_HAND = {
    "clients/burning.py": "the width of a bar, in an SVG's attribute",
    "fracops/pages/portfolio_rows.py": "the width of a bar, in an SVG's attribute",
    "fracops/pages/figures.py": "turned into the reader's signs as soon as Python wrote it",
    "reports/charts/screen.py": "places in an SVG",
    "monitoring/connecting/http.py": "why a pull failed, kept with the source: one text for all",
    "monitoring/figures.py": "why a row was refused, answered to machines and to people alike",
    "monitoring/values.py": "why a row was refused, answered to machines and to people alike",
    "monitoring/importing/calls.py": "why a row was refused, answered to machines and to people alike",
    "monitoring/pushing/bodies.py": "why a request was refused, answered to machines",
    "monitoring/views_push.py": "why a request was refused, kept with the source: one text for all",
    "fracops/pages/charter_form.py": "a limit, in the help of a field that is made once",
    "monitoring/sources/openrouter.py": "why a pull failed, kept with the source: one text for all",
    "monitoring/sources/freshdesk.py": "why a pull failed, kept with the source: one text for all",
    "fracops/standalone.py": "told on an operator's terminal",
    "fracops/archive/zips.py": "why a file was refused, told to an operator",
}
NO_READER = (
    "fracops/demo/",
    "fracops/management/",
    "clients/management/",
    "monitoring/management/",
    "reports/management/",
)
ALIKE_EVERYWHERE = {
    *(("date", form) for form in ("F Y", "M Y", "F", "D", "l", "Y-m-d", "Y-m", "Ymd", "c")),
    ("stringformat", "s"),  # as it stands, in an attribute
}
"""Formats of templates that no country writes another way: months and names by themselves, and what machines read."""


def by_hand(spec: str) -> bool:
    """Whether a format says how a day, a clock or a number is written, rather than a month, a name or a machine's date."""
    if "%" in spec:
        return not spec.startswith(("%Y", "%y")) and any(
            mark in spec for mark in ("d", "e", "H", "I", "M", "c", "x", "X")
        )
    return "," in spec or (spec.startswith(".") and spec.endswith("f"))


def spec_of(node: ast.FormattedValue) -> str:
    parts = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in parts)


def test_days_clocks_and_numbers_are_written_for_the_reader() -> None:
    found = {
        name
        for name in places(ast.FormattedValue, lambda n: by_hand(spec_of(n)))
        | places(ast.Call, lambda n: called(n) == "strftime" and by_hand(str(getattr(n.args[0], "value", "%d"))))
        if not name.startswith(NO_READER)
    }
    assert found - BY_HAND.keys() == set(), "use clients.writing: day_text, clock_text, moment_text, number_text"
    assert BY_HAND.keys() - found == set(), "listed, but no longer there: take it off the list"


def test_templates_write_days_clocks_and_numbers_for_the_reader() -> None:
    filters = re.compile(
        r"\|\s*(date|time|floatformat|intcomma|localize|stringformat)\b(?::(?:\"([^\"]*)\"|'([^']*)'|[\w.]+))?"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.suffix in (".html", ".txt", ".xml", ".mjml")
        for match in filters.finditer(path.read_text())
        if (match[1], match[2] or match[3]) not in ALIKE_EVERYWHERE
    ]
    assert found == [], (
        "use day, day_year, short_day, weekday, clock, moment or number: see clients/templatetags/writing.py"
    )
