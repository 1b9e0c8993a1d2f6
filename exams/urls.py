"""Addresses of levels and exams."""

from django.urls import path

from exams.views import attempts, levels, results

app_name = "exams"
urlpatterns = [
    path("groepen/<uuid:pk>/niveaus/", levels.measure_group, name="measure_group"),
    path("trajecten/<uuid:pk>/niveaus/", levels.measure_programme, name="measure_programme"),
    path("groepen/<uuid:pk>/examens/", results.group_results, name="group_results"),
    path("trajecten/<uuid:pk>/examens/nieuw/", attempts.attempt_add, name="attempt_add"),
    path("examens/<uuid:pk>/", attempts.attempt_edit, name="attempt_edit"),
    path("examens/<uuid:pk>/verwijderen/", attempts.attempt_remove, name="attempt_remove"),
]
