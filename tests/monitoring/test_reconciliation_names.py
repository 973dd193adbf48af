"""One vendor and one model, whoever names them: spans, counts of usage, and the lines of bills as our connectors write them."""

import pytest

from monitoring.reconciliation.names import WHOLE, line_of, model_key, vendor_of
from monitoring.sources.focus import names as focus_names
from tests.sources.fakes import anthropic, openai


@pytest.mark.parametrize(
    ("same", "key"),
    [
        (("gpt-4o", "gpt-4o-2024-08-06", "openai/gpt-4o-2024-11-20", "GPT-4o", "azure/gpt-4o"), "gpt-4o"),
        (("gpt-4.1-mini-2025-04-14", "openai/gpt-4.1-mini"), "gpt-4.1-mini"),
        (("gpt-35-turbo", "gpt-3.5-turbo", "gpt-3.5-turbo-0125"), "gpt-3.5-turbo"),
        (("gpt-4-0613", "gpt-4"), "gpt-4"),
        (("claude-3-5-sonnet-20241022", "Claude 3.5 Sonnet", "claude-3.5-sonnet", "anthropic.claude-3-5-sonnet-20241022-v2:0",
          "claude-3-5-sonnet-latest"), "claude-sonnet-3.5"),
        (("claude-sonnet-4-5-20250929", "claude-sonnet-4.5", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
          "anthropic/claude-sonnet-4.5", "claude-sonnet-4-5@20250929"), "claude-sonnet-4.5"),
        (("gemini-2.5-pro", "models/gemini-2.5-pro-preview-05-06", "Gemini 2.5 Pro", "google/gemini-2.5-pro"), "gemini-2.5-pro"),
        (("ft:gpt-4o-2024-08-06:acme::abc",), "ft-gpt-4o"),
        (("deepseek/deepseek-r1:free", "deepseek-r1"), "deepseek-r1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_names_of_one_model_are_one(same: tuple[str, ...], key: str) -> None:
    assert {model_key(name) for name in same} == {key}


def test_different_models_stay_different() -> None:
    names = ["o1", "o1-preview", "o1-mini", "gpt-4o", "gpt-4o-mini", "gpt-4", "gpt-4-32k", "gpt-4.1", "gpt-4-turbo", "ft:gpt-4o:x",
             "claude-opus-4", "claude-opus-4-1", "claude-sonnet-4", "gemini-2.5-flash", "gemini-2.5-flash-lite"]  # fmt: skip
    assert len({model_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("service", "model", "line", "key", "tokens"),
    [
        ("", "", "gpt-4o-2024-08-06, input", "gpt-4o", True),
        ("", "", "gpt-4o-2024-08-06, cached input", "gpt-4o", True),
        ("", "", "gpt-4o-2024-08-06 cached input", "gpt-4o", True),
        ("", "", "gpt-4o-search-preview, input", "gpt-4o-search-preview", True),
        ("", "", "gpt-4o-search-preview, web search calls", "gpt-4o-search-preview", False),
        ("", "", "web search", WHOLE, False),
        ("", "", "code interpreter sessions", WHOLE, False),
        ("", "", "", WHOLE, True),
        ("tokens", "claude-sonnet-5", "Claude Sonnet 5 Usage - Input Tokens", "claude-sonnet-5", True),
        ("tokens", "", "Claude Sonnet 5 Usage - Input Tokens, Cache Read", "claude-sonnet-5", True),
        ("web_search", "", "Web Search Usage", WHOLE, False),
        ("code_execution", "", "Code Execution Usage", WHOLE, False),
        ("Vertex AI", "gemini-2.5-flash", "Gemini 2.5 Flash Text Input", "gemini-2.5-flash", True),
        ("Vertex AI", "gemini-2.5-flash", "Gemini 2.5 Flash Grounding Search", "gemini-2.5-flash", False),
        ("Azure OpenAI", "gpt-4o", "gpt 4o 1120 Inp glbl Tokens", "gpt-4o", True),
        ("Amazon Bedrock", "claude-3.5-sonnet", "USE1-Claude3.5Sonnet-input-tokens", "claude-sonnet-3.5", True),
        ("OpenAI", "openai/gpt-4.1", "openai/gpt-4.1-2025-04-14", "gpt-4.1", True),
        ("openai", "gpt-4o", "", "gpt-4o", True),
        ("", "gpt-4o", "model calls, as Langfuse prices them", "gpt-4o", True),
    ],
)
def test_a_bills_line_is_read_for_its_model_and_whether_it_bills_tokens(
    service: str, model: str, line: str, key: str, tokens: bool
) -> None:
    read = line_of(service, model, line)
    assert (read.model, read.tokens) == (key, tokens)


def test_the_lines_that_our_fakes_of_providers_send_are_read() -> None:
    sent = [row["row"]["line_item"] for row in openai_rows() if row["row"]["line_item"]]
    assert {line_of("", "", line).model for line in sent} == {"gpt-4o", WHOLE}
    costs = [row["row"] for row in anthropic_rows()]
    assert {line_of(c["cost_type"], c["model"] or "", c["description"]).model for c in costs} == {
        "claude-sonnet-5",
        WHOLE,
    }


def openai_rows() -> list[dict]:  # type: ignore[type-arg]
    fake = openai.Fake()
    fake.plant()
    return [row for row in fake.rows if row["of"] == "costs"]


def anthropic_rows() -> list[dict]:  # type: ignore[type-arg]
    fake = anthropic.Fake()
    fake.plant()
    return [row for row in fake.rows if row["of"] == "cost_report"]


@pytest.mark.parametrize(
    ("provider", "model", "vendor"),
    [
        ("openai", "gpt-4o", "openai"),
        ("azure.ai.openai", "gpt-4o", "azure"),
        ("azure", "gpt-4o", "azure"),
        ("aws.bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0", "aws"),
        ("gcp.vertex_ai", "gemini-2.5-pro", "google"),
        ("gcp.gemini", "gemini-2.5-pro", "google"),
        ("", "claude-sonnet-4-5", "anthropic"),
        ("", "models/gemini-2.5-pro", "google"),
        ("litellm", "openai/gpt-4o", "openai"),
        ("litellm", "azure/gpt-4o", "azure"),
        ("litellm", "openrouter/openai/gpt-4o", "openai"),
        ("openrouter", "openai/gpt-4o", "openrouter"),
        ("my-gateway", "gpt-4o", "my-gateway"),
        ("", "house-model", "unknown"),
    ],
)
def test_a_vendor_is_who_bills_the_call(provider: str, model: str, vendor: str) -> None:
    assert vendor_of(provider, model) == vendor


def test_the_clouds_vendors_are_those_of_their_bills() -> None:
    assert {focus_names.vendor_of(n) for n in ("Google Cloud", "Microsoft", "AWS")} == {
        vendor_of(n) for n in ("gcp.vertex_ai", "azure.ai.openai", "aws.bedrock")
    }
