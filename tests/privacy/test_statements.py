"""What a policy text says against what the software does and what the law says: one sentence at a time."""

import dataclasses

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from kvs.models import AuditEntry, Location, Organisation, RetentionSetting, Role, User
from kvs.retention import CHANGEABLE
from kvs.terms import Period
from privacy.actions.statements import record_statements
from privacy.models import PolicyStatement, RequestSetting
from privacy.statements.compare import compare, contradictions
from privacy.statements.kinds import DAYS, MONTHS, NOBODY, SILENT, WEEKS, YEARS, Answer, Finding, Outcome, School, length, one
from privacy.statements.school import this_school
from privacy.statements.words import CHAPTERS, STATEMENTS
from tests.factories import staff
from tests.people import signed_in

DEFAULTS = School(
    periods={code: retention.period for code, retention in CHANGEABLE.items()},
    answer_days=28,
    extension_days=28,
    backup_days=35,
    cookies=1,
    second_step=True,
)
LAW, DIFFERS, AGREES, OPEN = Outcome.UNLAWFUL, Outcome.DIFFERS, Outcome.AGREES, Outcome.OPEN


def number(count: int, unit: str) -> Answer:
    return Answer(number=count, unit=unit)


def found(key: str, answer: Answer | None, school: School = DEFAULTS) -> Finding:
    said = {key: answer} if answer else {}
    return next(row for row in compare(said, school) if row.statement.key == key)


# The sentence it stands for, the question, what the text says, what comes of it, the article.
CASES = [
    ("A: Meester in NT2 gebruikt in het KVS/NT2 ADMIN geen cookies.", "cookies", one("none"), DIFFERS, ""),
    ("alleen één strikt noodzakelijke sessiecookie", "cookies", one("necessary"), AGREES, ""),
    ("wij meten bezoekers", "cookies", one("more"), LAW, "Tw 11.7a"),
    ("A: de wettelijk gestelde bewaartermijn verlopen is", "kept_student_file", one(SILENT), LAW, "AVG 13(2)(a)"),
    ("B 5: 3 jaar na beëindiging van het traject", "kept_student_file", number(3, YEARS), AGREES, ""),
    ("36 maanden", "kept_student_file", number(36, MONTHS), AGREES, ""),
    ("2 jaar na het traject", "kept_student_file", number(2, YEARS), DIFFERS, ""),
    ("B 5: gedurende 6 jaar bewaard", "kept_exemption", number(6, YEARS), AGREES, ""),
    ("B 5: zonder begin", "exemption_from", one("unnamed"), LAW, "AVG 13(2)(a)"),
    ("vanaf het besluit", "exemption_from", one("decision"), DIFFERS, ""),
    ("B 5: alle herleidbare gegevens", "exceptions", one("everything"), LAW, "AWR 52(4)"),
    ("A: voldoen aan de Belastingdienst", "exceptions", one("named"), AGREES, ""),
    ("A: niet meer terug te krijgen", "backups", one("at_once"), DIFFERS, ""),
    ("B 4.1.1: ten tijde van de ondertekening", "consent", one("signing"), LAW, "AVG 7(2), 7(4)"),
    ("toestemming apart", "consent", one("apart"), AGREES, ""),
    ("B 1: verwerker, bijvoorbeeld DUO", "role_duo", one("processor"), LAW, "AVG 4(7), 4(8)"),
    ("B 1: verwerker, bijvoorbeeld de gemeente", "role_municipality", one("processor"), DIFFERS, ""),
    ("B 1: verwerker, bijvoorbeeld Panteia", "role_surveyor", one("processor"), AGREES, ""),
    ("DUO is verantwoordelijk", "role_duo", one("controller"), AGREES, ""),
    ("A: direct alle gegevens aanpassen", "correction", one("all"), DIFFERS, ""),
    ("B 9.2: verzoeken doen tot rectificatie", "correction", one("ask"), AGREES, ""),
    ("A: deelt of verkoopt niet aan derden", "recipients", one(NOBODY), LAW, "AVG 13(1)(e)"),
    (
        "A: niet aan derden, en toch alle vier",
        "recipients",
        one(NOBODY, "municipality", "duo", "blik_op_werk", "surveyor"),
        LAW,
        "AVG 13(1)(e)",
    ),
    ("alle vier", "recipients", one("municipality", "duo", "blik_op_werk", "surveyor"), AGREES, ""),
    ("meer dan het systeem", "recipients", one("municipality", "duo", "blik_op_werk", "surveyor", "bank"), AGREES, ""),
    ("B 9.5: binnen 4 weken", "answer", number(4, WEEKS), AGREES, ""),
    ("28 dagen", "answer", number(28, DAYS), AGREES, ""),
    ("een maand", "answer", number(1, MONTHS), DIFFERS, ""),
    ("zes weken", "answer", number(6, WEEKS), LAW, "AVG 12(3)"),
    ("B 9.5: verlengen met maximaal 4 weken", "extension", number(4, WEEKS), AGREES, ""),
    ("twee maanden", "extension", number(2, MONTHS), DIFFERS, ""),
    ("drie maanden", "extension", number(3, MONTHS), LAW, "AVG 12(3)"),
    ("A: geen termijn", "answer", one(SILENT), AGREES, ""),
    ("B 9.2: onredelijke inspanning", "refusal", one("own"), LAW, "AVG 12(5), 17(3)"),
    ("B 9.1: geldig identiteitsbewijs ter verificatie", "identity", one("seen"), AGREES, ""),
    ("een kopie van uw paspoort", "identity", one("copy"), LAW, "AVG 5(1)(c), 12(6)"),
    ("ouders tot 18 jaar", "age", one("18"), LAW, "UAVG 5"),
    ("ouders tot 16 jaar", "age", one("16"), AGREES, ""),
    ("B 10: via onze klachtenprocedure", "complaints", one("own"), LAW, "AVG 13(2)(d)"),
    ("A: zwijgt over klachten", "complaints", one(SILENT), LAW, "AVG 13(2)(d)"),
    ("A: stemt in door het gebruik", "updates", one("using"), LAW, "AVG 4(11), 7(1)"),
    ("B: Wet Bescherming Persoonsgegevens", "law", one("wbp"), LAW, "AVG 94(1), 99(2)"),
    ("B 1: kortere lijst", "special", one("part"), LAW, "AVG 9(1)"),
    ("B 3.1.3: BSN van iedereen", "bsn", one("all"), LAW, "UAVG 46"),
    ("A: alleen waar verplicht", "bsn", one("law"), AGREES, ""),
    ("wij bewaren nooit een BSN", "bsn", one("none"), LAW, "AVG 5(1)(a)"),
    ("A: alleen afgeschermd", "id_copy", one("masked"), AGREES, ""),
    ("B 3.1.8: niet de aard van de ziekte", "absence", one("reason"), AGREES, ""),
    ("welke ziekte", "absence", one("nature"), LAW, "AVG 9(1)"),
    ("B 3.1.10: screen shots", "screenshots", one("proof"), AGREES, ""),
    ("B 7: gebruikersnaam en wachtwoord", "sign_in", one("password"), AGREES, ""),
    ("één account voor de balie", "sign_in", one("shared"), LAW, "AVG 32(1)"),
    ("A: encryptie waar aanleiding is", "encryption", one("sensitive"), AGREES, ""),
    ("alles versleuteld", "encryption", one("all"), DIFFERS, ""),
    ("nog niet ingevuld", "cookies", None, OPEN, ""),
    ("een antwoord van een oude versie", "cookies", one("crumbs"), OPEN, ""),
]


