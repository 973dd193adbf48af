"""The language of an answer is told where it can be, and nothing is said where it cannot: of code, lists, names, and a few words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.answers import languages, told
from monitoring.answers.languages import LONGEST_QUESTION, SHORTEST, differs, language_of
from monitoring.records import SpanKind
from tests import factories
from tests.conftest import NOW

SENTENCES = {
    "en": (
        "Your parcel left our warehouse on Tuesday and should arrive within two days.",
        "You can return the shoes free of charge as long as they have not been worn outside.",
        "The contract ends on the last day of the month in which you gave notice.",
    ),
    "de": (
        "Ihr Paket hat unser Lager am Dienstag verlassen und kommt in zwei Tagen an.",
        "Sie können die Schuhe kostenlos zurückgeben, solange sie nicht draußen getragen wurden.",
        "Bitte kündigen Sie den Vertrag schriftlich, und zwar spätestens einen Monat vorher.",
    ),
    "fr": (
        "Votre colis a quitté notre entrepôt mardi et devrait arriver dans deux jours.",
        "Vous pouvez renvoyer les chaussures gratuitement tant qu’elles n’ont pas été portées dehors.",
    ),
    "es": (
        "Su paquete salió de nuestro almacén el martes y debería llegar en dos días.",
        "Puede devolver los zapatos gratis siempre que no los haya usado en la calle.",
    ),
    "it": (
        "Il suo pacco ha lasciato il nostro magazzino martedì e arriverà tra due giorni.",
        "Può restituire gratuitamente le scarpe purché non siano state usate all’aperto.",
    ),
    "pt": (
        "A sua encomenda saiu do nosso armazém na terça-feira e deve chegar em dois dias.",
        "Pode devolver os sapatos gratuitamente, desde que não tenham sido usados na rua.",
    ),
    "nl": (
        "Uw pakket heeft ons magazijn dinsdag verlaten en komt binnen twee dagen aan.",
        "U kunt de schoenen gratis terugsturen zolang ze niet buiten zijn gedragen.",
    ),
    "pl": (
        "Paczka opuściła nasz magazyn we wtorek i powinna dotrzeć w ciągu dwóch dni.",
        "Buty można zwrócić bezpłatnie, o ile nie były noszone na zewnątrz.",
    ),
    "sv": ("Ditt paket lämnade vårt lager i tisdags och bör komma fram inom två dagar.",),
    "fi": ("Pakettisi lähti varastostamme tiistaina ja sen pitäisi saapua kahden päivän kuluessa.",),
    "tr": ("Paketiniz salı günü depomuzdan ayrıldı ve iki gün içinde size ulaşması gerekiyor.",),
    "cs": ("Váš balík opustil náš sklad v úterý a měl by dorazit do dvou pracovních dnů.",),
    "ru": ("Ваша посылка покинула наш склад во вторник и должна прибыть в течение двух дней.",),
    "uk": ("Ваша посилка залишила наш склад у вівторок і має прибути протягом двох днів.",),
    "el": ("Το δέμα σας έφυγε από την αποθήκη μας την Τρίτη και θα φτάσει σε δύο ημέρες.",),
    "ja": ("お荷物は火曜日に倉庫を出発し、二営業日以内に到着する予定です。",),
    "zh": ("您的包裹已于周二离开我们的仓库，预计两个工作日内送达。",),
    "ko": ("고객님의 소포는 화요일에 창고를 떠났으며 이틀 안에 도착할 예정입니다.",),
    "ar": ("غادر طردك مستودعنا يوم الثلاثاء ومن المفترض أن يصل خلال يومي عمل.",),
    "he": ("החבילה שלך עזבה את המחסן שלנו ביום שלישי ואמורה להגיע תוך יומיים.",),
    "hi": ("आपका पार्सल मंगलवार को हमारे गोदाम से निकल गया और दो दिनों में पहुँच जाएगा।",),
}
NO_PROSE = (
    "",
    "OK.",
    "Thank you!",
    "Jane Smith, Robert Müller, Anna Kowalska, Pierre Dupont",
    "def total(rows):\n    return sum(row.amount for row in rows if row.paid)",
    "for each in range(10):\n    print(each, each ** 2)",
    "SELECT name, total FROM orders WHERE total > 100 ORDER BY total",
    "const paid = rows.filter((row) => row.paid).map((row) => row.amount);",
    '{"answer": "Your parcel left our warehouse on Tuesday", "sure": true}',
    '["Your parcel left our warehouse on Tuesday", "and arrives on Thursday"]',
    '```json\n{"status": "shipped"}\n```',
    "<p>Your parcel left our warehouse on Tuesday.</p>",
    "https://example.com/orders/12345?track=true&lang=en",
    "jane.smith@example.com, robert.mueller@example.org",
    "12345 67890 42.17 100 % 2026-11-06 14:25",
    "AAPL 182.3, MSFT 404.1, GOOG 140.2, AMZN 178.0",
    "INVOICE NUMBER, DATE OF ISSUE, TOTAL AMOUNT DUE",
    "1f3870be274f6c49b3e31a0c6728957f 8d777f385d3dfec8815d20f7496026dc",
    "🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
)


@pytest.mark.parametrize(("language", "sentence"), [(lang, s) for lang, all_ in SENTENCES.items() for s in all_])
def test_a_sentence_is_told(language: str, sentence: str) -> None:
    assert language_of(sentence) == language
    assert language_of(f"\n  **{sentence}** " + f"{sentence} " * 50) == language


@pytest.mark.parametrize("text", NO_PROSE)
def test_of_what_is_no_prose_nothing_is_said(text: str) -> None:
    assert language_of(text) == ""


def test_an_address_in_a_sentence_does_not_change_its_language() -> None:
    assert (
        language_of("Mehr dazu steht unter https://example.com/very/english/words/here und in der Anleitung.") == "de"
    )


@given(st.text(st.characters(), max_size=400))
def test_any_text_is_taken_and_what_is_told_is_a_code_of_two_letters(text: str) -> None:
    found = language_of(text)
    assert found == "" or (len(found) == 2 and found.isascii() and found.islower())
    assert language_of(text) == found


@given(st.text("abcdefghijklmnopqrstuvwxyz ", max_size=SHORTEST - 1))
def test_of_a_few_letters_nothing_is_said(text: str) -> None:
    assert language_of(text) == ""


@given(st.sampled_from(["", *SENTENCES]), st.sampled_from(["", *SENTENCES]))
def test_differing_goes_both_ways_and_needs_both(one: str, other: str) -> None:
    assert differs(one, other) == differs(other, one)
    assert (differs(one, other) is None) == (not one or not other)
    assert not differs(one, one)


def test_languages_that_short_texts_confuse_do_not_differ() -> None:
    assert differs("da", "no") is False
    assert differs("hr", "sr") is False
    assert differs("es", "pt") is True
    assert differs("ru", "uk") is True


def said(question: str, answer: str, **fields: object) -> tuple[str, bool | None]:
    found = told(factories.span(1, NOW, input_text=question, output_text=answer, **fields))
    return found.answer_language, found.other_language


def test_an_answer_is_held_against_what_was_asked_last() -> None:
    german, french, english = SENTENCES["de"][0], SENTENCES["fr"][0], SENTENCES["en"][0]
    assert said(german, french) == ("fr", True)
    assert said(german, german) == ("de", False)
    talk = '{"messages": [{"role": "system", "content": "%s"}, {"role": "user", "content": "%s"}]}'
    assert said(talk % (english, german), german) == ("de", False)
    assert said("Wo?", german) == ("de", None)
    assert said("", german) == ("de", None)
    assert said(german, "42") == ("", None)


def test_templates_failed_calls_json_and_other_spans_tell_no_difference() -> None:
    german, english = SENTENCES["de"][0], SENTENCES["en"][0]
    assert said(english + " " + "x" * LONGEST_QUESTION, german) == ("de", None)
    assert said(german, english, wants_json=True) == ("", None)
    assert said(german, english, error="timeout") == ("", None)
    assert said(german, english, kind=SpanKind.CHAIN) == ("", None)


def test_little_words_are_each_of_one_language() -> None:
    listed = [word for words in languages._OWN_WORDS.values() for word in words.split()]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("text", "by_words"),
    [
        ("Thank you for writing. Your order has left our warehouse and should be there soon.", "en"),
        ("Ich habe das für Sie geprüft und kann bestätigen, dass es nicht mehr lange dauert.", "de"),
        ("Merci, nous avons vérifié pour vous et une réponse sera là dans deux jours.", "fr"),
        (
            "Sie schrieb: “thank you for your order”, und wir haben das nicht verstanden.",
            "",
        ),  # two languages: not by words
        ("Zobaczysz to i do tego, by to zrobić, potrzebujesz tylko dwóch dni.", ""),  # Polish, which has no list
        ('{"the": "and you your that this with"}', ""),  # JSON
    ],
)
def test_words_tell_only_what_nothing_speaks_against(text: str, by_words: str) -> None:
    assert languages._by_words(text) == by_words
    assert language_of(text) in (by_words, "") or not by_words


@pytest.mark.parametrize(("language", "text"), [(k, t) for k, v in SENTENCES.items() for t in v])
def test_words_never_tell_another_language_than_the_sentence_is_in(language: str, text: str) -> None:
    assert languages._by_words(text) in ("", language)
