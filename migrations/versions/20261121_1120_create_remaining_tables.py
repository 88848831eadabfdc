"""Create the remaining tables: what the four source systems keep beyond the first.

They point at each other here; what points at the first tables, which others use meanwhile, comes in a revision of
its own.
"""

from alembic import op

revision = "20261121_1120"
down_revision = "20261121_1110"

TABLES = """
CREATE TABLE badges (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    icon_url TEXT,
    criteria JSONB DEFAULT '{}' NOT NULL,
    rarity TEXT NOT NULL,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT badges_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT badges_criteria_check CHECK (jsonb_typeof(criteria) = 'object'),
    CONSTRAINT badges_institution_id_name_key UNIQUE (institution_id, name),
    CONSTRAINT badges_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT badges_rarity_check CHECK (rarity IN ('common', 'rare', 'epic', 'legendary'))
);
COMMENT ON TABLE badges IS 'what students can earn, and by what';
COMMENT ON COLUMN badges.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN badges.id IS 'id of the badge';
COMMENT ON COLUMN badges.name IS 'name, unique in the institution';
COMMENT ON COLUMN badges.description IS 'what it is given for, in words';
COMMENT ON COLUMN badges.icon_url IS 'address of its picture; null: none';
COMMENT ON COLUMN badges.criteria IS 'what earns it, as a figure and its least value, such as {"current_streak": 7}';
COMMENT ON COLUMN badges.rarity IS 'common, rare, epic or legendary';
COMMENT ON COLUMN badges.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN badges.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN badges.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE audit_events (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    user_id BIGINT,
    action TEXT NOT NULL,
    resource TEXT,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT audit_events_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT audit_events_moments_check CHECK (isfinite(occurred_at) AND isfinite(created_at))
);
CREATE INDEX audit_events_occurred_at_idx ON audit_events (institution_id, occurred_at);
CREATE INDEX audit_events_user_id_idx ON audit_events (institution_id, user_id, occurred_at);
COMMENT ON TABLE audit_events IS 'who did what to what, and when; append-only, its particulars in audit_event_details';
COMMENT ON COLUMN audit_events.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN audit_events.id IS 'made where it happened';
COMMENT ON COLUMN audit_events.user_id IS 'user who did it; null: edukit itself';
COMMENT ON COLUMN audit_events.action IS 'what was done, such as sign_in, export or erase';
COMMENT ON COLUMN audit_events.resource IS 'to what, as table/id; null: to nothing in particular';
COMMENT ON COLUMN audit_events.occurred_at IS 'when (UTC)';
COMMENT ON COLUMN audit_events.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE documents (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT,
    content TEXT NOT NULL,
    details JSONB DEFAULT '{}' NOT NULL,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT documents_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT documents_details_check CHECK (jsonb_typeof(details) = 'object'),
    CONSTRAINT documents_institution_id_source_key_key UNIQUE (institution_id, source_key)
);
CREATE INDEX documents_user_id_idx ON documents (institution_id, user_id);
COMMENT ON TABLE documents IS 'texts that people keep; their vectors are in document_embeddings where the server has them';
COMMENT ON COLUMN documents.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN documents.id IS 'id of the document';
COMMENT ON COLUMN documents.user_id IS 'whose document';
COMMENT ON COLUMN documents.kind IS 'what it is, such as lesson_plan, essay or web_page';
COMMENT ON COLUMN documents.title IS 'title as shown; null: none';
COMMENT ON COLUMN documents.content IS 'the text';
COMMENT ON COLUMN documents.details IS 'what else is known of it, by name';
COMMENT ON COLUMN documents.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN documents.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN documents.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE grievance_routing_rules (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    category TEXT NOT NULL,
    minimum_severity TEXT DEFAULT 'low' NOT NULL,
    authority_id BIGINT NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
    valid_until TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT grievance_routing_rules_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT grievance_routing_rules_category_check CHECK (category IN ('grade', 'feedback', 'fairness', 'other')),
    CONSTRAINT grievance_routing_rules_minimum_severity_check CHECK (minimum_severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT grievance_routing_rules_dates_check CHECK (valid_until > valid_from)
);
CREATE INDEX grievance_routing_rules_category_idx ON grievance_routing_rules (institution_id, category, valid_from);
CREATE UNIQUE INDEX grievance_routing_rules_current_key ON grievance_routing_rules (institution_id, category, minimum_severity) WHERE valid_until IS NULL;
COMMENT ON TABLE grievance_routing_rules IS 'who answers grievances of a category, from a severity on; a change ends a row and adds one';
COMMENT ON COLUMN grievance_routing_rules.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN grievance_routing_rules.id IS 'id of the rule';
COMMENT ON COLUMN grievance_routing_rules.category IS 'grade, feedback, fairness or other';
COMMENT ON COLUMN grievance_routing_rules.minimum_severity IS 'it holds from this severity on: low, medium, high or critical';
COMMENT ON COLUMN grievance_routing_rules.authority_id IS 'user who answers';
COMMENT ON COLUMN grievance_routing_rules.valid_from IS 'since when it holds (UTC)';
COMMENT ON COLUMN grievance_routing_rules.valid_until IS 'until when (UTC); null: it holds';
COMMENT ON COLUMN grievance_routing_rules.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE profiles (
    institution_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    phone TEXT,
    avatar_url TEXT,
    language TEXT,
    theme TEXT DEFAULT 'system' NOT NULL,
    preferences JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT profiles_pk PRIMARY KEY (institution_id, user_id),
    CONSTRAINT profiles_preferences_check CHECK (jsonb_typeof(preferences) = 'object'),
    CONSTRAINT profiles_theme_check CHECK (theme IN ('light', 'dark', 'system'))
);
COMMENT ON TABLE profiles IS 'how a user is reached and wants to see edukit; deleted when they leave';
COMMENT ON COLUMN profiles.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN profiles.user_id IS 'whose profile';
COMMENT ON COLUMN profiles.first_name IS 'given name; null: not told';
COMMENT ON COLUMN profiles.last_name IS 'family name; null: not told';
COMMENT ON COLUMN profiles.phone IS 'telephone number as given; null: not told';
COMMENT ON COLUMN profiles.avatar_url IS 'address of a picture; null: none';
COMMENT ON COLUMN profiles.language IS 'preferred language as BCP 47, such as de-CH; null: the browser''s';
COMMENT ON COLUMN profiles.theme IS 'light, dark or system';
COMMENT ON COLUMN profiles.preferences IS 'other wishes, by name';
COMMENT ON COLUMN profiles.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN profiles.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE progress_records (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    user_id BIGINT NOT NULL,
    category TEXT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    details JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT progress_records_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT progress_records_score_check CHECK (score > '-Infinity' AND score < 'Infinity'),
    CONSTRAINT progress_records_details_check CHECK (jsonb_typeof(details) = 'object')
);
CREATE INDEX progress_records_user_id_idx ON progress_records (institution_id, user_id, category, recorded_at);
COMMENT ON TABLE progress_records IS 'figures of progress as they were recorded at a moment, such as those that a source had computed';
COMMENT ON COLUMN progress_records.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN progress_records.id IS 'made where it was recorded';
COMMENT ON COLUMN progress_records.user_id IS 'whose progress';
COMMENT ON COLUMN progress_records.category IS 'what is measured, such as reading or chapter_mastery';
COMMENT ON COLUMN progress_records.score IS 'the figure, in the unit of its category';
COMMENT ON COLUMN progress_records.recorded_at IS 'as of when (UTC)';
COMMENT ON COLUMN progress_records.details IS 'what else the recorder told, by name';

CREATE TABLE risk_models (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    parameters JSONB DEFAULT '{}' NOT NULL,
    metrics JSONB DEFAULT '{}' NOT NULL,
    trained_from DATE,
    trained_until DATE,
    approved_by BIGINT,
    approved_at TIMESTAMP WITH TIME ZONE,
    retired_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT risk_models_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT risk_models_parameters_check CHECK (jsonb_typeof(parameters) = 'object'),
    CONSTRAINT risk_models_metrics_check CHECK (jsonb_typeof(metrics) = 'object'),
    CONSTRAINT risk_models_institution_id_name_version_key UNIQUE (institution_id, name, version),
    CONSTRAINT risk_models_kind_check CHECK (kind IN ('rule', 'logistic', 'gradient_boosting')),
    CONSTRAINT risk_models_version_check CHECK (version >= 1),
    CONSTRAINT risk_models_window_check CHECK (trained_until >= trained_from),
    CONSTRAINT risk_models_approval_check CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
COMMENT ON TABLE risk_models IS 'versions of the rules and models that predict risk, and how well each did';
COMMENT ON COLUMN risk_models.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN risk_models.id IS 'id of this version';
COMMENT ON COLUMN risk_models.name IS 'name of the rule or model';
COMMENT ON COLUMN risk_models.version IS 'version of it, from 1';
COMMENT ON COLUMN risk_models.kind IS 'rule, logistic or gradient_boosting';
COMMENT ON COLUMN risk_models.parameters IS 'weights and thresholds, by name';
COMMENT ON COLUMN risk_models.metrics IS 'how well it did in its backtest, by name';
COMMENT ON COLUMN risk_models.trained_from IS 'first day of the data it was trained on; null: none';
COMMENT ON COLUMN risk_models.trained_until IS 'last day of that data; null: none';
COMMENT ON COLUMN risk_models.approved_by IS 'user who let it be used; null: nobody yet';
COMMENT ON COLUMN risk_models.approved_at IS 'when (UTC); null: not yet';
COMMENT ON COLUMN risk_models.retired_at IS 'when it was taken out of use (UTC); null: in use';
COMMENT ON COLUMN risk_models.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN risk_models.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE study_items (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    topic_id BIGINT,
    kind TEXT NOT NULL,
    content JSONB NOT NULL,
    progress DOUBLE PRECISION DEFAULT '0' NOT NULL,
    last_reviewed_at TIMESTAMP WITH TIME ZONE,
    next_review_at TIMESTAMP WITH TIME ZONE,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT study_items_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT study_items_content_check CHECK (jsonb_typeof(content) = 'object'),
    CONSTRAINT study_items_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT study_items_kind_check CHECK (kind IN ('flashcard', 'note', 'quiz', 'summary', 'other')),
    CONSTRAINT study_items_progress_check CHECK (progress BETWEEN 0 AND 1)
);
CREATE INDEX study_items_topic_id_idx ON study_items (institution_id, topic_id);
CREATE INDEX study_items_user_id_idx ON study_items (institution_id, user_id, next_review_at);
COMMENT ON TABLE study_items IS 'flashcards, notes and quizzes of a user''s own, and when to look at them again';
COMMENT ON COLUMN study_items.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN study_items.id IS 'id of the item';
COMMENT ON COLUMN study_items.user_id IS 'whose item';
COMMENT ON COLUMN study_items.topic_id IS 'topic that it is about; null: none told';
COMMENT ON COLUMN study_items.kind IS 'flashcard, note, quiz, summary or other';
COMMENT ON COLUMN study_items.content IS 'what stands on it, by the kind: front and back, text, questions';
COMMENT ON COLUMN study_items.progress IS 'how far it is learned, 0-1';
COMMENT ON COLUMN study_items.last_reviewed_at IS 'latest review (UTC); null: never';
COMMENT ON COLUMN study_items.next_review_at IS 'when it is due again (UTC); null: not planned';
COMMENT ON COLUMN study_items.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN study_items.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN study_items.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE subscriptions (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT subscriptions_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT subscriptions_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT subscriptions_status_check CHECK (status IN ('trialing', 'active', 'past_due', 'cancelled')),
    CONSTRAINT subscriptions_dates_check CHECK (ends_at > starts_at)
);
CREATE INDEX subscriptions_user_id_idx ON subscriptions (institution_id, user_id);
COMMENT ON TABLE subscriptions IS 'what a user has subscribed to, and until when';
COMMENT ON COLUMN subscriptions.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN subscriptions.id IS 'id of the subscription';
COMMENT ON COLUMN subscriptions.user_id IS 'who subscribed';
COMMENT ON COLUMN subscriptions.plan IS 'name of the plan';
COMMENT ON COLUMN subscriptions.status IS 'trialing, active, past_due or cancelled';
COMMENT ON COLUMN subscriptions.starts_at IS 'first moment of it (UTC)';
COMMENT ON COLUMN subscriptions.ends_at IS 'moment when it ends (UTC); null: open';
COMMENT ON COLUMN subscriptions.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN subscriptions.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN subscriptions.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE sync_operations (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    user_id BIGINT NOT NULL,
    device TEXT NOT NULL,
    operation TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_id TEXT NOT NULL,
    payload JSONB,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    error TEXT,
    settled_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT sync_operations_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT sync_operations_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT sync_operations_operation_check CHECK (operation IN ('insert', 'update', 'delete')),
    CONSTRAINT sync_operations_status_check CHECK (status IN ('pending', 'applied', 'superseded', 'failed')),
    CONSTRAINT sync_operations_attempts_check CHECK (attempts >= 0),
    CONSTRAINT sync_operations_settled_at_check CHECK ((status = 'pending') = (settled_at IS NULL)),
    CONSTRAINT sync_operations_error_check CHECK ((status = 'failed') = (error IS NOT NULL)),
    CONSTRAINT sync_operations_operation_payload_check CHECK (operation = 'delete' OR payload IS NOT NULL)
);
CREATE INDEX sync_operations_pending_idx ON sync_operations (institution_id, changed_at) WHERE status = 'pending';
CREATE INDEX sync_operations_user_id_idx ON sync_operations (institution_id, user_id);
COMMENT ON TABLE sync_operations IS 'changes made offline: pending ones wait, of two to one row the latest wins';
COMMENT ON COLUMN sync_operations.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN sync_operations.id IS 'made on the device: a retry is the same row';
COMMENT ON COLUMN sync_operations.user_id IS 'user who made the change';
COMMENT ON COLUMN sync_operations.device IS 'device it was made on';
COMMENT ON COLUMN sync_operations.operation IS 'insert, update or delete';
COMMENT ON COLUMN sync_operations.table_name IS 'table that it changes';
COMMENT ON COLUMN sync_operations.row_id IS 'key of the row in that table, without the institution';
COMMENT ON COLUMN sync_operations.payload IS 'columns and their new values; null: the row is deleted';
COMMENT ON COLUMN sync_operations.changed_at IS 'when it was made, by the device''s clock (UTC)';
COMMENT ON COLUMN sync_operations.status IS 'pending, applied, superseded or failed';
COMMENT ON COLUMN sync_operations.attempts IS 'how often it was tried';
COMMENT ON COLUMN sync_operations.error IS 'why it failed; null: it did not';
COMMENT ON COLUMN sync_operations.settled_at IS 'when it was applied or given up (UTC); null: pending';
COMMENT ON COLUMN sync_operations.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE topic_prerequisites (
    institution_id BIGINT NOT NULL,
    topic_id BIGINT NOT NULL,
    prerequisite_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT topic_prerequisites_pk PRIMARY KEY (institution_id, topic_id, prerequisite_id),
    CONSTRAINT topic_prerequisites_prerequisite_check CHECK (prerequisite_id <> topic_id)
);
CREATE INDEX topic_prerequisites_prerequisite_id_idx ON topic_prerequisites (institution_id, prerequisite_id);
COMMENT ON TABLE topic_prerequisites IS 'which topic must be known before which other; the database refuses a circle';
COMMENT ON COLUMN topic_prerequisites.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN topic_prerequisites.topic_id IS 'topic that needs the other';
COMMENT ON COLUMN topic_prerequisites.prerequisite_id IS 'topic that must be known first';
COMMENT ON COLUMN topic_prerequisites.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE assignments (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    class_id BIGINT NOT NULL,
    topic_id BIGINT,
    title TEXT NOT NULL,
    description TEXT,
    assigned_at TIMESTAMP WITH TIME ZONE,
    due_at TIMESTAMP WITH TIME ZONE,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT assignments_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT assignments_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT assignments_dates_check CHECK (due_at >= assigned_at)
);
CREATE INDEX assignments_class_id_idx ON assignments (institution_id, class_id, due_at);
CREATE INDEX assignments_topic_id_idx ON assignments (institution_id, topic_id);
COMMENT ON TABLE assignments IS 'work that a class is set';
COMMENT ON COLUMN assignments.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN assignments.id IS 'id of the assignment';
COMMENT ON COLUMN assignments.class_id IS 'class that it is set';
COMMENT ON COLUMN assignments.topic_id IS 'topic that it is about; null: none told';
COMMENT ON COLUMN assignments.title IS 'title as shown';
COMMENT ON COLUMN assignments.description IS 'what is to be done';
COMMENT ON COLUMN assignments.assigned_at IS 'when it was set (UTC); null: not known';
COMMENT ON COLUMN assignments.due_at IS 'when it must be handed in (UTC); null: open';
COMMENT ON COLUMN assignments.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN assignments.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN assignments.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE audit_event_details (
    institution_id BIGINT NOT NULL,
    event_id UUID NOT NULL,
    details JSONB,
    erased_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT audit_event_details_pk PRIMARY KEY (institution_id, event_id),
    CONSTRAINT audit_event_details_moments_check CHECK (isfinite(erased_at)),
    CONSTRAINT audit_event_details_details_check CHECK (jsonb_typeof(details) = 'object'),
    CONSTRAINT audit_event_details_audit_events_fk FOREIGN KEY(institution_id, event_id) REFERENCES audit_events (institution_id, id),
    CONSTRAINT audit_event_details_erased_check CHECK ((details IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE audit_event_details IS 'the particulars of audit events; they never change, and only an erasure empties them';
COMMENT ON COLUMN audit_event_details.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN audit_event_details.event_id IS 'event whose particulars these are';
COMMENT ON COLUMN audit_event_details.details IS 'what else is to be known, such as the network address; null: erased';
COMMENT ON COLUMN audit_event_details.erased_at IS 'when it was emptied (UTC); null: it is whole';

CREATE TABLE chats (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    student_id BIGINT,
    title TEXT,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT chats_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT chats_institution_id_source_key_key UNIQUE (institution_id, source_key)
);
CREATE INDEX chats_student_id_idx ON chats (institution_id, student_id);
CREATE INDEX chats_user_id_idx ON chats (institution_id, user_id);
COMMENT ON TABLE chats IS 'conversations of a user with an assistant; what was said is in chat_messages';
COMMENT ON COLUMN chats.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN chats.id IS 'id of the conversation';
COMMENT ON COLUMN chats.user_id IS 'who talks with the assistant';
COMMENT ON COLUMN chats.student_id IS 'student it is about; null: nobody in particular';
COMMENT ON COLUMN chats.title IS 'title as shown; null: none';
COMMENT ON COLUMN chats.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN chats.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN chats.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE gamification_events (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    student_id BIGINT NOT NULL,
    user_id BIGINT,
    class_id BIGINT,
    event_type TEXT NOT NULL,
    points_awarded INTEGER DEFAULT '0' NOT NULL,
    xp_awarded INTEGER DEFAULT '0' NOT NULL,
    badge_id BIGINT,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT gamification_events_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT gamification_events_moments_check CHECK (isfinite(occurred_at) AND isfinite(created_at)),
    CONSTRAINT gamification_events_badges_fk FOREIGN KEY(institution_id, badge_id) REFERENCES badges (institution_id, id),
    CONSTRAINT gamification_events_event_type_check CHECK (event_type IN ('submission', 'feedback', 'achievement', 'streak', 'practice', 'correction')),
    CONSTRAINT gamification_events_awards_check CHECK (event_type = 'correction' OR (points_awarded >= 0 AND xp_awarded >= 0))
);
CREATE INDEX gamification_events_badge_id_idx ON gamification_events (institution_id, badge_id);
CREATE INDEX gamification_events_class_id_idx ON gamification_events (institution_id, class_id, occurred_at);
CREATE INDEX gamification_events_student_id_idx ON gamification_events (institution_id, student_id, occurred_at);
CREATE INDEX gamification_events_user_id_idx ON gamification_events (institution_id, user_id) WHERE user_id IS NOT NULL;
COMMENT ON TABLE gamification_events IS 'the ledger of points: one row an award; append-only, a correction is a row of its own';
COMMENT ON COLUMN gamification_events.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN gamification_events.id IS 'made where it happened';
COMMENT ON COLUMN gamification_events.student_id IS 'student who earned it';
COMMENT ON COLUMN gamification_events.user_id IS 'user who awarded it; null: edukit by its rules';
COMMENT ON COLUMN gamification_events.class_id IS 'class on whose board it counts; null: on none';
COMMENT ON COLUMN gamification_events.event_type IS 'submission, feedback, achievement, streak, practice or correction';
COMMENT ON COLUMN gamification_events.points_awarded IS 'points; below 0 in a correction only';
COMMENT ON COLUMN gamification_events.xp_awarded IS 'experience points; below 0 in a correction only';
COMMENT ON COLUMN gamification_events.badge_id IS 'badge that it unlocked; null: none';
COMMENT ON COLUMN gamification_events.occurred_at IS 'when it was earned (UTC)';
COMMENT ON COLUMN gamification_events.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE grievances (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    student_id BIGINT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    description TEXT,
    filed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT DEFAULT 'open' NOT NULL,
    assigned_to BIGINT,
    resolution TEXT,
    resolved_at TIMESTAMP WITH TIME ZONE,
    erased_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT grievances_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT grievances_moments_check CHECK (isfinite(filed_at) AND isfinite(resolved_at) AND isfinite(erased_at) AND isfinite(created_at)),
    CONSTRAINT grievances_category_check CHECK (category IN ('grade', 'feedback', 'fairness', 'other')),
    CONSTRAINT grievances_severity_check CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT grievances_status_check CHECK (status IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT grievances_resolved_at_check CHECK ((status IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)),
    CONSTRAINT grievances_resolution_check CHECK (CASE WHEN resolved_at IS NULL THEN resolution IS NULL ELSE (resolution IS NOT NULL AND btrim(resolution) <> '') OR erased_at IS NOT NULL END),
    CONSTRAINT grievances_dates_check CHECK (resolved_at >= filed_at),
    CONSTRAINT grievances_description_check CHECK (CASE WHEN erased_at IS NULL THEN description IS NOT NULL ELSE description IS NULL AND resolution IS NULL END)
);
CREATE INDEX grievances_assigned_to_idx ON grievances (institution_id, assigned_to, status);
CREATE INDEX grievances_status_idx ON grievances (institution_id, status, filed_at);
CREATE INDEX grievances_student_id_idx ON grievances (institution_id, student_id, filed_at);
COMMENT ON TABLE grievances IS 'students'' complaints as they stand now; every step is in grievance_events';
COMMENT ON COLUMN grievances.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN grievances.id IS 'made where it was filed';
COMMENT ON COLUMN grievances.student_id IS 'student who complains; never changes';
COMMENT ON COLUMN grievances.category IS 'grade, feedback, fairness or other';
COMMENT ON COLUMN grievances.severity IS 'low, medium, high or critical';
COMMENT ON COLUMN grievances.description IS 'what it is about; never changes; null: erased';
COMMENT ON COLUMN grievances.filed_at IS 'when (UTC); never changes';
COMMENT ON COLUMN grievances.status IS 'open, in_progress, resolved or closed';
COMMENT ON COLUMN grievances.assigned_to IS 'user who is to answer; null: nobody yet';
COMMENT ON COLUMN grievances.resolution IS 'how it was resolved; null: it is not, or erased';
COMMENT ON COLUMN grievances.resolved_at IS 'when it was resolved (UTC); null: it is not';
COMMENT ON COLUMN grievances.erased_at IS 'when its words were emptied (UTC); null: it is whole';
COMMENT ON COLUMN grievances.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN grievances.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE guardianships (
    institution_id BIGINT NOT NULL,
    guardian_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    relationship TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT guardianships_pk PRIMARY KEY (institution_id, guardian_id, student_id),
    CONSTRAINT guardianships_guardian_check CHECK (guardian_id <> student_id)
);
CREATE INDEX guardianships_student_id_idx ON guardianships (institution_id, student_id);
COMMENT ON TABLE guardianships IS 'which parent or guardian stands by which student';
COMMENT ON COLUMN guardianships.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN guardianships.guardian_id IS 'user who is the parent or guardian';
COMMENT ON COLUMN guardianships.student_id IS 'student whom they stand by';
COMMENT ON COLUMN guardianships.relationship IS 'mother, father, grandmother, ...; null: not told';
COMMENT ON COLUMN guardianships.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE mentorships (
    institution_id BIGINT NOT NULL,
    mentor_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT mentorships_pk PRIMARY KEY (institution_id, mentor_id, student_id),
    CONSTRAINT mentorships_mentor_check CHECK (mentor_id <> student_id),
    CONSTRAINT mentorships_dates_check CHECK (ended_at >= started_at)
);
CREATE INDEX mentorships_student_id_idx ON mentorships (institution_id, student_id);
COMMENT ON TABLE mentorships IS 'which mentor is or was assigned to which student';
COMMENT ON COLUMN mentorships.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN mentorships.mentor_id IS 'user who mentors';
COMMENT ON COLUMN mentorships.student_id IS 'student who is mentored';
COMMENT ON COLUMN mentorships.started_at IS 'when it began (UTC)';
COMMENT ON COLUMN mentorships.ended_at IS 'when it ended (UTC); null: it goes on';
COMMENT ON COLUMN mentorships.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE risk_predictions (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    student_id BIGINT NOT NULL,
    model_id BIGINT NOT NULL,
    predicted_on DATE NOT NULL,
    risk_score DOUBLE PRECISION NOT NULL,
    risk_level TEXT NOT NULL,
    submission_frequency DOUBLE PRECISION,
    code_quality_trend DOUBLE PRECISION,
    engagement_score DOUBLE PRECISION,
    feedback_response_hours DOUBLE PRECISION,
    confidence DOUBLE PRECISION NOT NULL,
    reasons JSONB DEFAULT '[]' NOT NULL,
    predicted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT risk_predictions_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT risk_predictions_reasons_check CHECK (jsonb_typeof(reasons) = 'array'),
    CONSTRAINT risk_predictions_student_day_model_key UNIQUE (institution_id, student_id, predicted_on, model_id),
    CONSTRAINT risk_predictions_risk_models_fk FOREIGN KEY(institution_id, model_id) REFERENCES risk_models (institution_id, id),
    CONSTRAINT risk_predictions_risk_score_check CHECK (risk_score BETWEEN 0 AND 100),
    CONSTRAINT risk_predictions_risk_level_check CHECK (risk_level IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT risk_predictions_submission_frequency_check CHECK (submission_frequency >= 0 AND submission_frequency < 'Infinity'),
    CONSTRAINT risk_predictions_code_quality_trend_check CHECK (code_quality_trend BETWEEN -100 AND 100),
    CONSTRAINT risk_predictions_engagement_score_check CHECK (engagement_score BETWEEN 0 AND 100),
    CONSTRAINT risk_predictions_feedback_response_hours_check CHECK (feedback_response_hours >= 0 AND feedback_response_hours < 'Infinity'),
    CONSTRAINT risk_predictions_confidence_check CHECK (confidence BETWEEN 0 AND 1)
);
CREATE INDEX risk_predictions_model_id_idx ON risk_predictions (institution_id, model_id);
CREATE INDEX risk_predictions_predicted_on_idx ON risk_predictions (institution_id, predicted_on, risk_level);
COMMENT ON TABLE risk_predictions IS 'what a version of a model said of a student on a day, and from which four factors';
COMMENT ON COLUMN risk_predictions.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN risk_predictions.id IS 'made when it was predicted';
COMMENT ON COLUMN risk_predictions.student_id IS 'student it is about';
COMMENT ON COLUMN risk_predictions.model_id IS 'version of the rule or model that said it';
COMMENT ON COLUMN risk_predictions.predicted_on IS 'day as of which it was said, in the institution''s time zone';
COMMENT ON COLUMN risk_predictions.risk_score IS '0 (none) to 100: how likely the student is to fall behind';
COMMENT ON COLUMN risk_predictions.risk_level IS 'low, medium, high or critical';
COMMENT ON COLUMN risk_predictions.submission_frequency IS 'factor: submissions a week of late; null: nothing was due';
COMMENT ON COLUMN risk_predictions.code_quality_trend IS 'factor: change of code quality, or of the score where there is no code, -100 to 100; null: too few';
COMMENT ON COLUMN risk_predictions.engagement_score IS 'factor: activity of late, 0-100; null: unknown';
COMMENT ON COLUMN risk_predictions.feedback_response_hours IS 'factor: hours from feedback to the next activity on it; null: no feedback yet';
COMMENT ON COLUMN risk_predictions.confidence IS '0-1: from how much is known of the student';
COMMENT ON COLUMN risk_predictions.reasons IS 'at most three reasons with their evidence, the weightiest first';
COMMENT ON COLUMN risk_predictions.predicted_at IS 'when it was computed (UTC)';

CREATE TABLE student_badges (
    institution_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    badge_id BIGINT NOT NULL,
    unlocked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT student_badges_pk PRIMARY KEY (institution_id, student_id, badge_id),
    CONSTRAINT student_badges_badges_fk FOREIGN KEY(institution_id, badge_id) REFERENCES badges (institution_id, id)
);
CREATE INDEX student_badges_badge_id_idx ON student_badges (institution_id, badge_id);
COMMENT ON TABLE student_badges IS 'badges that students have earned';
COMMENT ON COLUMN student_badges.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN student_badges.student_id IS 'student who earned it';
COMMENT ON COLUMN student_badges.badge_id IS 'badge that was earned';
COMMENT ON COLUMN student_badges.unlocked_at IS 'when (UTC)';

CREATE TABLE student_points (
    institution_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    points INTEGER NOT NULL,
    xp INTEGER NOT NULL,
    level INTEGER NOT NULL,
    current_streak INTEGER NOT NULL,
    best_streak INTEGER NOT NULL,
    last_active_on DATE,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT student_points_pk PRIMARY KEY (institution_id, student_id),
    CONSTRAINT student_points_level_check CHECK (level >= 1),
    CONSTRAINT student_points_streak_check CHECK (current_streak BETWEEN 0 AND best_streak)
);
COMMENT ON TABLE student_points IS 'where a student stands, computed from gamification_events: it can be made again at any time';
COMMENT ON COLUMN student_points.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN student_points.student_id IS 'whose standing';
COMMENT ON COLUMN student_points.points IS 'sum of the points awarded';
COMMENT ON COLUMN student_points.xp IS 'sum of the experience points awarded';
COMMENT ON COLUMN student_points.level IS 'level that the experience points reach, from 1';
COMMENT ON COLUMN student_points.current_streak IS 'days in a row with an event (no correction), up to the day of computed_at or the one before';
COMMENT ON COLUMN student_points.best_streak IS 'most days in a row with an event (no correction), ever';
COMMENT ON COLUMN student_points.last_active_on IS 'day of the latest event (no correction), in the institution''s time zone; null: none yet';
COMMENT ON COLUMN student_points.computed_at IS 'when the row was computed (UTC)';

CREATE TABLE study_plans (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    title TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    parameters JSONB DEFAULT '{}' NOT NULL,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT study_plans_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT study_plans_parameters_check CHECK (jsonb_typeof(parameters) = 'object'),
    CONSTRAINT study_plans_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT study_plans_dates_check CHECK (ends_on >= starts_on)
);
CREATE INDEX study_plans_student_id_idx ON study_plans (institution_id, student_id, starts_on);
COMMENT ON TABLE study_plans IS 'schedules of study made for a student; their days are in study_plan_items';
COMMENT ON COLUMN study_plans.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN study_plans.id IS 'id of the plan';
COMMENT ON COLUMN study_plans.student_id IS 'whose plan';
COMMENT ON COLUMN study_plans.title IS 'title as shown';
COMMENT ON COLUMN study_plans.starts_on IS 'first day, in the institution''s time zone';
COMMENT ON COLUMN study_plans.ends_on IS 'last day';
COMMENT ON COLUMN study_plans.parameters IS 'what it was made from, such as hours a day';
COMMENT ON COLUMN study_plans.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN study_plans.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN study_plans.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE chat_messages (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    chat_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    content TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT chat_messages_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT chat_messages_chats_fk FOREIGN KEY(institution_id, chat_id) REFERENCES chats (institution_id, id) ON DELETE CASCADE,
    CONSTRAINT chat_messages_role_check CHECK (role IN ('user', 'assistant'))
);
CREATE INDEX chat_messages_chat_id_idx ON chat_messages (institution_id, chat_id, sent_at);
COMMENT ON TABLE chat_messages IS 'what was said in conversations, by time';
COMMENT ON COLUMN chat_messages.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN chat_messages.id IS 'made where it was said';
COMMENT ON COLUMN chat_messages.chat_id IS 'conversation that it is part of';
COMMENT ON COLUMN chat_messages.role IS 'user or assistant: who said it';
COMMENT ON COLUMN chat_messages.content IS 'what was said';
COMMENT ON COLUMN chat_messages.sent_at IS 'when (UTC)';

CREATE TABLE grievance_events (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    grievance_id UUID NOT NULL,
    sequence INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor_id BIGINT,
    from_status TEXT,
    to_status TEXT,
    assigned_to BIGINT,
    routing_rule_id BIGINT,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT grievance_events_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT grievance_events_moments_check CHECK (isfinite(occurred_at) AND isfinite(created_at)),
    CONSTRAINT grievance_events_institution_id_grievance_id_sequence_key UNIQUE (institution_id, grievance_id, sequence),
    CONSTRAINT grievance_events_grievances_fk FOREIGN KEY(institution_id, grievance_id) REFERENCES grievances (institution_id, id),
    CONSTRAINT grievance_events_grievance_routing_rules_fk FOREIGN KEY(institution_id, routing_rule_id) REFERENCES grievance_routing_rules (institution_id, id),
    CONSTRAINT grievance_events_action_check CHECK (action IN ('filed', 'routed', 'assigned', 'unassigned', 'commented', 'status_changed', 'revealed', 'erased')),
    CONSTRAINT grievance_events_from_status_check CHECK (from_status IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT grievance_events_to_status_check CHECK (to_status IN ('open', 'in_progress', 'resolved', 'closed')),
    CONSTRAINT grievance_events_sequence_check CHECK (sequence >= 1),
    CONSTRAINT grievance_events_status_check CHECK (CASE action WHEN 'status_changed' THEN from_status IS NOT NULL AND to_status IS NOT NULL AND from_status <> to_status WHEN 'filed' THEN from_status IS NULL AND to_status IS NOT NULL ELSE from_status IS NULL AND to_status IS NULL END),
    CONSTRAINT grievance_events_assigned_to_check CHECK (CASE WHEN action IN ('routed', 'assigned') THEN assigned_to IS NOT NULL ELSE assigned_to IS NULL END)
);
CREATE INDEX grievance_events_actor_id_idx ON grievance_events (institution_id, actor_id);
CREATE INDEX grievance_events_assigned_to_idx ON grievance_events (institution_id, assigned_to);
CREATE INDEX grievance_events_routing_rule_id_idx ON grievance_events (institution_id, routing_rule_id);
COMMENT ON TABLE grievance_events IS 'every step of every grievance, in order; append-only, its words in grievance_event_details';
COMMENT ON COLUMN grievance_events.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN grievance_events.id IS 'made where it happened';
COMMENT ON COLUMN grievance_events.grievance_id IS 'grievance that it is a step of';
COMMENT ON COLUMN grievance_events.sequence IS 'order in the grievance, from 1';
COMMENT ON COLUMN grievance_events.action IS 'filed, routed, assigned, unassigned, commented, status_changed, revealed or erased';
COMMENT ON COLUMN grievance_events.actor_id IS 'user who did it; null: edukit by its rules';
COMMENT ON COLUMN grievance_events.from_status IS 'status before, where it changed';
COMMENT ON COLUMN grievance_events.to_status IS 'status after, where it changed';
COMMENT ON COLUMN grievance_events.assigned_to IS 'user whom it went to, where it was assigned';
COMMENT ON COLUMN grievance_events.routing_rule_id IS 'rule that it was routed by; null: not by a rule';
COMMENT ON COLUMN grievance_events.occurred_at IS 'when (UTC)';
COMMENT ON COLUMN grievance_events.created_at IS 'when the row was made, in its source where it was imported (UTC)';

CREATE TABLE interventions (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    student_id BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    prediction_id UUID,
    kind TEXT NOT NULL,
    note TEXT,
    happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome TEXT,
    outcome_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT interventions_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT interventions_risk_predictions_fk FOREIGN KEY(institution_id, prediction_id) REFERENCES risk_predictions (institution_id, id),
    CONSTRAINT interventions_kind_check CHECK (kind IN ('conversation', 'message_home', 'tutoring', 'study_plan', 'referral', 'other')),
    CONSTRAINT interventions_outcome_check CHECK (outcome IN ('improved', 'unchanged', 'worsened')),
    CONSTRAINT interventions_outcome_at_check CHECK ((outcome IS NULL) = (outcome_at IS NULL))
);
CREATE INDEX interventions_made_by_idx ON interventions (institution_id, made_by);
CREATE INDEX interventions_prediction_id_idx ON interventions (institution_id, prediction_id);
CREATE INDEX interventions_student_id_idx ON interventions (institution_id, student_id, happened_at);
COMMENT ON TABLE interventions IS 'what was done for a student at risk, and what came of it';
COMMENT ON COLUMN interventions.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN interventions.id IS 'made where it was logged';
COMMENT ON COLUMN interventions.student_id IS 'student it was for';
COMMENT ON COLUMN interventions.made_by IS 'user who did it';
COMMENT ON COLUMN interventions.prediction_id IS 'prediction that it answers; null: none';
COMMENT ON COLUMN interventions.kind IS 'conversation, message_home, tutoring, study_plan, referral or other';
COMMENT ON COLUMN interventions.note IS 'what was said or agreed; null: nothing noted';
COMMENT ON COLUMN interventions.happened_at IS 'when (UTC)';
COMMENT ON COLUMN interventions.outcome IS 'improved, unchanged or worsened; null: not known yet';
COMMENT ON COLUMN interventions.outcome_at IS 'when the outcome was noted (UTC); null: not yet';
COMMENT ON COLUMN interventions.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN interventions.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE study_plan_items (
    institution_id BIGINT NOT NULL,
    plan_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    planned_on DATE NOT NULL,
    topic_id BIGINT NOT NULL,
    concept_id BIGINT,
    minutes INTEGER NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT study_plan_items_pk PRIMARY KEY (institution_id, plan_id, position),
    CONSTRAINT study_plan_items_study_plans_fk FOREIGN KEY(institution_id, plan_id) REFERENCES study_plans (institution_id, id) ON DELETE CASCADE,
    CONSTRAINT study_plan_items_minutes_check CHECK (minutes > 0)
);
CREATE INDEX study_plan_items_concept_id_idx ON study_plan_items (institution_id, concept_id);
CREATE INDEX study_plan_items_topic_id_idx ON study_plan_items (institution_id, topic_id);
COMMENT ON TABLE study_plan_items IS 'the sittings of a study plan, in order';
COMMENT ON COLUMN study_plan_items.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN study_plan_items.plan_id IS 'plan that it is part of';
COMMENT ON COLUMN study_plan_items.position IS 'order in the plan, from 0';
COMMENT ON COLUMN study_plan_items.planned_on IS 'day, in the institution''s time zone';
COMMENT ON COLUMN study_plan_items.topic_id IS 'topic to study';
COMMENT ON COLUMN study_plan_items.concept_id IS 'concept to study; null: the whole topic';
COMMENT ON COLUMN study_plan_items.minutes IS 'how long, in minutes';
COMMENT ON COLUMN study_plan_items.completed_at IS 'when it was done (UTC); null: not yet';

CREATE TABLE submissions (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    assignment_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    body TEXT,
    github_url TEXT,
    score REAL,
    code_quality_score REAL,
    complexity_score REAL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT submissions_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT submissions_institution_id_id_student_id_key UNIQUE (institution_id, id, student_id),
    CONSTRAINT submissions_assignments_fk FOREIGN KEY(institution_id, assignment_id) REFERENCES assignments (institution_id, id),
    CONSTRAINT submissions_score_check CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT submissions_code_quality_score_check CHECK (code_quality_score BETWEEN 0 AND 100),
    CONSTRAINT submissions_complexity_score_check CHECK (complexity_score BETWEEN 0 AND 100)
);
CREATE INDEX submissions_assignment_id_idx ON submissions (institution_id, assignment_id, student_id);
CREATE INDEX submissions_student_id_idx ON submissions (institution_id, student_id, submitted_at);
COMMENT ON TABLE submissions IS 'a student''s work for an assignment; handing in again is another row';
COMMENT ON COLUMN submissions.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN submissions.id IS 'made where the work was handed in';
COMMENT ON COLUMN submissions.assignment_id IS 'assignment that it answers';
COMMENT ON COLUMN submissions.student_id IS 'student who handed it in';
COMMENT ON COLUMN submissions.submitted_at IS 'when (UTC)';
COMMENT ON COLUMN submissions.body IS 'the work as text; null: elsewhere, or erased';
COMMENT ON COLUMN submissions.github_url IS 'address of the work on GitHub; null: none, or erased';
COMMENT ON COLUMN submissions.score IS 'mark, 0-100; null: not marked';
COMMENT ON COLUMN submissions.code_quality_score IS 'quality of its code, 0-100; null: no code';
COMMENT ON COLUMN submissions.complexity_score IS 'complexity of its code, 0-100; null: no code';
COMMENT ON COLUMN submissions.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN submissions.updated_at IS 'when the row last changed (UTC); the database sets it';

CREATE TABLE feedback (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    submission_id UUID NOT NULL,
    student_id BIGINT NOT NULL,
    teacher_id BIGINT NOT NULL,
    rating SMALLINT,
    ai_suggested BOOLEAN DEFAULT false NOT NULL,
    supersedes_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT feedback_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT feedback_moments_check CHECK (isfinite(created_at)),
    CONSTRAINT feedback_institution_id_id_submission_id_key UNIQUE (institution_id, id, submission_id),
    CONSTRAINT feedback_institution_id_supersedes_id_key UNIQUE (institution_id, supersedes_id),
    CONSTRAINT feedback_submissions_fk FOREIGN KEY(institution_id, submission_id, student_id) REFERENCES submissions (institution_id, id, student_id),
    CONSTRAINT feedback_supersedes_fk FOREIGN KEY(institution_id, supersedes_id, submission_id) REFERENCES feedback (institution_id, id, submission_id),
    CONSTRAINT feedback_rating_check CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT feedback_supersedes_check CHECK (supersedes_id <> id)
);
CREATE INDEX feedback_student_id_idx ON feedback (institution_id, student_id, created_at);
CREATE INDEX feedback_submission_id_idx ON feedback (institution_id, submission_id);
CREATE INDEX feedback_teacher_id_idx ON feedback (institution_id, teacher_id, created_at);
COMMENT ON TABLE feedback IS 'what a teacher told a student about a submission; append-only, its words in feedback_contents';
COMMENT ON COLUMN feedback.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN feedback.id IS 'made where the feedback was given';
COMMENT ON COLUMN feedback.submission_id IS 'submission that it is about';
COMMENT ON COLUMN feedback.student_id IS 'student whom it is for: the submission''s';
COMMENT ON COLUMN feedback.teacher_id IS 'user who gave it';
COMMENT ON COLUMN feedback.rating IS '1 (poor) to 5 (excellent); null: not rated';
COMMENT ON COLUMN feedback.ai_suggested IS 'whether the teacher used a model''s suggestion';
COMMENT ON COLUMN feedback.supersedes_id IS 'earlier feedback on the same submission that this corrects; null: none';
COMMENT ON COLUMN feedback.created_at IS 'when it was given (UTC); never changes';

CREATE TABLE grievance_event_details (
    institution_id BIGINT NOT NULL,
    event_id UUID NOT NULL,
    details TEXT,
    erased_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT grievance_event_details_pk PRIMARY KEY (institution_id, event_id),
    CONSTRAINT grievance_event_details_moments_check CHECK (isfinite(erased_at)),
    CONSTRAINT grievance_event_details_grievance_events_fk FOREIGN KEY(institution_id, event_id) REFERENCES grievance_events (institution_id, id),
    CONSTRAINT grievance_event_details_details_check CHECK ((details IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE grievance_event_details IS 'the words of a grievance''s step; they never change, and only an erasure empties them';
COMMENT ON COLUMN grievance_event_details.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN grievance_event_details.event_id IS 'event whose words these are';
COMMENT ON COLUMN grievance_event_details.details IS 'what was said or decided, and why; null: erased';
COMMENT ON COLUMN grievance_event_details.erased_at IS 'when it was emptied (UTC); null: it is whole';

CREATE TABLE feedback_contents (
    institution_id BIGINT NOT NULL,
    feedback_id UUID NOT NULL,
    content TEXT,
    ai_suggestion TEXT,
    erased_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT feedback_contents_pk PRIMARY KEY (institution_id, feedback_id),
    CONSTRAINT feedback_contents_moments_check CHECK (isfinite(erased_at)),
    CONSTRAINT feedback_contents_feedback_fk FOREIGN KEY(institution_id, feedback_id) REFERENCES feedback (institution_id, id),
    CONSTRAINT feedback_contents_content_check CHECK ((content IS NULL) = (erased_at IS NOT NULL))
);
COMMENT ON TABLE feedback_contents IS 'the words of feedback; they never change, and only an erasure empties them';
COMMENT ON COLUMN feedback_contents.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN feedback_contents.feedback_id IS 'feedback whose words these are';
COMMENT ON COLUMN feedback_contents.content IS 'what was said; null: erased';
COMMENT ON COLUMN feedback_contents.ai_suggestion IS 'what a model had suggested; null: nothing, or erased';
COMMENT ON COLUMN feedback_contents.erased_at IS 'when it was emptied (UTC); null: it is whole';
"""