@pytest.mark.parametrize(("sentence", "key", "said", "outcome", "article"), CASES, ids=[case[0] for case in CASES])
def test_a_sentence(sentence: str, key: str, said: Answer | None, outcome: Outcome, article: str) -> None:
    row = found(key, said)

    assert (row.outcome, row.article) == (outcome, article)


@pytest.mark.parametrize(
    ("key", "said", "change", "outcome"),
    [
        ("kept_student_file", number(2, YEARS), {"periods": DEFAULTS.periods | {"student_file": Period(years=2)}}, AGREES),  # type: ignore[operator]
        ("kept_student_file", number(3, YEARS), {"periods": DEFAULTS.periods | {"student_file": Period(months=18)}}, DIFFERS),  # type: ignore[operator]
        ("answer", number(1, MONTHS), {"answer_days": 31}, AGREES),
        ("answer", number(4, WEEKS), {"answer_days": 14}, DIFFERS),
        ("extension", number(2, MONTHS), {"extension_days": 62}, AGREES),
        ("cookies", one("none"), {"cookies": 0}, AGREES),
        ("absence", one("none"), {"notes_reasons": True}, DIFFERS),
        ("absence", one("none"), {"notes_reasons": False}, AGREES),
        ("sign_in", one("second"), {"second_step": False}, DIFFERS),
        ("backups", one("at_once"), {"backup_days": 0}, AGREES),
    ],
)
def test_it_follows_what_the_school_set(key: str, said: Answer, change: dict[str, object], outcome: Outcome) -> None:
    assert found(key, said, dataclasses.replace(DEFAULTS, **change)).outcome == outcome  # type: ignore[arg-type]


