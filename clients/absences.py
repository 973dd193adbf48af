"""Leave, and who stands in: what is told to a client's lead in those days is told to its backup too, else to the practice's owners."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .inbox import tell
from .listing import listed
from .local import day_at
from .models import Absence, Client, HandbookPage, Membership, Notification, PageKind, Practice, Role, User
from .tenancy import practice
from .writing import day_text, neutrally

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StandIn:
    """Who gets a client's notices while its lead is away, and why it is not its backup where it is not."""

    client: Client
    people: tuple[User, ...]
    why: str = ""

    @property
    def words(self) -> str:
        """As a sentence that tells what to do where nobody stands in."""
        if not self.why:
            return f"{self.people[0].label} stands in at {self.client.name}."
        if not self.people:
            return f"{self.why}, and there is no other owner: nobody gets its notices. Name a backup in its settings."
        return f"{self.why}: its notices go to owners, {listed([one.label for one in self.people])}."


@dataclass(frozen=True)
class Roster:
    """Who works for a practice, for which of its clients, and who is away in some stretch of days."""

    owners: tuple[User, ...]
    assigned: frozenset[tuple[int, int]]
    """Managers' and clients' ids: who may see a client without owning the practice."""
    led: Mapping[int, tuple[Client, ...]]
    """The clients that somebody leads, by the lead's id."""
    leaves: tuple[Absence, ...]

    @classmethod
    def of(cls, firm: Practice, leaves: Iterable[Absence]) -> "Roster":
        """As it stands now, with these leaves. Two queries; it knows the clients that the open scope has."""
        held = Membership.objects.filter(practice=firm, role__in=[Role.OWNER, Role.PROGRAM_MANAGER])
        rows = list(held.select_related("user").order_by("user__name", "user__email"))
        led: dict[int, list[Client]] = defaultdict(list)
        clients = Client.objects.filter(practice=firm).exclude(lead=None).select_related("backup").order_by("name")
        for client in clients:
            led[client.lead_id or 0].append(client)
        return cls(
            tuple(row.user for row in rows if row.role == Role.OWNER),
            frozenset((row.user_id, row.client_id) for row in rows if row.client_id),
            {pk: tuple(own) for pk, own in led.items()},
            tuple(leaves),
        )

    def stand_ins(self, person_id: int, first: date, last: date) -> list[StandIn]:
        """Who stands in for a person from one day through another, at each client that they lead."""
        away = {one.person_id for one in self.leaves if one.first <= last and one.last >= first} | {person_id}
        return [self._at(client, away, person_id) for client in self.led.get(person_id, ())]

    def _at(self, client: Client, away: Collection[int], person_id: int) -> StandIn:
        backup = client.backup
        owners = [one for one in self.owners if one.pk != person_id]
        sees = backup is not None and (backup in self.owners or (backup.pk, client.pk) in self.assigned)
        if backup and sees and backup.pk not in away:
            return StandIn(client, (backup,))
        # Somebody has to know: where every owner is away, they are told all the same.
        told = tuple([one for one in owners if one.pk not in away] or owners)
        if backup and sees:
            return StandIn(client, told, f"{client.name}’s backup, {backup.label}, is away in these days too")
        return StandIn(client, told, f"{client.name} has no backup")


@dataclass(frozen=True)
class Away:
    """That a client's lead is away now, and who stands in."""

    leave: Absence
    stand_in: StandIn

    def behalf(self, reader: User) -> str:
        """For whom a reader sees to the client now: ``for Mara, away until 3 December``; "" where they stand in for nobody."""
        return for_whom(self.leave) if reader in self.stand_in.people else ""


def away_at(firms: Iterable[Practice], now: datetime) -> dict[int, Away]:
    """Of each client whose lead is away now, by its id. One query, and two for each practice where somebody is away."""
    leaves: dict[Practice, list[Absence]] = {firm: [] for firm in firms}
    for leave in Absence.objects.near(now).filter(practice__in=leaves).select_related("person", "practice"):
        leaves[leave.practice].append(leave)
    found = {}
    for firm, near in leaves.items():
        days = {leave: day for leave in near if leave.covers(day := day_at(leave.person, now))}
        roster = Roster.of(firm, near) if days else None
        for leave, day in days.items():
            for one in roster.stand_ins(leave.person_id, day, day) if roster else ():
                found[one.client.pk] = Away(leave, one)
    return found


