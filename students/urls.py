"""Addresses of students, groups and clients."""

from django.urls import path

from students.views import cards, clients, corrections, groups, people, portal, programmes

app_name = "students"
urlpatterns = [
    path("cursisten/", people.student_list, name="list"),
    path("cursisten/zoeken/", people.search, name="search"),
    path("cursisten/nieuw/", people.student_add, name="add"),
    path("cursisten/<uuid:pk>/", people.student_page, name="detail"),
    path("cursisten/<uuid:pk>/bewerken/", people.student_edit, name="edit"),
    path("cursisten/<uuid:pk>/kaart/", cards.student_card, name="card"),
    path("cursisten/<uuid:pk>/trajecten/", programmes.programmes, name="programmes"),
    path("cursisten/<uuid:pk>/trajecten/nieuw/", programmes.programme_add, name="programme_add"),
    path("cursisten/<uuid:pk>/plaatsen/", programmes.enrolment_add, name="enrolment_add"),
    path("trajecten/<uuid:pk>/", programmes.programme_edit, name="programme_edit"),
    path("trajecten/<uuid:pk>/contract/", programmes.contract_add, name="contract_add"),
    path("contracten/<uuid:pk>/", programmes.contract_edit, name="contract_edit"),
    path("plaatsingen/<uuid:pk>/einde/", programmes.enrolment_end, name="enrolment_end"),
    path("groepen/", groups.group_list, name="groups"),
    path("groepen/nieuw/", groups.group_add, name="group_add"),
    path("groepen/<uuid:pk>/", groups.group_page, name="group"),
    path("groepen/<uuid:pk>/bewerken/", groups.group_edit, name="group_edit"),
    path("groepen/<uuid:pk>/kaarten/", cards.group_cards, name="group_cards"),
    path("groepen/<uuid:pk>/docent/", groups.assignment_add, name="assignment_add"),
    path("groepen/<uuid:pk>/toegang/", groups.access_add, name="access_add"),
    path("klantmanagers/<uuid:pk>/", clients.case_manager_edit, name="case_manager_edit"),
    path("opdrachtgevers/", clients.client_list, name="clients"),
    path("opdrachtgevers/nieuw/", clients.client_add, name="client_add"),
    path("opdrachtgevers/<uuid:pk>/", clients.client_page, name="client"),
    path("opdrachtgevers/<uuid:pk>/bewerken/", clients.client_edit, name="client_edit"),
    path("opdrachtgevers/<uuid:pk>/klantmanager/", clients.case_manager_add, name="case_manager_add"),
    path("mijn/gegevens/", portal.own_data, name="own_data"),
    path("mijn/gegevens/nummers/", portal.own_numbers, name="own_numbers"),
    path("mijn/gegevens/aanpassen/<slug:category>/", corrections.correct, name="correct"),
    path("mijn/gegevens/klopt-niet/<slug:field>/", corrections.propose, name="propose"),
    path("mijn/gegevens/klopt-niet/<uuid:pk>/<slug:field>/", corrections.propose_programme, name="propose_programme"),
    path("mijn/inzage/", portal.who_looked, name="who_looked"),
    path("mijn/taal/", portal.language, name="language"),
    path("correcties/", corrections.corrections, name="corrections"),
    path("correcties/<uuid:pk>/", corrections.correction_decide, name="correction_decide"),
]
