"""Sources from the shell: list the kinds, connect one, check it, sync it now, list what is connected. For operators and scripts."""

import argparse
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max
from django.utils import timezone
from pydantic import ValidationError

from clients.models import Client
from clients.tenancy import scope
from monitoring import connect_form, connections, rollups, source_words, tasks
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Findings, Settings
from monitoring.models import Source, Sync, Texts
from monitoring.sources import kinds
from monitoring.sync import run, windows
from monitoring.sync.beginnings import beginning
from monitoring.values import SYSTEM_LIMIT

EXITS = {Fault.CLIENT: 3, Fault.LATER: 4, Fault.OURS: 5}
"""What the shell is told of a SourceError: who has to act."""

WORDS = {"same": "unchanged", "rejected": "refused"}

_EPILOG = """
A setting's value may be @FILE, or - for standard input, so that a key stands in no history.
Exit codes: 0 done; 1 no such client, kind or source, or wrong settings; 2 wrong arguments;
3 the provider refuses, somebody must act; 4 try again later; 5 a fault of FracOps.

  manage.py source add phoenix --client acme --system "Support assistant" \\
      --set base_url=https://phoenix.example --set project=support --set api_key=@/run/secrets/phoenix
"""


class JsonVerb(argparse.ArgumentParser):
    """The arguments of a verb that is asked for JSON: what is wrong with them is said so, too."""

    def error(self, message: str) -> NoReturn:
        self._print_message(f"{_refusal('arguments', message)}\n", sys.stdout)
        self.exit(2)


