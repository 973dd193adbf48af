"""What FracOps says to people about their accounts: on the pages, and in the one mail it sends about them."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client as Browser

from clients.models import User
from tests import factories

RESET = "/accounts/password/reset/"


def test_the_mail_to_a_new_password_is_ours_and_its_link_works(manager: User) -> None:
    browser = Browser()
    assert browser.post(RESET, {"email": manager.email}).status_code == 302
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("FracOps: Choose a new password", [manager.email])
    assert sent.body.startswith(f"Somebody asked to choose a new password for {manager.email} at FracOps.")
    assert "Thank you" not in sent.body
    found = re.search(r"http://testserver(\S+)", str(sent.body))
    assert found is not None
    page = browser.get(found[1], follow=True)
    assert "Choose a new password" in page.content.decode()


def test_the_mail_says_truly_how_long_its_link_works(manager: User) -> None:
    Browser().post(RESET, {"email": manager.email})
    assert "within three days" in mail.outbox[0].body
    assert timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT) == timedelta(days=3)


def test_an_unknown_address_gets_no_mail_and_the_page_does_not_tell(manager: User) -> None:
    known, unknown = (
        Browser().post(RESET, {"email": email}, follow=True) for email in (manager.email, "nobody@elsewhere.example")
    )
    assert [message.to for message in mail.outbox] == [[manager.email]]
    assert (known.redirect_chain, known.content) == (unknown.redirect_chain, unknown.content)


@pytest.mark.parametrize("address", ["password/change/", "reauthenticate/"])
def test_the_forms_speak_in_sentence_case_and_say_what_is_wrong(manager: User, address: str) -> None:
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    typed = {"oldpassword": "wrong", "password": "wrong", "password1": "x" * 9 + "yz3", "password2": "x" * 9 + "yz3"}
    page = browser.post(f"/accounts/{address}", typed).content.decode()
    labels = re.findall(r"<label[^>]*>([^<]+)</label>", page)
    assert labels
    assert [label for label in labels if label != label.capitalize()] == []
    assert "That is not your " in page
    assert "Please" not in page
