"""Connectors, held to their contract."""

import pytest

# So that a check that fails shows the values it compared.
pytest.register_assert_rewrite("tests.sources.conformance")
