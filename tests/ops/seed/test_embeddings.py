"""The demo's vectors: what they tell, that similar texts are found by them, and that the demo does without them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest
from sqlalchemy import select

from edukit.db.roles import url_of
from edukit.db.session import session_for
from edukit.models import Document, DocumentEmbedding
from edukit.ops.seed import seed_demo
from edukit.ops.seed.documents.embeddings import embed

if TYPE_CHECKING:
    from conftest import Database
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)


def test_a_server_without_vectors_gets_the_rest(database: Database) -> None:
    """Where the tables of vectors are not there, the demo is made without them."""
    with psycopg.connect(url_of("edukit_owner", database.admin_url), autocommit=True) as owner:
        owner.execute("DROP TABLE document_embeddings, chat_embeddings")
    with session_for(database.app) as session:
        report = seed_demo(session, students=4, as_of=AS_OF)
    assert report.rows["documents"] > 0
    assert not {"document_embeddings", "chat_embeddings"} & set(report.rows)


def test_similar_documents_are_found(session: Session) -> None:
    """The nearest of the stored vectors to a question on a concept is of a document on it."""
    seed_demo(session, students=30, as_of=AS_OF)
    name = session.scalar(select(Document.title).where(Document.kind == "lesson_plan").limit(1))
    assert name is not None
    asked = embed(name.partition(": ")[2])
    nearest = select(Document.title).join(
        DocumentEmbedding,
        (DocumentEmbedding.institution_id == Document.institution_id) & (DocumentEmbedding.document_id == Document.id),
    )
    found = session.scalars(nearest.order_by(DocumentEmbedding.embedding.cosine_distance(asked)).limit(1)).one()
    assert name.partition(": ")[2] in str(found)


def test_vectors_tell_what_a_text_is_about() -> None:
    """A text's vector has length 1 and is always the same; a text on the same topic is nearer than another."""
    asked = embed("How do I add fractions with different denominators?")
    near = embed("Adding fractions: bring both fractions to a common denominator, then add them.")
    far = embed("A semicolon joins two main clauses without a conjunction.")
    assert asked.shape == (1536,)
    assert np.linalg.norm(asked) == pytest.approx(1, abs=1e-6)
    assert (asked == embed("how do I ADD fractions, with different denominators")).all()
    assert asked @ near > asked @ far + 0.1
    assert not embed("").any()