def test_what_is_not_named_is_named() -> None:
    said = one("access", "rectification", "erasure", "restriction", "objection", "consent")  # B 9: all but portability
    assert found("rights", said).missing == ("portability",)
    assert found("recipients", one("municipality", "blik_op_werk", "surveyor")).missing == ("duo",)


def test_the_law_comes_first() -> None:
    said = {"cookies": one("none"), "refusal": one("own"), "correction": one("all")}
    assert [row.statement.key for row in contradictions(said, DEFAULTS)] == ["refusal", "correction", "cookies"]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.key)
def test_every_question_is_whole(statement: object) -> None:
    """It has a chapter, rows of the obligations, its own sentence, and options that differ; an article has its reason."""
    [one_of] = [found for found in STATEMENTS if found is statement]
    assert one_of.chapter in CHAPTERS
    assert set(one_of.rows) <= set(range(1, 75))
    assert len({found.code for found in one_of.options}) == len(one_of.options)
    assert SILENT in {found.code for found in one_of.options}
    assert [found.code for found in one_of.options if found.article and not found.why] == []
    with override("nl"):
        sentence = one_of.better(DEFAULTS)
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "%(" not in f"{sentence}{one_of.question}"


def test_keys_are_unique() -> None:
    keys = [statement.key for statement in STATEMENTS]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("period", "answer"),
    [
        (Period(years=3), number(3, YEARS)),
        (Period(years=2, months=6), number(30, MONTHS)),
        (Period(months=12), number(1, YEARS)),
        (Period(days=30), number(30, DAYS)),
    ],
)
def test_a_period_as_an_answer(period: Period, answer: Answer) -> None:
    assert length(period) == answer


@pytest.mark.parametrize("period", [Period(hours=1), Period(years=1, days=3)])
def test_a_period_that_is_no_answer(period: Period) -> None:
    with pytest.raises(ValueError, match="Period"):
        length(period)


# --- what is stored


