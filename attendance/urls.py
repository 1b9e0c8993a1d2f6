"""Addresses of lessons and registers."""

from django.urls import path

from attendance.views import (
    board,
    calendar,
    grid,
    hours,
    inspection,
    missing,
    planning,
    portal,
    register,
    timetable,
    today,
)

app_name = "attendance"
urlpatterns = [
    path("vandaag/", today.today, name="today"),
    path("presentielijsten/", missing.missing, name="missing"),
    path("presentielijsten/herinneringen/", missing.reminder_settings, name="reminder_settings"),
    path("rooster/", calendar.week, name="calendar"),
    path("rooster/agenda/", calendar.week_file, name="calendar_file"),
    path("lessen/nu/", inspection.inspection, name="inspection"),
    path("lessen/<uuid:pk>/", register.register, name="register"),
    path("lessen/<uuid:pk>/lijst/", register.initials_list, name="initials_list"),
    path("lessen/<uuid:pk>/bord/", board.board, name="board"),
    path("lessen/<uuid:pk>/vervallen/", planning.lesson_cancel, name="lesson_cancel"),
    path("lessen/<uuid:pk>/wijzigen/", planning.lesson_change, name="lesson_change"),
    path("groepen/<uuid:pk>/maand/", grid.group_grid, name="group_grid"),
    path("groepen/<uuid:pk>/lessen/", planning.group_lessons, name="group_lessons"),
    path("groepen/<uuid:pk>/les/", planning.lesson_add, name="lesson_add"),
    path("trajecten/<uuid:pk>/uren/", hours.programme_hours, name="programme_hours"),
    path("trajecten/<uuid:pk>/uren/nieuw/", hours.outside_add, name="outside_add"),
    path("uren/<uuid:pk>/", hours.outside_correct, name="outside_correct"),
    path("contracten/<uuid:pk>/uren/", hours.contract_hours, name="contract_hours"),
    path("contracten/<uuid:pk>/beginstand/", hours.balance_add, name="balance_add"),
    path("beginstanden/<uuid:pk>/", hours.balance_edit, name="balance_edit"),
    path("groepen/<uuid:pk>/rooster/", timetable.timetable, name="timetable"),
    path("groepen/<uuid:pk>/rooster/nieuw/", timetable.slot_add, name="slot_add"),
    path("groepen/<uuid:pk>/rooster/lessen/", timetable.lessons_make, name="lessons_make"),
    path("roosteruren/<uuid:pk>/", timetable.slot_change, name="slot_change"),
    path("roosteruren/<uuid:pk>/stoppen/", timetable.slot_end, name="slot_end"),
    path("sluitingen/", timetable.closures, name="closures"),
    path("sluitingen/nieuw/", timetable.closure_add, name="closure_add"),
    path("sluitingen/<uuid:pk>/weg/", timetable.closure_remove, name="closure_remove"),
    path("mijn/", portal.portal, name="portal"),
    path("mijn/les/", portal.confirm, name="confirm"),
    path("mijn/rooster/agenda/", calendar.own_file, name="own_calendar_file"),
    path("mijn/uren/", portal.own_hours, name="own_hours"),
]
