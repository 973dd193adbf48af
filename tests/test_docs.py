"""The documents say what the code does: every setting, command, metric, attribute and function in it is there, and every example parses."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from monitoring.catalogue import CATALOGUE, Aggregation, Better, Unit
from monitoring.importing import OUTCOME_TARGETS, TARGETS, read_mapping
from monitoring.importing.expressions import FUNCTIONS
from monitoring.models import OutcomeKind
from monitoring.otlp import names
from monitoring.pushing.shapes import PushedCall, PushedScore
from monitoring.sources import kinds, name_of
from monitoring.ticket_counts import COUNTED
from reports import periods
from reports.render import FORMATS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
OURS = {"fracops", "clients", "monitoring", "reports"}
COMMANDS = sorted(name for name, app in get_commands().items() if app in OURS)


@cache
def text(page: str) -> str:
    return (ROOT / page).read_text()


def title(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Settings


def settings_read() -> set[str]:
    """What settings.py and setup_database ask of the environment: ``env.*("NAME")``, and the addresses handed to a function for it."""
    found = set()
    for module in ("fracops/settings.py", "fracops/management/commands/setup_database.py"):
        for node in ast.walk(ast.parse(text(module))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env")) | ast.Name(id="_database"),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    found.add(name)
                case ast.Constant(value=str(name)) if re.fullmatch(r"DATABASE_\w+", name):
                    found.add(name)
    return found


def settings_explained() -> dict[str, str]:
    """The headings under “Every setting” with the text below each."""
    section = text("docs/operations.md").split("\n## Every setting\n")[1].split("\n## ")[0]
    _, *parts = re.split(r"^### (.+)\n", section, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_setting_has_a_heading_and_every_heading_is_a_setting() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "DATABASE_ADMIN_URL", "EMAIL_URL"} <= settings_read()
    assert settings_explained().keys() == settings_read()


@pytest.mark.parametrize("setting", sorted(settings_read()))
def test_every_setting_says_its_default_first(setting: str) -> None:
    assert settings_explained()[setting].strip().startswith("Default: ")


def test_what_the_compose_file_asks_for_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):?[?-]", text("docker-compose.yml")))
    assert asked
    assert asked == set(re.findall(r"^#?(\w+)=", text(".env.example"), re.MULTILINE))


# Commands


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_mentioned(command: str) -> None:
    assert any(re.search(rf"(manage\.py|make) {command}\b", page.read_text()) for page in PAGES)


def shell_lines(page: Path) -> Iterator[str]:
    """The commands in a page's ``sh`` blocks, continued lines joined."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()


def examples() -> list[tuple[str, str, list[str]]]:
    """Every use of a command of ours in a ``sh`` block: the page, the command and its arguments."""
    found = []
    for page in PAGES:
        for line in shell_lines(page):
            if (match := re.search(r"\bmanage\.py (\w+)(.*)", line)) and match[1] in COMMANDS:
                found.append((title(page), match[1], shlex.split(match[2], comments=True)))
    return found


EXAMPLES = examples()


def parsed(command: str, arguments: list[str]) -> Any:
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    return parser.parse_args(arguments)


@pytest.mark.parametrize(("page", "command", "arguments"), EXAMPLES)
def test_every_example_is_understood_by_its_command(page: str, command: str, arguments: list[str]) -> None:
    options = parsed(command, arguments)
    if command == "report":
        assert periods.parse(options.kind, options.period, "UTC").days >= 7
        assert (options.format or Path(options.output).suffix[1:]) in FORMATS
    if command == "import_calls":
        typed = [pair for pair in options.map if not pair.startswith("@")]
        assert len(read_mapping(typed, None).targets) + len(read_mapping(typed, None).scores) >= len(typed)
    if command == "import_outcomes":
        typed = [pair for pair in options.map if not pair.startswith("@")]
        assert len(read_mapping(typed, None, OUTCOME_TARGETS, more="").targets) >= len(typed)


def test_there_are_examples_of_both_doors_and_of_an_empty_installation() -> None:
    assert {"import_calls", "report", "add_practice", "add_client", "add_person", "setup_database", "partitions"} <= {
        command for _, command, _ in EXAMPLES
    }


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_make_target_a_page_names_is_there(page: Path) -> None:
    code = re.findall(r"`make ([a-z]+)[^`]*`", page.read_text()) + [
        match[1] for line in shell_lines(page) if (match := re.match(r"make ([a-z]+)\b", line))
    ]
    assert set(code) <= set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))


# Metrics

BETTER = {Better.HIGHER: "↑", Better.LOWER: "↓", Better.NEITHER: "–"}


def metric_rows() -> dict[str, list[str]]:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text("docs/metrics.md"), re.MULTILINE)
    return {key: [cell.strip() for cell in rest.split("|")] for key, rest in rows}


def test_the_metrics_page_lists_the_catalogue_and_nothing_else() -> None:
    assert metric_rows().keys() == CATALOGUE.keys()


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda m: m.key)
def test_every_metric_is_described_as_the_catalogue_has_it(metric: Any) -> None:
    name, unit, better, aggregation, formula = metric_rows()[metric.key]
    quantile = f" {metric.quantile}" if metric.aggregation is Aggregation.QUANTILE else ""
    assert (name, better) == (metric.name, BETTER[metric.better])
    assert unit == ("US dollars" if metric.unit is Unit.MONEY else metric.unit.value)
    assert aggregation == metric.aggregation.value + quantile
    # How exact a histogram is stands once, below the tables.
    assert formula == metric.formula.split(", from a histogram")[0]


# Doors


def attribute_names() -> set[str]:
    """Every attribute, event and prefix that monitoring/otlp/names.py knows."""
    found = set()
    for name, value in vars(names).items():
        if name.isupper() and not name.startswith("KINDS_"):
            found |= {value} if isinstance(value, str) else set(value)
    return found


