"""Addresses of lessons and registers."""

from django.urls import path

from attendance.views import hours, planning, portal, register, today

app_name = "attendance"
urlpatterns = [
    path("vandaag/", today.today, name="today"),
    path("lessen/<uuid:pk>/", register.register, name="register"),
    path("lessen/<uuid:pk>/lijst/", register.initials_list, name="initials_list"),
    path("lessen/<uuid:pk>/vervallen/", planning.lesson_cancel, name="lesson_cancel"),
    path("groepen/<uuid:pk>/lessen/", planning.group_lessons, name="group_lessons"),
    path("groepen/<uuid:pk>/les/", planning.lesson_add, name="lesson_add"),
    path("trajecten/<uuid:pk>/uren/", hours.programme_hours, name="programme_hours"),
    path("trajecten/<uuid:pk>/uren/nieuw/", hours.outside_add, name="outside_add"),
    path("uren/<uuid:pk>/", hours.outside_correct, name="outside_correct"),
    path("contracten/<uuid:pk>/uren/", hours.contract_hours, name="contract_hours"),
    path("contracten/<uuid:pk>/beginstand/", hours.balance_add, name="balance_add"),
    path("beginstanden/<uuid:pk>/", hours.balance_edit, name="balance_edit"),
    path("mijn/", portal.portal, name="portal"),
    path("mijn/les/", portal.confirm, name="confirm"),
    path("mijn/uren/", portal.own_hours, name="own_hours"),
]