class Command(BaseCommand):
    help = "List kinds of sources, connect a source, check it, sync it now, or list what is connected."
    as_json = False

    def run_from_argv(self, argv: list[str]) -> None:
        # Known before the arguments are read, which may be wrong themselves.
        self.as_json = "--json" in argv
        super().run_from_argv(argv)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        kind = JsonVerb if self.as_json else argparse.ArgumentParser
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=kind)
        listed = verbs.add_parser("kinds", help="the kinds of sources and their settings")
        listed.add_argument("--json", action="store_true")
        add = verbs.add_parser("add", help="check the credentials and connect a source")
        add.add_argument("kind")
        add.add_argument("--client", required=True, metavar="SLUG")
        add.add_argument("--system", required=True, metavar="NAME", help="the client's system its data belongs to")
        add.add_argument("--name", metavar="NAME", help="the source's name; the kind's unless given")
        add.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="given")
        add.add_argument("--days", type=int, metavar="N", help="how far to read back")
        add.add_argument(
            "--anyway", action="store_true", help="connect it though a source reads with the same settings"
        )
        add.add_argument(
            "--texts",
            choices=Texts.values,
            default=Texts.MEASURED.value,
            help="what was asked and answered: not read at all, read and measured but not stored (unless you say otherwise), or stored",
        )
        add.add_argument("--json", action="store_true")
        check = verbs.add_parser("check", help="prove a source's credentials and say what they show")
        check.add_argument("id")
        check.add_argument("--json", action="store_true")
        sync = verbs.add_parser("sync", help="read a source now")
        sync.add_argument("id")
        sync.add_argument("--since", metavar="DATE", help="read everything since that day (UTC) again")
        sync.add_argument("--wait", action="store_true", help="do it here and say what came")
        sync.add_argument("--json", action="store_true")
        sources = verbs.add_parser("list", help="what is connected")
        sources.add_argument("--client", metavar="SLUG")
        sources.add_argument("--json", action="store_true")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            said = getattr(self, f"_{verb}")(**options)
        except SourceError as error:
            self._fail(error, as_json=bool(options.get("json")))
        except CommandError as error:
            if not options.get("json"):
                raise
            self.stdout.write(_refusal("request", str(error)))
            sys.exit(1)
        if options.get("json"):
            self.stdout.write(json.dumps(said, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(self._lines(verb, said)))

    def _fail(self, error: SourceError, *, as_json: bool) -> NoReturn:
        if as_json:
            self.stdout.write(_refusal(error.fault, str(error), error.retry_at))
        else:
            self.stderr.write(source_words.refusal(error, timezone.now()))
        sys.exit(EXITS[error.fault])

    def _kinds(self, **_: Any) -> list[dict[str, Any]]:
        return [
            {
                "kind": connector.kind.key,
                "name": connector.kind.name,
                "brings": connector.kind.brings.value,
                "summary": connector.kind.summary,
                "settings": [
                    {
                        "name": name,
                        "title": info.title,
                        "description": info.description,
                        "required": info.is_required(),
                        "secret": name in connector.Settings.secret_names(),
                        "choices": connect_form.choices_of(info) or None,
                    }
                    for name, info in connector.Settings.model_fields.items()
                ],
            }
            for connector in kinds().values()
        ]

    def _add(
        self, *, kind: str, client: str, system: str, name: str | None, given: list[str], **options: Any
    ) -> dict[str, Any]:
        if kind not in kinds():
            raise CommandError(f"There is no kind “{kind}”. There are: {', '.join(kinds())}.")
        of = _client(client)
        name = (name or kinds()[kind].kind.name).strip()
        _check_names(name, system.strip(), options["days"])
        settings = _settings(kind, given)
        with scope(of):
            if Source.objects.filter(client=of, kind=kind, name=name).exists():
                raise CommandError(f"{of.name} has a {kind} source called “{name}” already: give --name.")
            twins = connections.twins(of, kind, settings)
        if twins and not options["anyway"]:
            raise CommandError(
                f"“{twins[0].name}” ({twins[0].public_id}) reads with the same settings already. Unless this key is of another"
                " account, everything would count twice: give --anyway if it is meant."
            )
        found = connections.try_out(kind, settings)
        days = options["days"]
        with scope(of):
            source = connections.connect(
                of,
                kind,
                settings,
                name=name,
                system_name=system.strip(),
                texts=Texts(options["texts"]),
                backfill=timedelta(days=days) if days else None,
            )
        return {"id": source.public_id, **_found(found)}

    def _check(self, *, id: str, **_: Any) -> dict[str, Any]:  # noqa: A002 - the argument's name
        return {"id": id, **_found(connections.check(_source(id)))}

    def _sync(self, *, id: str, since: str | None, wait: bool, **_: Any) -> dict[str, Any]:  # noqa: A002
        source = _source(id)
        if since:
            with scope(source.client_id):
                connections.read_again(source, _day(since))
        if not wait:
            tasks.pull.delay(client_id=source.client_id, source_id=source.pk, asked_by=Sync.AskedBy.SHELL)
            return {"id": id, "asked": True}
        total = {"pages": 0, "new": 0, "changed": 0, "same": 0, "removed": 0, "rejected": 0}
        more = True
        while more:
            outcome = run.run(source.client_id, source.pk, asked_by=Sync.AskedBy.SHELL)
            if outcome is None:
                raise SourceError(Fault.LATER, "A worker reads this source right now: wait until it is done.")
            for counted in total:
                total[counted] += getattr(outcome.tally, counted)
            if outcome.error:
                raise outcome.error
            if outcome.lost:
                raise SourceError(Fault.LATER, "The source was changed or taken over meanwhile: ask again.")
            if outcome.waits_until:
                raise SourceError(
                    Fault.LATER,
                    "The provider's limit for this key is used up for now; what was read is stored, the rest follows.",
                    retry_at=outcome.waits_until,
                )
            more = outcome.more
        rollups.roll_up(source.client)
        return {"id": id, **total}

    def _list(self, *, client: str | None, **_: Any) -> list[dict[str, Any]]:
        rows = Source.objects.using("owner").kept().select_related("client", "system").order_by("client__slug", "name")
        if client:
            rows = rows.filter(client=_client(client))
        now, gone = (
            timezone.now(),
            dict(Source.objects.using("owner").order_by().values_list("client_id").annotate(Max("spans_from"))),
        )
        since = {row.pk: beginning(row, gone[row.client_id], now).at for row in rows if not row.is_pushed}
        return [
            {
                "id": source.public_id,
                "client": source.client.slug,
                "kind": source.kind,
                "name": source.name,
                "system": source.system.name,
                "state": source.state.value,
                "texts": source.texts if source.brings_calls else None,
                "error": source.error,
                "last_sync_at": _iso(source.last_sync_at),
                "next_run_at": _iso(source.next_run_at),
                "last_arrival_at": _iso(source.last_arrival_at),
                "newest_at": _iso(source.newest_at),
                "share_done": round(windows.share_of(source, since[source.pk]), 4) if source.pk in since else None,
                "read_since": _iso(since.get(source.pk)),
            }
            for source in rows
        ]

    def _lines(self, verb: str, said: Any) -> list[str]:
        if verb == "kinds":
            return [f"{kind['kind']:<12} {kind['name']}: {kind['summary']}" for kind in said]
        if verb == "list":
            return [
                f"{s['id']}  {s['client']:<16} {s['kind']:<10} {s['name']}: {s['error'] or s['state']}" for s in said
            ]
        if verb == "sync":
            if "asked" in said:
                return [f"{said['id']} is read as soon as a worker is free."]
            counted = ("new", "changed", "same", "removed", "rejected")
            return [", ".join(f"{said[name]:,} {WORDS.get(name, name)}" for name in counted) + "."]
        return [
            f"{said['id']}  {said['account']}",
            *(f"  {seen['text']}" for seen in said["sees"]),
            *(f"  Note: {warning}" for warning in said["warnings"]),
        ]


def _refusal(fault: str, message: str, retry_at: datetime | None = None) -> str:
    return json.dumps({"fault": fault, "message": message, "retry_at": _iso(retry_at)}, ensure_ascii=False)


def _check_names(name: str, system: str, days: int | None) -> None:
    """What a form would refuse, before the provider is asked. Raises CommandError."""
    if not 0 < len(name) <= 120:
        raise CommandError("--name: give a name of 1 to 120 characters.")
    if not 0 < len(system) <= SYSTEM_LIMIT:
        raise CommandError(f"--system: give a name of 1 to {SYSTEM_LIMIT} characters.")
    if days is not None and not 0 < days <= connect_form.LONGEST_BACKFILL:
        raise CommandError(f"--days: give a number from 1 to {connect_form.LONGEST_BACKFILL}.")


def _client(slug: str) -> Client:
    try:
        client_id = Client.objects.using("owner").values_list("pk", flat=True).get(slug=slug)
    except Client.DoesNotExist as error:
        raise CommandError(f"There is no client “{slug}”.") from error
    with scope(client_id):
        return Client.objects.get(pk=client_id)


def _source(public_id: str) -> Source:
    known = Source.objects.using("owner").kept().filter(public_id=public_id).values_list("client_id", flat=True).first()
    if known is None:
        raise CommandError(f"There is no source “{public_id}”: `manage.py source list` names them.")
    with scope(known):
        found = Source.objects.select_related("client").get(public_id=public_id)
    if found.is_pushed:
        raise CommandError(f"{found.name} is sent to, not read from: there is nothing to check or sync.")
    return found


def _settings(kind: str, given: list[str]) -> Settings:
    values: dict[str, str] = {}
    known = kinds()[kind].Settings.model_fields
    for place, pair in enumerate(given, start=1):
        name, equals, value = pair.partition("=")
        if equals and name not in known and re.fullmatch("[a-z_]{1,30}", name):
            raise CommandError(f"--set {name}: There is no such setting. There are {', '.join(known)}.")
        if not equals or name not in known:
            # What stands in a name's place may be a secret.
            raise CommandError(f"--set number {place}: write it as key=value. The keys are {', '.join(known)}.")
        values[name] = _value(value)
    try:
        settings: Settings = kinds()[kind].Settings.model_validate(values)
    except ValidationError as error:
        wrong = "; ".join(f"{name or 'settings'}: {said}" for name, said in connect_form.problems(error).items())
        raise CommandError(f"{wrong} `manage.py source kinds --json` lists the settings of each kind.") from None
    return settings


def _value(written: str) -> str:
    if written == "-":
        return sys.stdin.readline().strip()
    if written.startswith("@"):
        try:
            return Path(written[1:]).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", "") or "it is no text"
            raise CommandError(f"{written[1:]} cannot be read: {why}.") from None
    return written


def _day(written: str) -> datetime:
    try:
        read = datetime.fromisoformat(written)
        day = read if read.tzinfo else read.replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"--since {written}: write a day like 2026-10-01.") from None
    now = timezone.now()
    if not now - timedelta(days=connect_form.LONGEST_BACKFILL) <= day <= now:
        raise CommandError(f"--since {written}: nothing is kept of then; give a day of the last thirteen months.")
    return day


def _found(found: Findings) -> dict[str, Any]:
    return {
        "account": found.account,
        "sees": [
            {
                "name": s.name,
                "count": s.count,
                "unit": s.unit,
                "first": _iso(s.first),
                "last": _iso(s.last),
                "text": str(s),
            }
            for s in found.sees
        ],
        "warnings": list(found.warnings),
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
