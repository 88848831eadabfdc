"""What belongs to the demo's people: who stands by them, how they are reached, and what they write and learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.models import (
    Account,
    Chat,
    ChatEmbedding,
    ChatMessage,
    Document,
    DocumentEmbedding,
    Guardianship,
    Mentorship,
    Profile,
    ProgressRecord,
    StudyItem,
    StudyPlan,
    StudyPlanItem,
    Subscription,
    SyncOperation,
    User,
)
from edukit.ops.seed.curriculum.lessons import practised, with_concepts
from edukit.ops.seed.documents.chats import chats
from edukit.ops.seed.documents.embeddings import embedding_rows
from edukit.ops.seed.documents.texts import essays, teachers_documents
from edukit.ops.seed.people.guardians import circle_of
from edukit.ops.seed.people.profiles import profiles, subscriptions
from edukit.ops.seed.study.items import study_items
from edukit.ops.seed.study.plans import study_plans
from edukit.ops.seed.study.progress_records import progress_records
from edukit.ops.seed.sync import sync_operations

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from edukit.models import Base
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene

    Rows = tuple[type[Base], pd.DataFrame]


def of_school(scene: Scene) -> Iterator[Rows]:
    """Guardians and mentors, all profiles, subscriptions and the teachers' documents, in the order of writing."""
    school, circle = scene.school, circle_of(scene)
    yield Account, circle.accounts
    yield User, circle.users
    yield Guardianship, circle.guardianships
    yield Mentorship, circle.mentorships
    yield Profile, profiles(scene, school.users, school.people, part=12)
    yield Profile, profiles(scene, circle.users, circle.people, part=13)
    yield Subscription, subscriptions(scene)
    yield from _documents(teachers_documents(scene))


def of_block(scene: Scene, block: Block, number: int) -> Iterator[Rows]:
    """Plans, study items, records of progress, essays, chats and what was done offline, in the order of writing."""
    attempts = with_concepts(block, scene.school.curriculum)
    known = practised(attempts)
    plans, sittings = study_plans(scene, known, number)
    yield StudyPlan, plans
    yield StudyPlanItem, sittings
    yield StudyItem, study_items(scene, block, known, number)
    yield ProgressRecord, progress_records(scene, block, attempts, number)
    yield from _documents(essays(scene, block, known, number))
    talks, messages, texts = chats(scene, block, attempts, number)
    yield Chat, talks
    yield ChatMessage, messages
    yield ChatEmbedding, embedding_rows(talks, "chat_id", texts)
    yield SyncOperation, sync_operations(scene, block, number)


def _documents(rows: pd.DataFrame) -> Iterator[Rows]:
    yield Document, rows
    texts = [f"{title}\n{content}" for title, content in zip(rows["title"], rows["content"], strict=True)]
    yield DocumentEmbedding, embedding_rows(rows, "document_id", texts)
