"""The one door to tenants' data: scopes that tell the database whose rows a transaction may touch.

Row-level security reads two transaction-local settings, `fracops.client_ids` and `fracops.practice_ids`. A scope sets them
for its block and restores the outer scope's when it ends. Outside every scope the database refuses the read, and so does
this module, before the statement leaves: a forgotten scope is an error, never an empty page.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from celery import Task
from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from . import acting

if TYPE_CHECKING:
    from .models import Client, Practice, User

    AnyTask = Task[Any, Any]
else:
    AnyTask = Task

APP_ALIAS = "default"
SCHEDULER_ROLE = "fracops_scheduler"


class ScopeError(RuntimeError):
    """Tenants' data was asked for outside a scope, or with one that cannot be opened."""


@dataclass(frozen=True)
class Scope:
    """What an open scope lets through. Empty sets are a valid scope that sees nothing."""

    client_ids: frozenset[int] = field(default_factory=frozenset)
    practice_ids: frozenset[int] = field(default_factory=frozenset)
    whole_practice_id: int | None = None
    """The practice whose client cards can be listed and added to; a user's own scope never has it."""
    user_id: int | None = None
    digest: str = ""
    scheduler: bool = False


_open: ContextVar[Scope | None] = ContextVar("fracops_scope", default=None)


def current() -> Scope | None:
    """The innermost open scope, or None."""
    return _open.get()


@contextmanager
def scope(whose: "Client | User | int") -> Iterator[Scope]:
    """Open the rows of one client (given whole or by id), or of every client a user may see, for one transaction."""
    user_model = apps.get_model("clients", "User")
    if isinstance(whose, user_model):
        with _entered(visible_to(whose.pk)) as opened:
            yield opened
    else:
        client_id = whose if isinstance(whose, int) else whose.pk
        if not client_id:
            raise ScopeError("A client's scope needs a saved client: this one has no id.")
        with _entered(Scope(client_ids=frozenset({client_id}))) as opened:
            yield opened


@contextmanager
def practice(which: "Practice | int") -> Iterator[Scope]:
    """Open one practice's own rows and all of its clients', for listed jobs that return aggregates or a yes or no."""
    practice_id = which if isinstance(which, int) else which.pk
    whole = Scope(practice_ids=frozenset({practice_id}), whole_practice_id=practice_id)
    with _entered(whole), _entered(replace(whole, client_ids=_clients_of(practice_id))) as opened:
        yield opened


@contextmanager
def system() -> Iterator[Scope]:
    """Become the scheduler: the due columns of the scheduling tables, of all clients, and nothing else."""
    with _entered(Scope(scheduler=True)) as opened:
        yield opened


@contextmanager
def by_token(token: str) -> Iterator[str]:
    """Look up what a token stands for before any scope: only rows that carry the token's digest can be read. Yields the digest."""
    digest = token_digest(token)
    with _entered(Scope(digest=digest)):
        yield digest


