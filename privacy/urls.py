"""Addresses of privacy."""

from django.urls import path

from privacy.views import erasures, exemptions, exports, incidents, overview, restrictions

app_name = "privacy"
urlpatterns = [
    path("privacy/", overview.overview, name="overview"),
    path("privacy/datalek-melden/", incidents.incident_report, name="incident_report"),
    path("privacy/datalekken/", incidents.incident_list, name="incidents"),
    path("privacy/datalekken/<uuid:pk>/", incidents.incident_page, name="incident"),
    path("privacy/datalekken/<uuid:pk>/afwegen/", incidents.incident_weigh, name="incident_weigh"),
    path("privacy/datalekken/<uuid:pk>/gemeld/", incidents.incident_told, name="incident_told"),
    path("privacy/datalekken/<uuid:pk>/bekeken/", incidents.incident_looked, name="incident_looked"),
    path("privacy/datalekken/<uuid:pk>/verstrekt/", incidents.incident_given, name="incident_given"),
    path("privacy/datalekken/<uuid:pk>/sluiten/", incidents.incident_close, name="incident_close"),
    path("privacy/beperkingen/", restrictions.restriction_list, name="restrictions"),
    path("privacy/beperkingen/<uuid:pk>/opheffen/", restrictions.restriction_lift, name="restriction_lift"),
    path("privacy/bezwaren/<uuid:pk>/", restrictions.objection_decide, name="objection_decide"),
    path("cursisten/<uuid:pk>/privacy/", restrictions.student_privacy, name="student"),
    path("cursisten/<uuid:pk>/privacy/beperken/", restrictions.restriction_add, name="restriction_add"),
    path("cursisten/<uuid:pk>/privacy/bezwaar/", restrictions.objection_add, name="objection_add"),
    path("mijn/bezwaar/", restrictions.own_objections, name="own_objections"),
    path("privacy/wissen/", erasures.erasure_list, name="erasures"),
    path("privacy/wissen/cursist/<uuid:pk>/", erasures.erasure_student, name="erasure_student"),
    path("privacy/wissen/collega/<uuid:pk>/", erasures.erasure_account, name="erasure_account"),
    path("privacy/wissen/klantmanager/<uuid:pk>/", erasures.erasure_contact, name="erasure_contact"),
    path("privacy/wissen/<uuid:pk>/", erasures.erasure_page, name="erasure"),
    path("privacy/wissen/<uuid:pk>/voortgang/", erasures.erasure_progress, name="erasure_progress"),
    path("privacy/wissen/<uuid:pk>/goedkeuren/", erasures.erasure_approve, name="erasure_approve"),
    path("privacy/wissen/<uuid:pk>/opnieuw/", erasures.erasure_renew, name="erasure_renew"),
    path("privacy/wissen/<uuid:pk>/stoppen/", erasures.erasure_cancel, name="erasure_cancel"),
    path("privacy/wissen/<uuid:pk>/bevestiging/", erasures.erasure_certificate, name="erasure_certificate"),
    path("privacy/bewaren/cursist/<uuid:pk>/", erasures.hold_student, name="hold_student"),
    path("privacy/bewaren/<uuid:pk>/opheffen/", erasures.hold_release, name="hold_release"),
    path("privacy/kopieen/", exports.export_list, name="exports"),
    path("privacy/kopieen/maken/", exports.export_other, name="export_other"),
    path("privacy/kopieen/cursist/<uuid:pk>/", exports.export_student, name="export_student"),
    path("privacy/kopieen/<uuid:pk>/", exports.export_page, name="export"),
    path("privacy/kopieen/<uuid:pk>/voortgang/", exports.export_progress, name="export_progress"),
    path("privacy/kopieen/<uuid:pk>/bestand/", exports.export_file, name="export_file"),
    path("privacy/kopieen/<uuid:pk>/overdragen/", exports.export_hand_over, name="export_hand_over"),
    path("mijn/alles/", exports.own_exports, name="own_exports"),
    path("mijn/alles/<uuid:pk>/voortgang/", exports.own_export_progress, name="own_export_progress"),
    path("mijn/alles/<uuid:pk>/bestand/", exports.own_export_file, name="own_export_file"),
    path("privacy/ontheffingen/", exemptions.look_up, name="exemptions"),
]
