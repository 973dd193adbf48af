"""Pages that are opened by a link's token instead of a login: who asks, and how often they may."""

from ipaddress import ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clients.ratelimit import seconds_to_wait

RATE = "30/minute"
"""Requests from one address; a token cannot be guessed, and nobody shall try."""


def address_of(request: HttpRequest) -> str:
    """The address a request comes from."""
    return str(get_adapter().get_client_ip(request))


def too_often(request: HttpRequest, what: str) -> HttpResponse | None:
    """The answer to who asks too often, which says when to come back; None for everybody else, who is counted."""
    wait = seconds_to_wait(what, _network(address_of(request)), RATE)
    if not wait:
        return None
    answer = render(request, "429.html", status=429)
    answer["Retry-After"] = str(wait)
    return answer


def _network(address: str) -> str:
    """Whose requests are counted together: an IPv4 address, or the network of an IPv6 one, which a single person has whole."""
    try:
        return address if ip_address(address).version == 4 else str(ip_network(f"{address}/64", strict=False))
    except ValueError:
        return address
