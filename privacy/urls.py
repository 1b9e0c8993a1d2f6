"""Addresses of privacy."""

from django.urls import path

from privacy.views import overview, restrictions

app_name = "privacy"
urlpatterns = [
    path("privacy/", overview.overview, name="overview"),
    path("privacy/beperkingen/", restrictions.restriction_list, name="restrictions"),
    path("privacy/beperkingen/<uuid:pk>/opheffen/", restrictions.restriction_lift, name="restriction_lift"),
    path("privacy/bezwaren/<uuid:pk>/", restrictions.objection_decide, name="objection_decide"),
    path("cursisten/<uuid:pk>/privacy/", restrictions.student_privacy, name="student"),
    path("cursisten/<uuid:pk>/privacy/beperken/", restrictions.restriction_add, name="restriction_add"),
    path("cursisten/<uuid:pk>/privacy/bezwaar/", restrictions.objection_add, name="objection_add"),
    path("mijn/bezwaar/", restrictions.own_objections, name="own_objections"),
]
