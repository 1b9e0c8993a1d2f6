"""All addresses of the school."""

from allauth.account import views as account
from django.urls import include, path

from kvs import student_door, views

urlpatterns = [
    path("", views.home, name="home"),
    path("aanmelden/", account.login, name="account_login"),
    path("aanmelden/gesloten/", account.account_inactive, name="account_inactive"),
    path("aanmelden/taal/", student_door.sign_in_language, name="sign_in_language"),
    path("aanmelden/cursist/", student_door.student_login, name="student_login"),
    path("aanmelden/cursist/niet-ik/", student_door.student_not_me, name="student_not_me"),
    path("aanmelden/cursist/code/", student_door.student_code, name="student_code"),
    path("aanmelden/cursist/pincode/", student_door.student_new_pin, name="student_new_pin"),
    path("kaart/", student_door.student_card, name="student_card"),
    path("apparaten/", student_door.devices, name="devices"),
    path("school/", views.school, name="school"),
    path("afmelden/", account.logout, name="account_logout"),
    path("", include("students.urls")),
    path("", include("attendance.urls")),
    path("", include("reporting.urls")),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