@pytest.mark.parametrize("attribute", sorted(attribute_names()))
def test_every_attribute_is_on_the_otlp_page(attribute: str) -> None:
    ends = r"[`.<…]" if attribute.endswith(".") or attribute == names.UNKNOWN_SERVICE else "`"
    assert re.search(rf"`{re.escape(attribute)}{ends}", text("docs/sources/otlp.md"))


@pytest.mark.parametrize(
    ("field", "read"),
    [
        ("system", names.SERVICE),
        ("environment", names.ENVIRONMENT),
        ("kind", (*names.OPENINFERENCE_KIND, *names.OPERATION, *names.OPENLLMETRY_KIND)),
        ("provider", names.PROVIDER),
        ("model", names.MODEL),
        ("input tokens", names.INPUT_TOKENS),
        ("output tokens", names.OUTPUT_TOKENS),
        ("tokens read from a cache", names.CACHE_READ_TOKENS),
        ("tokens written to a cache", names.CACHE_WRITE_TOKENS),
        ("cost, US dollars", names.COST),
        ("conversation", names.SESSION),
        ("user", names.USER),
        ("user's role", names.ROLE),
        ("prompt's name", names.PROMPT_NAME),
        ("prompt's version", names.PROMPT_VERSION),
        ("tool", names.TOOL),
        ("input", names.INPUT_TEXT),
        ("output", names.OUTPUT_TEXT),
        ("error's type", names.ERROR_TYPE),
        ("segment", names.SEGMENT),
    ],
)
def test_every_field_lists_its_attributes_in_the_order_they_are_read(field: str, read: tuple[str, ...]) -> None:
    row = re.search(rf"^\| {field} \| (.*) \|$", text("docs/sources/otlp.md"), re.MULTILINE)
    assert row is not None
    assert tuple(re.findall(r"`([^`]+)`", row[1])) == read


@pytest.mark.parametrize("kind", sorted(names.KINDS_OPERATION) + sorted(map(str.upper, names.KINDS_OPENINFERENCE)))
def test_every_kind_of_span_is_on_the_otlp_page(kind: str) -> None:
    assert f"`{kind}`" in text("docs/sources/otlp.md")


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_of_a_mapping_is_on_the_files_page(function: str) -> None:
    assert re.search(rf"^\| `{function}\(", text("docs/sources/files.md"), re.MULTILINE)


@pytest.mark.parametrize("target", [*TARGETS, "score.<name>"])
def test_every_target_of_a_mapping_is_on_the_files_page(target: str) -> None:
    rows = re.findall(r"^\| (`.+?`) \|", text("docs/sources/files.md"), re.MULTILINE)
    assert any(f"`{target}`" in row for row in rows)


def field_rows(page: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", text(page), re.MULTILINE))


@pytest.mark.parametrize("field", sorted({*PushedCall.model_fields, *PushedScore.model_fields, *OUTCOME_TARGETS}))
def test_every_field_that_can_be_pushed_is_on_the_push_page(field: str) -> None:
    assert field in field_rows("docs/sources/push.md")


@pytest.mark.parametrize("counted", COUNTED, ids=lambda c: c.key)
def test_every_outcome_counted_from_tickets_is_on_the_outcomes_page(counted: Any) -> None:
    assert f"| `{counted.key}` | {counted.name} |" in text("docs/outcomes.md")


@pytest.mark.parametrize("kind", [k.value for k in OutcomeKind])
def test_every_kind_of_outcome_is_on_the_outcomes_page(kind: str) -> None:
    assert kind in field_rows("docs/outcomes.md")


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_a_report_is_on_the_reports_page(form: str) -> None:
    assert f"| `.{form}` |" in text("docs/reports.md")


# Links


def links(page: Path) -> list[str]:
    """Local targets of links and pictures, in Markdown and in HTML; code is not looked at."""
    prose = re.sub(r"^ *```.*?^ *```|`[^`\n]*`", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'(?:src|srcset|href)="([^"]+)"', prose)
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """The anchors GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{title(page)}: {link}"
        assert target.is_relative_to(ROOT), f"{title(page)}: {link} leads out of the repository"
        assert not anchor or anchor in anchors(target), f"{title(page)}: {link}"


def test_the_readme_has_its_links_and_its_three_pictures() -> None:
    assert {"docs/operations.md", "docs/sources/otlp.md", "docs/sources/files.md", "LICENSE"} <= set(
        links(ROOT / "README.md")
    )
    assert len([link for link in links(ROOT / "README.md") if link.endswith(".png")]) >= 3


def test_every_path_the_readme_names_is_in_the_repository() -> None:
    named = set(re.findall(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:lock|toml|yml|md|py))`", text("README.md")))
    made_when_run = {path for path in named if path.startswith("var/")}
    assert "clients/" in named
    assert {path for path in named - made_when_run if not (ROOT / path).exists()} == set()


def test_every_decision_is_listed() -> None:
    pages = {page.name for page in (ROOT / "docs/decisions").glob("[0-9]*.md")}
    assert pages == set(links(ROOT / "docs/decisions/README.md"))


# Kinds of sources


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_of_source_has_a_page_and_a_line_in_the_list(kind: str) -> None:
    page = text(f"docs/sources/{kind}.md")
    assert page.startswith(f"# {name_of(kind)}")
    assert f"({kind}.md)" in text("docs/sources/README.md")


@pytest.mark.parametrize("kind", kinds())
def test_every_setting_of_a_kind_is_on_its_page(kind: str) -> None:
    page = text(f"docs/sources/{kind}.md")
    for name, field in kinds()[kind].Settings.model_fields.items():
        assert str(field.title) in page, f"{name} is called “{field.title}” in the form"
