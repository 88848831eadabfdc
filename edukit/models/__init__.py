"""The tables: columns, constraints and relationships only, one module a domain."""

from edukit.db.base import Base
from edukit.models.classroom import Class, ClassTeacher, Enrolment
from edukit.models.curriculum import Concept, Question, QuestionConcept, Topic
from edukit.models.people import Account, Institution, Student, User
from edukit.models.practice import ConceptMastery, QuestionAttempt

__all__ = [
    "Account",
    "Base",
    "Class",
    "ClassTeacher",
    "Concept",
    "ConceptMastery",
    "Enrolment",
    "Institution",
    "Question",
    "QuestionAttempt",
    "QuestionConcept",
    "Student",
    "Topic",
    "User",
]
