"""Declarations of progress and exams: every column, personal or not."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import EXAMS, LEARNING
from kvs.terms import Reason

MODELS = (
    Model(
        "exams.LevelMeasurement",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("skill", LEARNING),
            Field("level", LEARNING),
            Field("measured_on", LEARNING),
            Field("kind", LEARNING),
            NotPersonal("assessor", Reason.LINK),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("programme__student",),
        actors=("assessor",),
    ),
    Model(
        "exams.ExamAttempt",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("part", EXAMS),
            Field("level", EXAMS),
            Field("taken_on", EXAMS),
            Field("registered_on", EXAMS),
            Field("result", EXAMS),
            Field("result_on", EXAMS),
            Field("reason", EXAMS),
            Field("told_by", EXAMS),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("programme__student",),
    ),
)
