"""E-mail that leaves the school: in the school's name, with a first name and nothing else of a person."""

from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from kvs.models import Organisation, User

HEADERS = {"Auto-Submitted": "auto-generated"}  # no out-of-office answers (RFC 3834)


def send_mail(template: str, user: User, to: str = "", **facts: object) -> None:
    """Send `templates/email/<template>.txt` to the address of `user`, or to `to`. Raises OSError when the mail server
    does not take it.

    The first line of the template is the subject; it says nothing about the person.
    """
    school = Organisation.objects.values_list("name", flat=True).first() or "KVS"
    with translation.override(user.language):
        known = {"name": user.call_name, "school": school, "site": settings.SITE_URL, **facts}
        subject, _, body = render_to_string(f"email/{template}.txt", known).strip().partition("\n")
    sender = formataddr((" ".join(school.split()), settings.DEFAULT_FROM_EMAIL))
    EmailMessage(subject, body.strip() + "\n", sender, [to or user.email or ""], headers=HEADERS).send()
