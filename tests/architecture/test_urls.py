"""Who gets what at every address. The expected codes are written by hand, never recorded from a run.

A new address without a row here fails. A row says per role what GET answers: 200 the page, 302 to sign-in or on, 403 wrong
role, 404 not visible, 405 not for GET.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kvs.models import Location, Organisation, Role, User
from students.actions import assign_teacher, open_account
from students.models import Group, Student
from tests.factories import LONG_AGO, make_everything, staff
from tests.people import Browser, signed_in

PUBLIC = {
    "account_login",
    "account_inactive",
    "account_logout",
    "attendance:tablet",
    "attendance:tablet_close",
    "first_run",
    "healthz",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "new_password",
    "one_time_link",
    "password_forgotten",
    "password_sent",
    "readyz",
    "sign_in_language",
    "student_card",
    "student_code",
    "student_login",
    "student_new_pin",
    "student_not_me",
    "reporting:data_and_why",
    "privacy:policy",
    "privacy:policy_version",
    "privacy:policy_file",
    "privacy:your_rights",
}
STAFF_ROLES = [role for role in Role if role != Role.STUDENT]
ANYONE = dict.fromkeys(Role, 200)
OFFICE = (Role.ADMINISTRATION, Role.COORDINATOR, Role.FINANCE, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
ADMINISTRATION = (Role.ADMINISTRATION,)
MANAGERS = (Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT)
READ_FOLLOW_UPS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
PLANNERS = (Role.ADMINISTRATION, Role.COORDINATOR)


def only(*roles: Role) -> dict[Role, int]:
    """200 for these roles, 403 for all others."""
    return {role: 200 if role in roles else 403 for role in Role}


# address name -> (what an anonymous visitor gets, what each role gets)
PAGES: dict[str, tuple[int, dict[Role, int]]] = {
    "home": (302, dict.fromkeys(Role, 302) | {Role.SYSTEM_ADMINISTRATOR: 200}),
    "sign_in_language": (405, dict.fromkeys(Role, 405)),
    "student_card": (200, ANYONE),
    "student_code": (200, dict.fromkeys(Role, 302)),
    "student_login": (200, dict.fromkeys(Role, 302)),
    "student_new_pin": (302, dict.fromkeys(Role, 302)),
    "student_not_me": (405, dict.fromkeys(Role, 405)),
    "devices": (302, ANYONE),
    "school": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT)),
    "attendance:calendar": (302, only(*(role for role in STAFF_ROLES if role != Role.SYSTEM_ADMINISTRATOR))),
    "attendance:calendar_day": (302, only(*(role for role in STAFF_ROLES if role != Role.SYSTEM_ADMINISTRATOR))),
    "attendance:calendar_file": (302, only(*(role for role in STAFF_ROLES if role != Role.SYSTEM_ADMINISTRATOR))),
    "attendance:dashboard": (302, only(Role.COORDINATOR, Role.MANAGEMENT)),
    "attendance:teacher_hours": (302, only(Role.TEACHER, Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.FINANCE)),
    "attendance:teacher_hours_file": (
        302,
        only(Role.TEACHER, Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.FINANCE),
    ),
    "students:occupancy": (302, only(Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.FINANCE)),
    "attendance:inspection": (302, only(Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.AUDITOR)),
    "attendance:absences": (302, only(*PLANNERS)),
    "attendance:absence_unknown": (302, only(*ADMINISTRATION)),
    "attendance:absence_settings": (302, only(*ADMINISTRATION)),
    "attendance:agreement_add": (302, only(*ADMINISTRATION)),
    "attendance:closures": (302, only(*PLANNERS)),
    "attendance:closure_add": (302, only(*PLANNERS)),
    "attendance:holidays_read": (302, only(*PLANNERS)),
    "attendance:holidays_take": (302, dict.fromkeys(Role, 405)),
    "attendance:follow_ups": (302, only(*READ_FOLLOW_UPS)),
    "attendance:signals_find": (302, dict.fromkeys(Role, 405)),
    "attendance:signal_rules": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT)),
    "attendance:signal_rule_add": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT)),
    "attendance:missing": (302, only(Role.TEACHER, *PLANNERS)),
    "attendance:reminder_settings": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT)),
    "statements": (302, only(*STAFF_ROLES)),
    "statement_texts": (302, only(Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "attendance:today": (302, only(Role.TEACHER)),
    "attendance:tablet": (302, dict.fromkeys(Role, 302)),
    "attendance:tablet_close": (405, dict.fromkeys(Role, 405)),
    "attendance:nights": (302, only(Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "attendance:scans": (302, only(Role.TEACHER, Role.ADMINISTRATION)),
    "attendance:evidence_settings": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT)),
    "attendance:proven_only_add": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT)),
    "attendance:without_evidence": (302, only(Role.ADMINISTRATION, Role.COORDINATOR, Role.TEACHER)),
    "students:corrections": (302, only(*ADMINISTRATION)),
    "privacy:restrictions": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:consent_list": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:incident_report": (302, only(*STAFF_ROLES)),
    "privacy:reviews": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "privacy:incidents": (302, only(Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:exports": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:export_other": (
        302,
        dict.fromkeys(Role, 403) | {Role.PRIVACY_OFFICER: 404},
    ),  # at one location: not the whole school
    "privacy:own_exports": (302, ANYONE),
    "privacy:requests": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:request_add": (
        302,
        only(Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER, Role.TEACHER),
    ),
    "privacy:complaints": (302, only(Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:complaint_add": (
        302,
        only(Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER, Role.TEACHER),
    ),
    "privacy:own_complaints": (302, ANYONE),
    "privacy:own_complain": (302, ANYONE),
    "privacy:terms": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:representations": (302, only(Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:representation_add": (302, only(Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:papers": (302, only(Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:paper_add": (302, only(Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:own_requests": (302, ANYONE),
    "privacy:own_ask": (302, ANYONE),
    "privacy:overview": (302, only(Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:erasures": (302, only(Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:exemptions": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:invoices": (302, only(Role.FINANCE)),
    "privacy:retention": (302, only(Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:statements": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "privacy:your_rights": (200, ANYONE),
    "reporting:list": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "reporting:numbers": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "reporting:data_and_why": (200, ANYONE),
    "reporting:annex_blank": (302, only(Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER)),
    "privacy:policy": (200, ANYONE),
    "privacy:policies": (302, only(Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "privacy:policy_add": (302, only(Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:register": (302, only(Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "privacy:register_publish": (302, only(Role.PRIVACY_OFFICER)),
    "privacy:register_difference": (302, only(Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "students:hand_outs": (302, only(*ADMINISTRATION)),
    "account_login": (200, dict.fromkeys(Role, 302)),
    "account_inactive": (200, ANYONE),
    "account_logout": (302, ANYONE),
    "one_time_link": (200, ANYONE),
    "new_password": (302, dict.fromkeys(Role, 302)),
    "password_forgotten": (200, dict.fromkeys(Role, 302)),
    "password_sent": (200, ANYONE),
    "first_run": (302, dict.fromkeys(Role, 302)),
    "mfa_authenticate": (302, dict.fromkeys(Role, 302)),
    "mfa_index": (302, ANYONE),
    "mfa_login_webauthn": (302, dict.fromkeys(Role, 302)),
    "pin_again": (302, only(Role.STUDENT)),
    "account_change_password": (302, ANYONE),
    "mfa_activate_totp": (302, dict.fromkeys(Role, 302)),  # first the proof of the last five minutes
    "mfa_add_webauthn": (302, dict.fromkeys(Role, 302)),
    "mfa_view_recovery_codes": (302, dict.fromkeys(Role, 302)),
    "mfa_generate_recovery_codes": (302, dict.fromkeys(Role, 405)),
    "account_reauthenticate": (302, ANYONE),
    "mfa_reauthenticate": (302, dict.fromkeys(Role, 302)),  # without a code or a passkey: to the password
    "mfa_reauthenticate_webauthn": (302, dict.fromkeys(Role, 302)),
    "accounts": (302, only(*MANAGERS)),
    "locations": (302, only(*MANAGERS)),
    "location_add": (302, only(*MANAGERS)),
    "role_times": (302, only(*MANAGERS)),
    "account_search": (302, dict.fromkeys(Role, 405)),
    "account_invite": (302, only(*MANAGERS)),
    "healthz": (200, ANYONE),
    "readyz": (200, ANYONE),
    "students:list": (302, only(*STAFF_ROLES)),
    "attendance:teachers": (302, only(Role.ADMINISTRATION, Role.COORDINATOR, *MANAGERS)),
    "students:search": (302, dict.fromkeys(Role, 405)),
    "students:add": (302, only(*ADMINISTRATION)),
    "students:imports": (302, only(*ADMINISTRATION)),
    "students:inform_tasks": (302, only(*ADMINISTRATION)),
    "students:groups": (302, only(*STAFF_ROLES)),
    "students:group_add": (302, only(*PLANNERS)),
    "students:clients": (302, only(*OFFICE)),
    "students:client_add": (302, only(*ADMINISTRATION)),
}

# address name -> (what it is about, roles that may open it when it is at their location). For an object at another
# location every role that passes gets 404; a role that does not pass gets 403 or 404, never the page.
OBJECTS: dict[str, tuple[str, tuple[Role, ...]]] = {
    "location_edit": ("location", MANAGERS),
    "students:detail": ("student", OFFICE),
    "students:edit": ("student", ADMINISTRATION),
    "students:programmes": ("student", OFFICE),
    "students:programme_add": ("student", ADMINISTRATION),
    "students:enrolment_add": ("student", PLANNERS),
    "students:programme_edit": ("programme", ADMINISTRATION),
    "students:exemption": ("programme", ADMINISTRATION),
    "students:hand_out_add": ("programme", ADMINISTRATION),
    "reporting:annex": ("programme", (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER)),
    "students:contract_add": ("programme", ADMINISTRATION),
    "students:contract_edit": ("contract", ADMINISTRATION),
    "students:enrolment_end": ("enrolment", PLANNERS),
    "students:group": ("group", OFFICE),
    "students:group_edit": ("group", PLANNERS),
    "students:assignment_add": ("group", PLANNERS),
    "students:access_add": ("group", PLANNERS),
    "students:card": ("student", PLANNERS),
    "students:group_cards": ("group", PLANNERS),
    "attendance:absence_add": ("student", ADMINISTRATION),
    "attendance:absence_end": ("absence", ADMINISTRATION),
    "attendance:absence_remove": ("absence", ADMINISTRATION),
    "attendance:register": ("lesson", OFFICE),
    "attendance:live": ("lesson", OFFICE),
    "attendance:initials_list": ("lesson", OFFICE),
    "attendance:week_list": ("group", OFFICE),
    "attendance:lesson_scan": ("lesson", ADMINISTRATION),
    "attendance:establish": ("lesson", (Role.COORDINATOR,)),
    "attendance:lesson_cancel": ("lesson", PLANNERS),
    "attendance:lesson_resume": ("lesson", PLANNERS),
    "attendance:call_list": ("lesson", PLANNERS),
    "attendance:lesson_add": ("group", PLANNERS),
    "attendance:programme_hours": ("programme", OFFICE),
    "attendance:outside_add": ("programme", PLANNERS),
    "attendance:outside_correct": ("outside", PLANNERS),
    "attendance:contract_hours": ("contract", ADMINISTRATION),
    "attendance:balance_add": ("contract", ADMINISTRATION),
    "attendance:balance_edit": ("balance", ADMINISTRATION),
    "attendance:follow_up": ("follow_up", READ_FOLLOW_UPS),
    "attendance:follow_up_step": ("follow_up", PLANNERS),
    "attendance:follow_up_close": ("follow_up", PLANNERS),
    "attendance:student_follow_ups": ("student", READ_FOLLOW_UPS),
    "attendance:absence_letter": ("absence_letter", READ_FOLLOW_UPS),
    "attendance:letter_preview": ("follow_up", PLANNERS),
    "reporting:report_absence": ("follow_up", PLANNERS),
    "reporting:report_absence_preview": ("follow_up", PLANNERS),
    "attendance:lesson_change": ("lesson", PLANNERS),
    "attendance:timetable": ("group", OFFICE),
    "attendance:slot_add": ("group", PLANNERS),
    "attendance:lessons_make": ("group", PLANNERS),
    "attendance:slot_change": ("slot", PLANNERS),
    "attendance:slot_end": ("slot", PLANNERS),
    "attendance:closure_remove": ("closure", PLANNERS),
    "exams:measure_group": ("group", PLANNERS),
    "exams:measure_programme": ("programme", PLANNERS),
    "exams:group_results": ("group", PLANNERS),
    "exams:attempt_add": ("programme", PLANNERS),
    "exams:attempt_edit": ("attempt", PLANNERS),
    "exams:attempt_remove": ("attempt", PLANNERS),
    "reporting:student_progress": (
        "student",
        (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER),
    ),
    "reporting:student_timeline": ("student", OFFICE),
    "reporting:student_disclosures": ("student", (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "reporting:record_given": ("student", (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "reporting:withdraw_given": ("given", (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "attendance:group_lessons": ("group", OFFICE),
    "attendance:group_grid": ("group", OFFICE),
    "privacy:request": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:request_identity": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:request_person": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:request_extend": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:request_decide": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:request_letter": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:request_executed": ("privacy_request", (Role.PRIVACY_OFFICER,)),
    "privacy:complaint": ("complaint", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:complaint_assign": ("complaint", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:complaint_confirm": ("complaint", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:complaint_extend": ("complaint", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:complaint_decide": ("complaint", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:complaint_letter": ("complaint", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:request_task": ("privacy_task", (Role.PRIVACY_OFFICER,)),
    "privacy:paper_destroyed": ("paper", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:representation_end": ("representation", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:consents": ("student", (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER)),
    "privacy:consent_scan": ("consent_scan", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:consent_scan_remove": ("consent_scan", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:student": ("student", (Role.PRIVACY_OFFICER,)),
    "privacy:student_invoices": ("student", (Role.FINANCE,)),
    "privacy:invoice_add": ("student", (Role.FINANCE,)),
    "privacy:restriction_add": ("student", (Role.PRIVACY_OFFICER,)),
    "privacy:restriction_lift": ("restriction", (Role.PRIVACY_OFFICER,)),
    "privacy:objection_decide": ("objection", (Role.PRIVACY_OFFICER,)),
    "privacy:export_student": ("student", (Role.PRIVACY_OFFICER,)),
    "privacy:erasure_student": ("student", (Role.PRIVACY_OFFICER,)),
    "privacy:hold_student": ("student", (Role.PRIVACY_OFFICER,)),
}
# Clients and accounts belong to no location: who may open one may open all.
SHARED: dict[str, tuple[str, tuple[Role, ...]]] = {
    "account": ("account", MANAGERS),
    "account_change": ("account", MANAGERS),
    "account_qualification": ("account", MANAGERS),
    "account_close": ("account", MANAGERS),
    "account_recover": ("account", MANAGERS),
    "role_give": ("account", MANAGERS),
    "attendance:agreement_end": ("agreement", (Role.ADMINISTRATION,)),
    "attendance:signal_rule": ("signal_rule", (Role.ADMINISTRATION, Role.MANAGEMENT)),
    "role_end": ("role", MANAGERS),
    "privacy:withheld_done": ("withheld", (Role.PRIVACY_OFFICER,)),
    "privacy:incident": ("incident", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:review": ("review", (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "privacy:incident_weigh": ("incident", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:incident_told": ("incident", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:incident_looked": ("incident", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:incident_given": ("incident", (Role.PRIVACY_OFFICER, Role.MANAGEMENT)),
    "privacy:policy_draft": ("policy_draft", (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)),
    "privacy:policy_change": ("policy_draft", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:announcement": ("announcement", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:announcement_progress": ("announcement", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "privacy:announcement_letters": ("announcement", (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)),
    "students:client": ("client", OFFICE),
    "students:client_edit": ("client", ADMINISTRATION),
    "students:case_manager_add": ("client", ADMINISTRATION),
    "students:case_manager_edit": ("case_manager", ADMINISTRATION),
}
# Pages of the own file: the student 200, staff 403, another student the own file or 404.
OWN: dict[str, dict[str, str]] = {
    "attendance:portal": {},
    "attendance:confirm": {},
    "attendance:own_hours": {},
    "attendance:own_absence": {},
    "attendance:own_sick": {},
    "attendance:own_leave": {},
    "attendance:own_calendar_file": {},
    "attendance:own_letters": {},
    "students:own_data": {},
    "students:own_numbers": {},
    "students:who_looked": {},
    "students:language": {},
    "students:correct": {"category": "contact"},
    "students:propose": {"field": "surname"},
    "students:propose_programme": {"field": "term_ends_on", "pk": "programme"},
    "reporting:own_disclosures": {},
    "reporting:own_progress": {},
    "privacy:own_retention": {},
    "privacy:own_objections": {},
    "privacy:own_consents": {},
}
# Addresses that answer no GET, or need more than one row: strangers and roles are tried in the test named here.
ELSEWHERE = {
    "factor_remove": "test_a_stranger_removes_nothing",
    "attendance:board": "test_strangers_open_no_board",
    "attendance:tablet_open": "test_strangers_open_no_tablet",
    "attendance:ladder_step": "test_strangers_set_no_rules",
    "attendance:own_letter": "test_nobody_reads_a_letter_of_somebody_else",
    "role_times_edit": "test_strangers_set_no_times",
    "statement_text": "test_strangers_make_no_version",
    "account_act": "test_strangers_change_nothing",
    "attendance:absence_decide": "test_only_who_handles_absence_there_answers",
    "attendance:own_reason": "test_a_student_says_why_and_nobody_else",
    "attendance:own_back": "test_nobody_ends_or_takes_back_the_report_of_somebody_else",
    "attendance:own_withdraw": "test_nobody_ends_or_takes_back_the_report_of_somebody_else",
    "students:correction_decide": "test_only_administration_of_that_location_answers",
    "students:inform_done": "test_only_visible_people_are_marked",
    "students:import": "test_strangers_see_no_import",
    "students:import_progress": "test_strangers_see_no_import",
    "students:import_workbook": "test_strangers_see_no_import",
    "students:import_take_back": "test_strangers_see_no_import",
    "students:import_other": "test_strangers_change_no_import",
    "students:import_layout": "test_strangers_change_no_import",
    "students:import_decide": "test_strangers_change_no_import",
    "students:import_start": "test_strangers_change_no_import",
    "students:import_stop": "test_strangers_change_no_import",
    "students:import_discard": "test_strangers_change_no_import",
    "attendance:evidence": "test_two_roles_look_and_whoever_sent_it_up_does_not",
    "attendance:evidence_file": "test_two_roles_look_and_whoever_sent_it_up_does_not",
    "attendance:evidence_remove": "test_two_roles_look_and_whoever_sent_it_up_does_not",
    "attendance:night": "test_who_reads_the_digests",
    "attendance:scans_match": "test_a_code_of_somebody_elses_lesson_is_unknown",
    "attendance:scan_file": "test_who_may_what",
    "attendance:scan_remove": "test_who_may_what",
    "attendance:initials": "test_who_may_what",
    "reporting:ask": "test_the_register_is_not_for_administration",
    "reporting:layout": "test_who_may_see_and_change_a_layout",
    "reporting:layout_change": "test_who_may_see_and_change_a_layout",
    "reporting:run": "test_who_may_open_a_report",
    "reporting:progress": "test_who_may_open_a_report",
    "reporting:file": "test_who_may_open_a_report",
    "reporting:hand_over": "test_who_may_open_a_report",
    "privacy:review_sign": "test_strangers_review_nothing",
    "privacy:incident_close": "test_only_who_handles_breaches_closes_one",
    "privacy:export": "test_a_stranger_gets_nothing",
    "privacy:export_progress": "test_a_stranger_gets_nothing",
    "privacy:export_file": "test_a_stranger_gets_nothing",
    "privacy:export_hand_over": "test_a_stranger_gets_nothing",
    "privacy:own_export_progress": "test_a_stranger_gets_nothing",
    "privacy:own_export_file": "test_a_stranger_gets_nothing",
    "privacy:letter_file": "test_strangers_read_no_request",
    "privacy:complaint_file": "test_strangers_and_the_accused_see_no_complaint",
    "privacy:complaint_close": "test_strangers_and_the_accused_change_no_complaint",
    "privacy:own_complaint": "test_nobody_sees_the_complaint_of_somebody_else",
    "privacy:own_complaint_letter": "test_nobody_sees_the_complaint_of_somebody_else",
    "privacy:request_start": "test_strangers_change_no_request",
    "attendance:came": "test_strangers_change_no_signed_register",
    "attendance:correct": "test_strangers_change_no_signed_register",
    "attendance:keep_away": "test_strangers_change_no_signed_register",
    "attendance:proven_only_remove": "test_who_decides_what_counts",
    "privacy:request_close": "test_strangers_change_no_request",
    "privacy:request_withdraw": "test_strangers_change_no_request",
    "privacy:own_ask_kind": "test_everybody_asks_for_the_own_data",
    "privacy:own_request": "test_nobody_sees_the_request_of_somebody_else",
    "privacy:own_withdraw": "test_nobody_sees_the_request_of_somebody_else",
    "privacy:own_letter": "test_nobody_sees_the_request_of_somebody_else",
    "privacy:objection_add": "test_only_the_privacy_officer_of_that_location_stops_a_purpose",
    "reporting:stop": "test_only_the_asker_stops_it",
    "privacy:erasure_account": "test_only_the_officer_of_the_whole_school_erases_colleagues",
    "privacy:erasure_contact": "test_only_the_officer_of_the_whole_school_erases_colleagues",
    "privacy:erasure": "test_strangers_see_no_erasure",
    "privacy:erasure_progress": "test_strangers_see_no_erasure",
    "privacy:erasure_approve": "test_strangers_see_no_erasure",
    "privacy:erasure_certificate": "test_strangers_see_no_erasure",
    "privacy:erasure_renew": "test_strangers_change_no_erasure",
    "privacy:erasure_cancel": "test_strangers_change_no_erasure",
    "privacy:hold_release": "test_strangers_lift_no_hold",
    "privacy:consent_record": "test_strangers_record_no_consent",
    "privacy:consent_scan_add": "test_two_roles_look_at_a_scan_and_strangers_do_nothing_with_it",
    "privacy:consent_text": "test_only_the_officer_writes_what_is_asked",
    "privacy:statements_chapter": "test_strangers_say_nothing_about_the_policy",
    "privacy:period": "test_strangers_change_no_period",
    "privacy:policy_version": "test_a_draft_is_nowhere_to_be_read",
    "privacy:policy_file": "test_a_draft_is_nowhere_to_be_read",
    "privacy:policy_publish": "test_strangers_publish_nothing",
    "privacy:announcement_lettered": "test_strangers_publish_nothing",
    "privacy:own_notice": "test_nobody_reads_for_somebody_else",
    "privacy:register_version": "test_strangers_see_no_register",
    "students:hand_out_remove": "test_strangers_record_and_remove_nothing",
    "privacy:invoice_remove": "test_strangers_find_record_and_remove_nothing",
}


def patterns(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the project with its full name."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, f"{entry.namespace}:" if entry.namespace else namespace)
        else:
            yield f"{namespace}{entry.name}", entry


def named_addresses() -> list[str]:
    """The names of all addresses."""
    return [name for name, _pattern in patterns()]


def test_every_address_has_a_row() -> None:
    known = [*PAGES, *OBJECTS, *SHARED, *OWN, *ELSEWHERE]

    assert sorted(named_addresses()) == sorted(known)


def test_only_the_counted_addresses_are_open_without_sign_in() -> None:
    open_to_all = {name for name, pattern in patterns() if not getattr(pattern.callback, "login_required", True)}

    assert open_to_all == PUBLIC


@pytest.fixture
def everyone(north: Location, school: Organisation) -> dict[Role, User]:
    """One account per role, at North."""
    return {role: staff(role, north, email=f"{role}@voorbeeld.test") for role in Role}


@pytest.mark.parametrize("name", PAGES)
def test_anonymous_visitor(name: str, school: Organisation) -> None:
    response = Browser().get(reverse(name))

    assert response.status_code == PAGES[name][0]


@pytest.mark.parametrize("name", PAGES)
def test_every_role(name: str, everyone: dict[Role, User]) -> None:
    found = {role: signed_in(user).get(reverse(name)).status_code for role, user in everyone.items()}

    assert found == PAGES[name][1]


@pytest.fixture
def at_north(north: Location, ineke: User) -> dict[str, str]:
    """Primary keys of one of everything at North."""
    return make_everything(north, ineke)


@pytest.fixture
def at_south(south: Location, ineke: User) -> dict[str, str]:
    """Primary keys of one of everything at South."""
    return make_everything(south, ineke)


@pytest.mark.parametrize("name", [*OBJECTS, *SHARED])
def test_object_at_the_own_location(name: str, everyone: dict[Role, User], at_north: dict[str, str]) -> None:
    kind, allowed = {**OBJECTS, **SHARED}[name]

    answers = {role: signed_in(user).get(reverse(name, args=[at_north[kind]])).status_code for role, user in everyone.items()}

    assert {role for role, code in answers.items() if code == 200} == set(allowed)
    assert {code for role, code in answers.items() if role not in allowed} <= {403, 404}


@pytest.mark.parametrize("name", OBJECTS)
def test_object_at_another_location(name: str, everyone: dict[Role, User], at_south: dict[str, str]) -> None:
    kind, allowed = OBJECTS[name]

    answers = {role: signed_in(user).get(reverse(name, args=[at_south[kind]])).status_code for role, user in everyone.items()}

    assert {answers[role] for role in allowed} == {404}
    assert set(answers.values()) <= {403, 404}


@pytest.mark.parametrize("name", [*OBJECTS, *SHARED])
def test_object_without_sign_in(name: str, at_north: dict[str, str]) -> None:
    address = reverse(name, args=[at_north[{**OBJECTS, **SHARED}[name][0]]])

    assert Browser().get(address)["Location"] == f"{reverse('account_login')}?next={address}"


def test_teacher_opens_the_own_group_and_its_students_only(anna: User, north: Location, south: Location, ineke: User) -> None:
    taught, other = make_everything(north, ineke), make_everything(north, ineke)
    assign_teacher(teacher=anna, group=Group.objects.get(pk=taught["group"]), starts_on=LONG_AGO, by=ineke)
    client = signed_in(anna)

    found = {
        (name, whose): client.get(reverse(name, args=[keys[kind]])).status_code
        for name, kind in (("students:detail", "student"), ("students:group", "group"))
        for whose, keys in (("taught", taught), ("other", other))
    }

    assert found == {
        ("students:detail", "taught"): 200,
        ("students:group", "taught"): 200,
        ("students:detail", "other"): 404,
        ("students:group", "other"): 404,
    }


@pytest.mark.parametrize("name", OWN)
def test_own_pages(name: str, everyone: dict[Role, User], at_north: dict[str, str], ineke: User) -> None:
    student = Student.objects.get(pk=at_north["student"])
    owner = open_account(student=student, by=ineke)
    kwargs = {key: at_north.get(value, value) for key, value in OWN[name].items()}
    address = reverse(name, kwargs=kwargs)

    answers = {role: signed_in(user).get(address).status_code for role, user in everyone.items()}

    assert Browser().get(address).status_code == 302
    assert signed_in(owner).get(address).status_code == 200
    assert answers.pop(Role.STUDENT) in (200, 404)  # somebody without a file, or a page that needs none
    assert set(answers.values()) == {403}


def test_the_tests_named_above_exist() -> None:
    code = "".join(path.read_text() for path in Path(__file__).parent.parent.rglob("test_*.py"))

    assert [test for test in set(ELSEWHERE.values()) if f"def {test}(" not in code] == []