def token_digest(token: str) -> str:
    """What is kept of a token. Tokens are long and random, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def visible_to(user_id: int) -> Scope:
    """The scope of a user: read from their own memberships, the other look-up that comes before any scope."""
    membership = apps.get_model("clients", "Membership")
    with _entered(Scope(user_id=user_id)):
        rows = list(membership.objects.filter(user_id=user_id).values_list("practice_id", "client_id", "role"))
    client_ids = {client_id for _, client_id, _ in rows if client_id}
    for practice_id in {practice_id for practice_id, _, role in rows if role == "owner"}:
        with _entered(Scope(whole_practice_id=practice_id)):
            client_ids |= _clients_of(practice_id)
    practices = {practice_id for practice_id, _, role in rows if role in ("owner", "program_manager")}
    return Scope(frozenset(client_ids), frozenset(practices))


def _clients_of(practice_id: int) -> frozenset[int]:
    clients = apps.get_model("clients", "Client").objects
    return frozenset(clients.filter(practice_id=practice_id).values_list("pk", flat=True))


@contextmanager
def _entered(wanted: Scope) -> Iterator[Scope]:
    """Open `wanted` inside the running transaction, or in one of its own."""
    outer = _open.get()
    token = _open.set(wanted)
    try:
        with transaction.atomic(using=APP_ALIAS):
            _apply(wanted)
            yield wanted
            # A block that fails needs no restoring: rolling back brings the outer scope's settings back.
            if outer is not None:
                _apply(outer)
    finally:
        _open.reset(token)


def _apply(wanted: Scope) -> None:
    with connections[APP_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, true), set_config('fracops.client_ids', %s, true),"
            " set_config('fracops.practice_ids', %s, true), set_config('fracops.whole_practice_id', %s, true),"
            " set_config('fracops.user_id', %s, true), set_config('fracops.token_digest', %s, true),"
            " set_config('fracops.actor', %s, true)",
            [
                SCHEDULER_ROLE if wanted.scheduler else "none",
                _listed(wanted.client_ids),
                _listed(wanted.practice_ids),
                str(wanted.whole_practice_id or ""),
                str(wanted.user_id or ""),
                wanted.digest,
                acting.current().as_setting(),
            ],
        )


def _listed(ids: Iterable[int]) -> str:
    return ",".join(str(i) for i in sorted(ids)) or "none"


@cache
def tenant_tables() -> frozenset[str]:
    """Tables that need a scope: those of models that say so with `tenancy`, and the children of partitioned ones by prefix."""
    return frozenset(
        m._meta.db_table for m in apps.get_models(include_auto_created=True) if getattr(m, "tenancy", None)
    )


@cache
def _names_tenant_table() -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, tenant_tables()))) + r")\b")


def refuse_outside_scope(
    execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """A connection wrapper: the policy function alone stays silent when a statement reaches no row."""
    if _open.get() is None and (found := _names_tenant_table().search(str(statement))):
        raise ScopeError(
            f"“{found[0]}” holds tenants' data and no scope is open. Wrap the call in `with scope(client)` or `with scope(user)`"
            " from clients.tenancy; a Celery task gets its scope from TenantTask and the keyword client_id."
        )
    return execute(statement, params, many, context)


def guard(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Put the wrapper on each new runtime connection; the owner's, used by management commands, has a policy of its own."""
    if connection.alias == APP_ALIAS and refuse_outside_scope not in connection.execute_wrappers:
        connection.execute_wrappers.append(refuse_outside_scope)


class ScopeMiddleware:
    """Opens the scope of the logged-in user for the whole request; anonymous requests get none."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        if not request.user.is_authenticated:
            return self.get_response(request)
        with acting.acting(acting.of_request(request)), scope(request.user):
            response = self.get_response(request)
            # A page that failed half-way keeps nothing it wrote.
            if response.status_code >= 500:
                transaction.set_rollback(True)
            return response


class TenantTask(AnyTask):
    """A Celery task for one client: takes the keyword `client_id` and runs inside that client's scope, one transaction."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting.acting(self.actor), scope(self.client_of(kwargs)):
            return super().__call__(*args, **kwargs)

    @property
    def actor(self) -> acting.Actor:
        """In whose name it works: FracOps' own, with the task's."""
        return replace(acting.ITSELF, origin=f"task {self.name}")

    def client_of(self, kwargs: dict[str, Any]) -> int:
        client_id = kwargs.get("client_id")
        if not isinstance(client_id, int):
            raise ScopeError(f"{self.name} works for one client: call it with the keyword client_id.")
        return client_id


class SteppedTenantTask(TenantTask):
    """A task for one client that commits between steps (a claim, then a send) and so opens the client's scope around each."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.client_of(kwargs)
        with acting.acting(self.actor):
            return Task.__call__(self, *args, **kwargs)


class PracticeTask(AnyTask):
    """A task for one practice: takes the keyword `practice_id`, commits between steps and opens the practice's scope around each."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(kwargs.get("practice_id"), int):
            raise ScopeError(f"{self.name} works for one practice: call it with the keyword practice_id.")
        with acting.acting(replace(acting.ITSELF, origin=f"task {self.name}")):
            return super().__call__(*args, **kwargs)


class SystemTask(AnyTask):
    """A task for no client: it looks for what is due as `system()` and hands each client's part to a TenantTask. It says why."""

    abstract = True
    reason: str