def for_whom(leave: Absence) -> str:
    """``for Mara Quillan, away until 3 December``."""
    return f"for {leave.person.label[:120]}, away until {_day(leave.last)}"


@neutrally()
def hand_on(practice_id: int, now: datetime) -> int:
    """Tell stand-ins of leave that begins tomorrow or has begun, and hand on what was told since. Returns how many lines are new.

    However often it runs, of each cause a person has one line.
    """
    with practice(practice_id):
        firm = Practice.objects.get(pk=practice_id)
        leaves = Absence.objects.near(now).filter(practice=firm).select_related("person")
        roster = Roster.of(firm, leaves)
        return sum(_of_leave(roster, leave, now) for leave in roster.leaves)


def _of_leave(roster: Roster, leave: Absence, now: datetime) -> int:
    day = day_at(leave.person, now)
    if not leave.first - _DAY <= day <= leave.last + _DAY:
        return 0
    on = min(max(day, leave.first), leave.last)
    stand_ins = [one for one in roster.stand_ins(leave.person_id, on, on) if one.people]
    new = _announce(leave, stand_ins, now) if day <= leave.last else 0
    return new + (_pass_on(leave, stand_ins, now) if day >= leave.first else 0)


def _announce(leave: Absence, stand_ins: Collection[StandIn], now: datetime) -> int:
    """One line for each client and stand-in, which leads to the client's context page. Other days of the leave are told anew."""
    cause = f"leave:{leave.pk}:{leave.first}:{leave.last}"
    clients = [one.client.pk for one in stand_ins]
    told = set(
        Notification.objects.filter(client__in=clients, cause=cause).order_by().values_list("client_id", "person_id")
    )
    context = dict(
        HandbookPage.objects.filter(client__in=clients, kind=PageKind.CONTEXT).values_list("client_id", "public_id")
    )
    new = 0
    for one in stand_ins:
        people = [person.pk for person in one.people if (one.client.pk, person.pk) not in told]
        page = ("handbook-page", context[one.client.pk]) if one.client.pk in context else ("handbook",)
        why = f"{one.why}. " if one.why else ""
        title = f"{why}You stand in for {leave.person.label} from {_day(leave.first)} to {_day(leave.last)}: read where it stands."
        if people:
            tell(one.client.pk, cause, title, *page, now=now, people=people)
        new += len(people)
    return new


def _pass_on(leave: Absence, stand_ins: Collection[StandIn], now: datetime) -> int:
    """Give stand-ins a line for each that the person got since their leave began; one they have already says for whom it is, as the
    leave stands now."""
    start, end = leave.instants
    who = {one.client.pk: {person.pk for person in one.people} for one in stand_ins}
    notices = list(Notification.objects.filter(person=leave.person, client__in=who, at__gte=start, at__lt=end))
    causes = {notice.cause for notice in notices}
    own = Notification.objects.filter(client__in=who, cause__in=causes).exclude(person=leave.person)
    have = {(one.client_id, one.person_id, one.cause): one for one in own}
    words, new, same = for_whom(leave), [], []
    for notice in notices:
        for person_id in who[notice.client_id] - {notice.doer_id}:
            line = have.get((notice.client_id, person_id, notice.cause))
            if line is None:
                new.append(_copied(notice, person_id, words))
            elif line.behalf != words:
                same.append(line.pk)
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    if same:
        Notification.objects.filter(pk__in=same).update(behalf=words)
    return len(new)


def _copied(notice: Notification, person_id: int, behalf: str) -> Notification:
    return Notification(
        client_id=notice.client_id,
        person_id=person_id,
        cause=notice.cause,
        title=notice.title,
        page=notice.page,
        arguments=notice.arguments,
        at=notice.at,
        doer_id=notice.doer_id,
        behalf=behalf,
    )


def _day(day: date) -> str:
    return day_text(day)
