"""An auditor from invitation to the last day: only the named groups, read-only, until a date (issue 2, section 2)."""

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from kvs.models import Location, User
from students.models import Enrolment, Group, Student
from tests.factories import make_everything, stated
from tests.mailbox import deliver, secret_in
from tests.people import Browser, sign_in, signed_in

DAY = dt.timedelta(days=1)


def invited(by: User, last_day: str) -> int:
    """The status of inviting an auditor until `last_day`."""
    typed = {"call_name": "Olga", "surname": "Martens", "email": "olga@keuring.test", "role": "auditor", "location": "all"}
    dates = {"starts_on": timezone.localdate().isoformat(), "ends_on": last_day}
    return signed_in(by).post(reverse("account_invite"), typed | dates).status_code


def test_an_auditor_sees_the_named_groups_until_the_day(sami: User, ineke: User, north: Location) -> None:
    named, other = make_everything(north, ineke), make_everything(north, ineke)
    assert invited(sami, "") == 422  # always with a last day
    assert invited(sami, (timezone.localdate() + 14 * DAY).isoformat()) == 302
    [body] = deliver()
    olga = Browser()
    olga.post(reverse("one_time_link"), {"token": secret_in(body)})
    olga.post(reverse("new_password"), {"password1": "zeven gele eenden zwemmen", "password2": "zeven gele eenden zwemmen"})
    assert olga.get(reverse("students:group", args=[named["group"]])).status_code == 302  # first the second step
    stated(User.objects.get(email="olga@keuring.test"))
    sign_in(olga, User.objects.get(email="olga@keuring.test"))
    assert olga.get(reverse("students:group", args=[named["group"]])).status_code == 404

    auditor = User.objects.get(email="olga@keuring.test")
    access = {"user": str(auditor.pk), "starts_on": timezone.localdate().isoformat(), "reason": "Steekproef keurmerk"}
    access |= {"ends_on": (timezone.localdate() + 3 * DAY).isoformat()}
    assert signed_in(ineke).post(reverse("students:access_add", args=[named["group"]]), access).status_code == 302

    assert olga.get(reverse("students:group", args=[named["group"]])).status_code == 200
    assert olga.get(reverse("attendance:register", args=[named["lesson"]])).status_code == 200
    assert olga.get(reverse("students:group", args=[other["group"]])).status_code == 404
    assert olga.get(reverse("attendance:register", args=[other["lesson"]])).status_code == 404
    assert [str(group.pk) for group in Group.objects.visible_to(auditor)] == [named["group"]]

    writes = [
        olga.post(reverse("students:group_edit", args=[named["group"]])),
        olga.post(reverse("students:enrolment_end", args=[named["enrolment"]])),
        olga.post(reverse("students:edit", args=[named["student"]])),
        olga.post(reverse("attendance:register", args=[named["lesson"]])),
        olga.post(reverse("attendance:lesson_cancel", args=[named["lesson"]])),
    ]
    assert {answer.status_code for answer in writes} <= {403, 404, 405}
    assert Enrolment.objects.get(pk=named["enrolment"]).ends_on is None

    group = Group.objects.get(pk=named["group"])
    group.access.update(starts_on=timezone.localdate() - 9 * DAY, ends_on=timezone.localdate() - DAY)
    assert olga.get(reverse("students:group", args=[named["group"]])).status_code == 404
    assert list(Student.objects.visible_to(User.objects.get(pk=auditor.pk))) == []
