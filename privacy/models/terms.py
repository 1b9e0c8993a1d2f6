"""The terms this school answers requests and complaints in, as its own policy says."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy import rules


class RequestSetting(models.Model):
    """The terms of this school; one row. The law's own terms hold when they end sooner (privacy/rules.py)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    answer_days = models.PositiveSmallIntegerField(
        _("days to answer a request"),
        default=rules.ANSWER_DAYS,
        help_text=_("As your privacy policy says. The law allows one month, and that holds when it ends sooner."),
    )
    extension_days = models.PositiveSmallIntegerField(
        _("days an extension lasts at most"),
        default=rules.EXTENSION_DAYS,
        help_text=_("Once, and only before the first term has passed. Never later than three months after receipt."),
    )
    execute_days = models.PositiveSmallIntegerField(
        _("working days to carry out what was granted"), default=rules.EXECUTE_WORKING_DAYS
    )
    confirm_days = models.PositiveSmallIntegerField(
        _("days to confirm that a complaint came in"),
        default=rules.CONFIRM_DAYS,
        help_text=_("As your complaints procedure says. The policies name no number: 7 is a proposal."),
    )
    complaint_days = models.PositiveSmallIntegerField(
        _("days to decide on a complaint"),
        default=rules.COMPLAINT_DAYS,
        help_text=_("About data or a privacy request never later than a month, whatever stands here (AVG 12(3))."),
    )
    complaint_extension_days = models.PositiveSmallIntegerField(
        _("days more time for a complaint lasts at most"), default=rules.COMPLAINT_EXTENSION_DAYS
    )
    disputes_committee = models.CharField(
        _("disputes committee"),
        max_length=300,
        blank=True,
        help_text=_("Name and address of the independent committee of your complaints procedure. Stands in the letter."),
    )
    systems = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("other systems that hold data of students"),
        default=list,
        blank=True,
        help_text=_("One on each line, such as NT2 Admin, the DUO portal, the bookkeeping. Erasing asks for each of them."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("terms of requests and complaints")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="request_setting_is_one_row"),
            models.CheckConstraint(
                condition=Q(answer_days__range=(1, 31)),
                name="request_setting_answer",
                violation_error_message=_("Choose a number of days from 1 to 31."),
            ),
            models.CheckConstraint(
                condition=Q(extension_days__range=(0, 62)),
                name="request_setting_extension",
                violation_error_message=_("Choose a number of days from 0 to 62."),
            ),
            models.CheckConstraint(
                condition=Q(execute_days__range=(1, 20)),
                name="request_setting_execute",
                violation_error_message=_("Choose a number of working days from 1 to 20."),
            ),
            models.CheckConstraint(
                condition=Q(confirm_days__range=(1, 31)) & Q(complaint_days__range=(1, 62)),
                name="request_setting_complaint",
                violation_error_message=_("Confirming a complaint takes 1 to 31 days, deciding on it 1 to 62."),
            ),
            models.CheckConstraint(
                condition=Q(complaint_extension_days__range=(0, 62)),
                name="request_setting_complaint_extension",
                violation_error_message=_("Choose a number of days from 0 to 62."),
            ),
        ]

    def __str__(self) -> str:
        return "RequestSetting"


def settings_of_school() -> RequestSetting:
    """The terms of the school; the defaults while nobody set them."""
    return RequestSetting.objects.first() or RequestSetting()
