"""The study assistant: where its models and fields live now."""

from __future__ import annotations

from edukit.importers.sources.place import DERIVED, Places, at, keyed, stamped, stamps

PLACES: Places = {
    "User": {
        "id": keyed("users"),
        "email": at("accounts.email", note="unique across institutions, whatever its case"),
        "password_hash": at("accounts.password_hash", note="an Argon2id hash"),
        "role": at("users.role"),
        **stamps("users"),
    },
    "Profile": {
        "id": at("profiles.user_id", note="the user's: one profile a user"),
        "user": at("profiles.user_id"),
        "first_name": at("profiles.first_name"),
        "last_name": at("profiles.last_name"),
        "preferences": at("profiles.preferences"),
        **stamps("profiles"),
    },
    "Subscription": {
        "id": keyed("subscriptions"),
        "user": at("subscriptions.user_id"),
        **stamps("subscriptions"),
    },
    "AIChat": {
        "id": keyed("chats"),
        "user": at("chats.user_id"),
        "title": at("chats.title"),
        "messages": at(
            "chat_messages.role",
            "chat_messages.content",
            "chat_messages.sent_at",
            note="one row a message; one without a time of its own follows the chat's, in order",
        ),
        "context_vector": at("chat_embeddings.embedding", note="1536 numbers; where the server has pgvector"),
        **stamps("chats"),
    },
    "Document": {
        "id": keyed("documents"),
        "user": at("documents.user_id"),
        "type": at("documents.kind"),
        "content": at("documents.content"),
        "embedding": at("document_embeddings.embedding", note="1536 numbers; where the server has pgvector"),
        "metadata": at("documents.details"),
        **stamps("documents"),
    },
    "StudyData": {
        "id": keyed("study_items"),
        "user": at("study_items.user_id"),
        "type": at("study_items.kind", note="one that edukit does not know is other, its name in the content"),
        "content": at("study_items.content"),
        "progress": at("study_items.progress", note="0-1"),
        "last_reviewed": at("study_items.last_reviewed_at"),
        "next_review": at("study_items.next_review_at"),
        **stamps("study_items"),
    },
    "Progress": {
        "id": at("progress_records.id", note=DERIVED),
        "user": at("progress_records.user_id"),
        "category": at("progress_records.category"),
        "score": at("progress_records.score"),
        "timestamp": at("progress_records.recorded_at"),
        "metadata": at("progress_records.details"),
        **stamped("progress_records.recorded_at"),
    },
}
