"""The attribute names FracOps reads, per field: OpenTelemetry's GenAI conventions (new, then old), OpenInference, OpenLLMetry.

The first name that is present and not empty wins.
"""

from monitoring.records import SpanKind

SCORE_ATTRIBUTE = "fracops.score."
JUDGE = "fracops.judge"

EVALUATION_EVENT = "gen_ai.evaluation.result"
EVALUATION_NAME = "gen_ai.evaluation.name"
EVALUATION_VALUE = "gen_ai.evaluation.score.value"
EVALUATION_LABEL = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION = "gen_ai.evaluation.explanation"

EXCEPTION_EVENT = "exception"
EXCEPTION_TYPE = "exception.type"
ERROR_TYPE = ("error.type",)

# Resource attributes.
SERVICE = ("service.name", "openinference.project.name")
UNKNOWN_SERVICE = "unknown_service"
ENVIRONMENT = ("deployment.environment.name", "deployment.environment")

# Span attributes.
OPENINFERENCE_KIND = ("openinference.span.kind",)
OPERATION = ("gen_ai.operation.name",)
OPENLLMETRY_KIND = ("traceloop.span.kind", "llm.request.type")

SEGMENT = ("fracops.segment",)
SESSION = ("gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id")
USER = ("user.id", "enduser.id", "traceloop.association.properties.user_id")
ROLE = ("user.roles", "enduser.role", "user.role")
PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
MODEL = (
    "gen_ai.response.model",
    "llm.response.model_name",
    "llm.model_name",
    "embedding.model_name",
    "reranker.model_name",
    "gen_ai.request.model",
    "llm.request.model_name",
)
PROMPT_NAME = ("gen_ai.prompt.name", "prompt.name", "prompt.id")
PROMPT_VERSION = ("gen_ai.prompt.version", "llm.prompt_template.version", "prompt.version")
TOOL = ("gen_ai.tool.name", "tool.name")
INPUT_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
OUTPUT_TOKENS = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion")
CACHE_READ_TOKENS = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
CACHE_WRITE_TOKENS = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "llm.token_count.prompt_details.cache_write",
)
COST = ("llm.cost.total", "gen_ai.usage.cost")
INPUT_TEXT = (
    "input.value",
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "gen_ai.tool.call.arguments",
    "traceloop.entity.input",
)
OUTPUT_TEXT = (
    "output.value",
    "gen_ai.output.messages",
    "gen_ai.completion",
    "gen_ai.tool.call.result",
    "traceloop.entity.output",
)
OTHER_TEXT = ("gen_ai.system_instructions", "gen_ai.tool.definitions", "llm.prompts", "llm.prompt_template.template")

OUTPUT_TYPE = ("gen_ai.output.type", "gen_ai.openai.request.response_format")
"""What was asked for; that it begins with “json” counts."""
PARAMETERS = ("llm.invocation_parameters",)
"""What the model was called with, as JSON: `response_format` in it says the same."""
DOCUMENTS = ("retrieval.documents", "gen_ai.retrieval.documents")
"""What a retriever returned: a list, or flattened into one attribute per part, ``retrieval.documents.0.document.content``."""

INPUT_MESSAGES = ("llm.input_messages.", "gen_ai.prompt.")
"""Messages flattened into one attribute per part, ``llm.input_messages.0.message.content``: read when no whole text is given."""
OUTPUT_MESSAGES = ("llm.output_messages.", "gen_ai.completion.")

MESSAGE_EVENT_INPUT = ("gen_ai.content.prompt", "gen_ai.system.message", "gen_ai.user.message", "gen_ai.tool.message")
"""Span events that carried messages before they became attributes."""
MESSAGE_EVENT_OUTPUT = ("gen_ai.content.completion", "gen_ai.choice", "gen_ai.assistant.message")
MESSAGE_CONTENT = ("content", "message", "gen_ai.prompt", "gen_ai.completion", "gen_ai.event.content")

KINDS_OPENINFERENCE = {kind.value: kind for kind in SpanKind} | {"prompt": SpanKind.CHAIN, "decision": SpanKind.OTHER}
KINDS_OPERATION = {
    "chat": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "text_completion": SpanKind.LLM,
    "generate_content": SpanKind.LLM,
    "embeddings": SpanKind.EMBEDDING,
    "embedding": SpanKind.EMBEDDING,
    "retrieval": SpanKind.RETRIEVER,
    "rerank": SpanKind.RERANKER,
    "execute_tool": SpanKind.TOOL,
    "create_agent": SpanKind.AGENT,
    "invoke_agent": SpanKind.AGENT,
    "invoke_workflow": SpanKind.CHAIN,
    "workflow": SpanKind.CHAIN,
    "task": SpanKind.CHAIN,
    "agent": SpanKind.AGENT,
    "tool": SpanKind.TOOL,
}

MAPPED = frozenset(
    (
        *ERROR_TYPE, *OPENINFERENCE_KIND, *OPERATION, *OPENLLMETRY_KIND, *SEGMENT, *SESSION, *USER, *ROLE, *PROVIDER, *MODEL,
        *PROMPT_NAME, *PROMPT_VERSION, *TOOL, *INPUT_TOKENS, *OUTPUT_TOKENS, *CACHE_READ_TOKENS, *CACHE_WRITE_TOKENS, *COST,
        *INPUT_TEXT, *OUTPUT_TEXT, *OTHER_TEXT, JUDGE,
    )
)  # fmt: skip
"""Attributes that have a field of their own (or are text, which is kept only as input and output), so are not kept again."""
