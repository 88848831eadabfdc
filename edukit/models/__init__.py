"""The tables: columns, constraints and relationships only, one module a domain."""

from edukit.db.base import Base
from edukit.models.audit import AuditEvent, AuditEventDetails
from edukit.models.classroom import Assignment, Class, ClassTeacher, Enrolment, Feedback, FeedbackContent, Submission
from edukit.models.curriculum import Concept, Question, QuestionConcept, Topic, TopicPrerequisite
from edukit.models.documents import Chat, ChatEmbedding, ChatMessage, Document, DocumentEmbedding
from edukit.models.gamification import Badge, GamificationEvent, StudentBadge, StudentPoints
from edukit.models.grievances import Grievance, GrievanceEvent, GrievanceEventDetails, GrievanceRoutingRule
from edukit.models.mastery import ConceptTracing, MasteryState, StoredMasteryModel
from edukit.models.people import Account, Guardianship, Institution, Mentorship, Profile, Student, Subscription, User
from edukit.models.practice import (
    ConceptMastery,
    DailyActivity,
    MasteryHistory,
    QuestionAttempt,
    StudyPlan,
    StudyPlanItem,
    TopicProgress,
)
from edukit.models.risk import Intervention, RiskModel, RiskPrediction, RiskResponse
from edukit.models.study import ProgressRecord, StudyItem
from edukit.models.sync import OutboxEntry, SyncOperation

__all__ = [
    "Account",
    "Assignment",
    "AuditEvent",
    "AuditEventDetails",
    "Badge",
    "Base",
    "Chat",
    "ChatEmbedding",
    "ChatMessage",
    "Class",
    "ClassTeacher",
    "Concept",
    "ConceptMastery",
    "ConceptTracing",
    "DailyActivity",
    "Document",
    "DocumentEmbedding",
    "Enrolment",
    "Feedback",
    "FeedbackContent",
    "GamificationEvent",
    "Grievance",
    "GrievanceEvent",
    "GrievanceEventDetails",
    "GrievanceRoutingRule",
    "Guardianship",
    "Institution",
    "Intervention",
    "MasteryHistory",
    "MasteryState",
    "Mentorship",
    "OutboxEntry",
    "Profile",
    "ProgressRecord",
    "Question",
    "QuestionAttempt",
    "QuestionConcept",
    "RiskModel",
    "RiskPrediction",
    "RiskResponse",
    "StoredMasteryModel",
    "Student",
    "StudentBadge",
    "StudentPoints",
    "StudyItem",
    "StudyPlan",
    "StudyPlanItem",
    "Submission",
    "Subscription",
    "SyncOperation",
    "Topic",
    "TopicPrerequisite",
    "TopicProgress",
    "User",
]
