"""Addresses of privacy."""

from django.urls import path

from privacy.views import overview

app_name = "privacy"
urlpatterns = [
    path("privacy/", overview.overview, name="overview"),
]
