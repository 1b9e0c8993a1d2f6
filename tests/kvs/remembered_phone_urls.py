"""The school's addresses and one page a remembered phone may open, for tests/kvs/test_remembered_phone.py."""

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from kvs.access import KvsRequest, confirm_allowed
from kvs.urls import urlpatterns as of_the_school


@confirm_allowed
@require_http_methods(["GET", "POST"])
def i_was_here(request: KvsRequest) -> HttpResponse:
    return HttpResponse(f"{request.user.student_number} {request.method}")


urlpatterns = [*of_the_school, path("ik-was-erbij/", i_was_here, name="i_was_here")]
