"""All addresses of the school."""

from allauth.account import views as account
from allauth.mfa.base import views as second_step
from allauth.mfa.webauthn import views as passkey
from django.urls import include, path

from kvs import begin, factor_pages, link_door, school_pages, staff_pages, student_door, views

urlpatterns = [
    path("", views.home, name="home"),
    path("aanmelden/", account.login, name="account_login"),
    path("aanmelden/gesloten/", account.account_inactive, name="account_inactive"),
    path("aanmelden/taal/", student_door.sign_in_language, name="sign_in_language"),
    path("aanmelden/cursist/", student_door.student_login, name="student_login"),
    path("aanmelden/cursist/niet-ik/", student_door.student_not_me, name="student_not_me"),
    path("aanmelden/cursist/code/", student_door.student_code, name="student_code"),
    path("aanmelden/cursist/pincode/", student_door.student_new_pin, name="student_new_pin"),
    path("aanmelden/link/", link_door.one_time_link, name="one_time_link"),
    path("aanmelden/link/wachtwoord/", link_door.new_password, name="new_password"),
    path("aanmelden/tweede-stap/", second_step.authenticate, name="mfa_authenticate"),
    path("veiligheid/", factor_pages.security, name="mfa_index"),
    path("veiligheid/app/", factor_pages.app_add, name="mfa_activate_totp"),
    path("veiligheid/passkey/", factor_pages.passkey_add, name="mfa_add_webauthn"),
    path("veiligheid/<int:pk>/weg/", factor_pages.factor_remove, name="factor_remove"),
    path("veiligheid/codes/", factor_pages.codes, name="mfa_view_recovery_codes"),
    path("veiligheid/codes/nieuw/", factor_pages.codes_new, name="mfa_generate_recovery_codes"),
    path("veiligheid/wachtwoord-nogmaals/", account.reauthenticate, name="account_reauthenticate"),
    path("veiligheid/code-nogmaals/", second_step.reauthenticate, name="mfa_reauthenticate"),
    path("veiligheid/passkey-nogmaals/", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("begin/", begin.first_run, name="first_run"),
    path("aanmelden/vergeten/", link_door.password_forgotten, name="password_forgotten"),
    path("aanmelden/vergeten/verstuurd/", link_door.password_sent, name="password_sent"),
    path("accounts/", staff_pages.account_list, name="accounts"),
    path("accounts/zoeken/", staff_pages.account_search, name="account_search"),
    path("accounts/uitnodigen/", staff_pages.account_invite, name="account_invite"),
    path("accounts/<uuid:pk>/", staff_pages.account_page, name="account"),
    path("accounts/<uuid:pk>/doen/", staff_pages.account_act, name="account_act"),
    path("accounts/<uuid:pk>/wijzigen/", staff_pages.account_change, name="account_change"),
    path("accounts/<uuid:pk>/opnieuw/", staff_pages.account_recover, name="account_recover"),
    path("accounts/<uuid:pk>/rol/", staff_pages.role_give, name="role_give"),
    path("accounts/<uuid:pk>/sluiten/", staff_pages.account_close, name="account_close"),
    path("rollen/<uuid:pk>/beeindigen/", staff_pages.role_end, name="role_end"),
    path("vestigingen/", school_pages.location_list, name="locations"),
    path("vestigingen/nieuw/", school_pages.location_add, name="location_add"),
    path("vestigingen/<uuid:pk>/", school_pages.location_edit, name="location_edit"),
    path("aanmeldtijden/", school_pages.role_times, name="role_times"),
    path("aanmeldtijden/<slug:role>/", school_pages.role_times_edit, name="role_times_edit"),
    path("kaart/", student_door.student_card, name="student_card"),
    path("apparaten/", student_door.devices, name="devices"),
    path("school/", views.school, name="school"),
    path("afmelden/", account.logout, name="account_logout"),
    path("", include("students.urls")),
    path("", include("attendance.urls")),
    path("", include("exams.urls")),
    path("", include("reporting.urls")),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
