"""Addresses of reports and of what the school tells about its data."""

from django.urls import path

from reporting import absence_pages, annex_pages, count_pages, student_pages, timeline_pages, views

app_name = "reporting"
urlpatterns = [
    path("rapporten/", views.report_list, name="list"),
    path("rapporten/aantallen/", count_pages.numbers, name="numbers"),
    path("rapporten/nieuw/<slug:code>/", views.report_ask, name="ask"),
    path("rapporten/indeling/<slug:code>/", views.layout_page, name="layout"),
    path("rapporten/indeling/<slug:code>/nieuw/", views.layout_change, name="layout_change"),
    path("rapporten/<uuid:pk>/", views.run_page, name="run"),
    path("rapporten/<uuid:pk>/voortgang/", views.run_progress, name="progress"),
    path("rapporten/<uuid:pk>/stoppen/", views.run_stop, name="stop"),
    path("rapporten/<uuid:pk>/bestand/<uuid:file>/", views.run_file, name="file"),
    path("rapporten/<uuid:pk>/overdragen/", views.run_hand_over, name="hand_over"),
    path("opvolging/<uuid:pk>/melding/", absence_pages.report_absence, name="report_absence"),
    path("opvolging/<uuid:pk>/melding/voorbeeld/", absence_pages.report_absence_preview, name="report_absence_preview"),
    path("cursisten/<uuid:pk>/voortgang/", student_pages.student_progress, name="student_progress"),
    path("cursisten/<uuid:pk>/tijdlijn/", timeline_pages.student_timeline, name="student_timeline"),
    path("trajecten/<uuid:pk>/bijlage/", annex_pages.annex, name="annex"),
    path("bijlage-uw-gegevens/", annex_pages.annex_blank, name="annex_blank"),
    path("cursisten/<uuid:pk>/verstrekt/", student_pages.student_disclosures, name="student_disclosures"),
    path("cursisten/<uuid:pk>/verstrekt/nieuw/", student_pages.record_given, name="record_given"),
    path("verstrekkingen/<uuid:pk>/intrekken/", student_pages.withdraw_given, name="withdraw_given"),
    path("mijn/voortgang/", student_pages.own_progress, name="own_progress"),
    path("verstrekt/", views.own_disclosures, name="own_disclosures"),
    path("gegevens-en-waarom/", views.data_and_why, name="data_and_why"),
]