def test_the_settings_of_the_school_are_read(school: Organisation) -> None:
    RetentionSetting.objects.create(code="student_file", years=2)
    RequestSetting.objects.create(answer_days=14, extension_days=7)

    now = this_school()

    assert (now.periods["student_file"], now.periods["exemption"]) == (Period(years=2), Period(years=6))
    assert (now.answer_days, now.extension_days, now.backup_days, now.cookies, now.second_step) == (14, 7, 35, 1, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"said": [], "number": None, "unit": ""},
        {"said": ["none"], "number": 3, "unit": "years"},
        {"said": [], "number": 3, "unit": ""},
        {"said": [], "number": 3, "unit": "moons"},
        {"said": [], "number": 0, "unit": "years"},
        {"said": [], "number": None, "unit": "years"},
    ],
)
def test_the_database_holds_one_answer_a_question(school: Organisation, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyStatement.objects.create(key="cookies", **wrong)


def test_a_change_is_audited_and_leaving_open_takes_nothing_back(dana: User) -> None:
    assert record_statements(answers={"cookies": one("none"), "sign_in": None}, version=0, by=dana) == 1
    assert record_statements(answers={"cookies": None, "sign_in": one("password")}, version=1, by=dana) == 1

    assert {row.key: (row.answer, row.version) for row in PolicyStatement.objects.all()} == {
        "cookies": (one("none"), 1),
        "sign_in": (one("password"), 1),
    }
    assert set(AuditEntry.objects.filter(model="privacy.policystatement").values_list("object_pk", flat=True)) == {
        "cookies",
        "sign_in",
    }


def test_two_at_once_lose_nothing(dana: User, ineke: User) -> None:
    record_statements(answers={"cookies": one("none")}, version=0, by=dana)
    record_statements(answers={"cookies": one("necessary")}, version=1, by=dana)

    with pytest.raises(ValidationError) as refused:
        record_statements(answers={"cookies": one("more"), "sign_in": one("password")}, version=1, by=ineke)

    assert (refused.value.code, refused.value.params["version"]) == ("stale", 2)  # type: ignore[index]
    assert PolicyStatement.objects.get().answer == one("necessary")


# --- the pages


def send(browser: object, chapter: str, **typed: object) -> object:
    """What a browser sends: version of the page, and what was typed."""
    return browser.post(reverse("privacy:statements_chapter", args=[chapter]), {"version": 0, **typed})  # type: ignore[attr-defined]


def test_from_question_to_better_sentence(dana: User) -> None:
    browser = signed_in(dana)
    assert "Nog niets: vul in wat uw tekst zegt." in browser.get(reverse("privacy:statements")).content.decode()

    answer = send(browser, "safety", cookies="none", sign_in="password")

    assert answer["Location"] == reverse("privacy:statements")  # type: ignore[index]
    page = browser.get(reverse("privacy:statements")).content.decode()
    assert "Ons klantvolgsysteem gebruikt 1 cookie." in page
    assert "2 van 3 ingevuld" in page
    chapter = browser.get(reverse("privacy:statements_chapter", args=["safety"])).content.decode()
    assert chapter.count("checked") == 2


def test_the_sentence_is_dutch_for_who_reads_english(dana: User) -> None:
    dana.language = "en"
    dana.save()
    record_statements(answers={"cookies": one("none")}, version=0, by=dana)

    page = signed_in(dana).get(reverse("privacy:statements")).content.decode()

    assert "Your policy and the software" in page
    assert "Ons klantvolgsysteem gebruikt 1 cookie." in page


def test_a_period_and_the_way_to_the_setting(dana: User, ineke: User) -> None:
    send(signed_in(dana), "how-long", kept_student_file="years", kept_student_file_number="2", kept_log="silent")
    assert PolicyStatement.objects.get(pk="kept_student_file").answer == number(2, YEARS)
    link = reverse("privacy:period", args=["student_file"])

    assert link in signed_in(dana).get(reverse("privacy:statements")).content.decode()
    page = signed_in(ineke).get(reverse("privacy:statements")).content.decode()
    assert (link in page, "Of laat de functionaris gegevensbescherming de instelling wijzigen." in page) == (False, True)


@pytest.mark.parametrize(
    ("chapter", "typed", "sentence"),
    [
        ("how-long", {"kept_log": "years"}, "Typ een getal, of kies dat uw tekst geen termijn noemt."),
        ("how-long", {"kept_log_number": "2"}, "Kies wat het getal telt, of maak het leeg."),
        ("how-long", {"kept_log_number": "2", "kept_log": "silent"}, "Kies wat het getal telt, of maak het leeg."),
        ("how-long", {"kept_log_number": "0", "kept_log": "years"}, "minstens 1"),
        ("how-long", {"kept_log_number": "twee", "kept_log": "years"}, "Voer een geheel getal in"),
        ("why", {"recipients": ["silent", "duo"]}, "Uw tekst zegt er niets over, óf noemt iets."),
        ("safety", {"cookies": "crumbs"}, "crumbs"),
    ],
)
def test_what_is_refused_stands_at_the_field(dana: User, chapter: str, typed: dict[str, object], sentence: str) -> None:
    answer = send(signed_in(dana), chapter, **typed)

    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert sentence in answer.content.decode()  # type: ignore[attr-defined]
    assert not PolicyStatement.objects.exists()


def test_who_was_second_is_told_and_may_save_again(dana: User, ineke: User) -> None:
    send(signed_in(dana), "safety", cookies="none")

    answer = send(signed_in(ineke), "safety", cookies="necessary")

    page = answer.content.decode()  # type: ignore[attr-defined]
    assert "Dana Kaya heeft dit ook gewijzigd" in page
    assert 'name="version" value="1"' in page
    assert PolicyStatement.objects.get().answer == one("none")
    send(signed_in(ineke), "safety", cookies="necessary", version=1)
    assert PolicyStatement.objects.get().answer == one("necessary")


def test_strangers_say_nothing_about_the_policy(dana: User, anna: User, bram: User, sami: User) -> None:
    for stranger in (anna, bram, sami):
        browser = signed_in(stranger)
        assert browser.get(reverse("privacy:statements")).status_code == 403
        assert send(browser, "safety", cookies="none").status_code == 403  # type: ignore[attr-defined]
    assert not PolicyStatement.objects.exists()
    assert signed_in(dana).get(reverse("privacy:statements_chapter", args=["nothing"])).status_code == 404


def test_the_way_back_leads_where_this_reader_may_go(dana: User, ineke: User, north: Location) -> None:
    for reader, parent in ((dana, "privacy:overview"), (staff(Role.MANAGEMENT, north), "privacy:overview"), (ineke, "school")):
        browser = signed_in(reader)
        page = browser.get(reverse("privacy:statements")).content.decode()
        assert f'<li><a href="{reverse(parent)}">' in page
        assert 'href=""' not in page
        assert browser.get(reverse(parent)).status_code == 200


@pytest.mark.parametrize("answered", [1, 3])
def test_the_page_runs_the_same_queries_however_much_is_filled_in(dana: User, answered: int) -> None:
    answers = {"cookies": one("none"), "sign_in": one("shared"), "refusal": one("own")}
    record_statements(answers=dict(list(answers.items())[:answered]), version=0, by=dana)
    browser = signed_in(dana)
    browser.get(reverse("privacy:statements"))

    with CaptureQueriesContext(connection) as queries:
        assert browser.get(reverse("privacy:statements")).status_code == 200

    assert len(queries) == 8