# Leaf first: a table is dropped before those that it points at.
NAMES = [
    "feedback_contents",
    "grievance_event_details",
    "feedback",
    "submissions",
    "study_plan_items",
    "interventions",
    "grievance_events",
    "chat_messages",
    "study_plans",
    "student_points",
    "student_badges",
    "risk_predictions",
    "mentorships",
    "guardianships",
    "grievances",
    "gamification_events",
    "chats",
    "audit_event_details",
    "assignments",
    "topic_prerequisites",
    "sync_operations",
    "subscriptions",
    "study_items",
    "risk_models",
    "progress_records",
    "profiles",
    "grievance_routing_rules",
    "documents",
    "audit_events",
    "badges",
]
# Rows are added to these and never changed; the words beside them may only be emptied, by the eraser.
APPEND_ONLY = ["feedback", "grievance_events", "gamification_events", "audit_events"]
WORDS = ["feedback_contents", "grievance_event_details", "audit_event_details"]


def upgrade() -> None:
    """Create the tables; the application writes rows, viewers read them."""
    op.execute(TABLES)
    kept = [*APPEND_ONLY, *WORDS]
    mutable = [name for name in NAMES if name not in {*kept, "grievances"}]
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(mutable)} TO edukit_app")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(kept)} TO edukit_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON grievances TO edukit_app")
    op.execute(f"GRANT UPDATE ON {', '.join(WORDS)} TO edukit_eraser")
    op.execute(f"GRANT SELECT ON {', '.join(NAMES)} TO edukit_viewer")


def downgrade() -> None:
    """Drop them, and what extensions made beside them."""
    op.execute("DROP TABLE IF EXISTS document_embeddings, chat_embeddings")
    op.execute("DROP INDEX IF EXISTS users_name_trgm_idx, classes_name_trgm_idx, topics_name_trgm_idx")
    op.execute("DROP INDEX IF EXISTS concepts_name_trgm_idx")
    op.execute(f"DROP TABLE {', '.join(NAMES)}")
