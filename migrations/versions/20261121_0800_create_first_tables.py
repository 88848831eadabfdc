"""Create the first tables: people, classrooms, the curriculum, practice and mastery."""

from alembic import op

revision = "20261121_0800"
down_revision = None

TABLES = """
CREATE TABLE accounts (
    id BIGINT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT accounts_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX accounts_email_key ON accounts (lower(email));
COMMENT ON TABLE accounts IS 'what a person signs in with; one account may be a user of several institutions';
COMMENT ON COLUMN accounts.id IS 'id of the account';
COMMENT ON COLUMN accounts.email IS 'e-mail address, unique whatever its case';
COMMENT ON COLUMN accounts.password_hash IS 'Argon2id hash; null: cannot sign in by password';
COMMENT ON COLUMN accounts.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE institutions (
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    domain TEXT,
    time_zone TEXT DEFAULT 'UTC' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT institutions_pk PRIMARY KEY (id),
    CONSTRAINT institutions_name_key UNIQUE (name)
);
COMMENT ON TABLE institutions IS 'schools and universities; every tenant row carries the id of one';
COMMENT ON COLUMN institutions.id IS 'id of the institution';
COMMENT ON COLUMN institutions.name IS 'name, unique, as people say it';
COMMENT ON COLUMN institutions.domain IS 'internet domain of its e-mail addresses';
COMMENT ON COLUMN institutions.time_zone IS 'IANA time zone of its school days';
COMMENT ON COLUMN institutions.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE questions (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    kind TEXT,
    body TEXT,
    difficulty DOUBLE PRECISION,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT questions_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT questions_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT questions_kind_check CHECK (kind IN ('multiple_choice', 'numerical', 'true_false', 'text')),
    CONSTRAINT questions_difficulty_check CHECK (difficulty BETWEEN 0 AND 1),
    CONSTRAINT questions_institutions_fk FOREIGN KEY(institution_id) REFERENCES institutions (id)
);
COMMENT ON TABLE questions IS 'what students answer; its concepts are in question_concepts';
COMMENT ON COLUMN questions.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN questions.id IS 'id of the question';
COMMENT ON COLUMN questions.kind IS 'multiple_choice, numerical, true_false or text; null: the source did not say';
COMMENT ON COLUMN questions.body IS 'text of the question; null: the source did not have it';
COMMENT ON COLUMN questions.difficulty IS 'expected share of wrong answers, 0-1; null: unknown';
COMMENT ON COLUMN questions.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN questions.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE topics (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    parent_id BIGINT,
    code TEXT,
    name TEXT NOT NULL,
    description TEXT,
    position INTEGER DEFAULT '0' NOT NULL,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT topics_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT topics_institution_id_code_key UNIQUE (institution_id, code),
    CONSTRAINT topics_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT topics_topics_fk FOREIGN KEY(institution_id, parent_id) REFERENCES topics (institution_id, id),
    CONSTRAINT topics_parent_check CHECK (parent_id <> id),
    CONSTRAINT topics_institutions_fk FOREIGN KEY(institution_id) REFERENCES institutions (id)
);
CREATE INDEX topics_parent_id_idx ON topics (institution_id, parent_id);
COMMENT ON TABLE topics IS 'the curriculum as a tree: a topic without a parent is a subject';
COMMENT ON COLUMN topics.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN topics.id IS 'id of the topic';
COMMENT ON COLUMN topics.parent_id IS 'topic above it; null: a subject';
COMMENT ON COLUMN topics.code IS 'short text code, unique in the institution';
COMMENT ON COLUMN topics.name IS 'name as shown';
COMMENT ON COLUMN topics.description IS 'what the topic is about';
COMMENT ON COLUMN topics.position IS 'order among its siblings, from 0';
COMMENT ON COLUMN topics.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN topics.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE users (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    account_id BIGINT,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT users_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT users_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT users_institution_id_account_id_role_key UNIQUE (institution_id, account_id, role),
    CONSTRAINT users_role_check CHECK (role IN ('student', 'teacher', 'mentor', 'parent', 'admin', 'analyst')),
    CONSTRAINT users_institutions_fk FOREIGN KEY(institution_id) REFERENCES institutions (id),
    CONSTRAINT users_accounts_fk FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX users_account_id_idx ON users (account_id);
COMMENT ON TABLE users IS 'people at one institution: an account''s membership there, with its role';
COMMENT ON COLUMN users.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN users.id IS 'id of the user';
COMMENT ON COLUMN users.account_id IS 'account that signs in as this user; null: nobody can';
COMMENT ON COLUMN users.role IS 'student, teacher, mentor, parent, admin or analyst';
COMMENT ON COLUMN users.name IS 'name as shown';
COMMENT ON COLUMN users.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN users.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE classes (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    subject_id BIGINT,
    starts_on DATE,
    ends_on DATE,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT classes_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT classes_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT classes_topics_fk FOREIGN KEY(institution_id, subject_id) REFERENCES topics (institution_id, id),
    CONSTRAINT classes_dates_check CHECK (starts_on <= ends_on),
    CONSTRAINT classes_institutions_fk FOREIGN KEY(institution_id) REFERENCES institutions (id)
);
CREATE INDEX classes_subject_id_idx ON classes (institution_id, subject_id);
COMMENT ON TABLE classes IS 'groups of students taught together';
COMMENT ON COLUMN classes.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN classes.id IS 'id of the class';
COMMENT ON COLUMN classes.name IS 'name as shown, such as 7B Mathematics';
COMMENT ON COLUMN classes.description IS 'what the class is about';
COMMENT ON COLUMN classes.subject_id IS 'topic without parent that the class is taught; null: any';
COMMENT ON COLUMN classes.starts_on IS 'first day; null: unknown';
COMMENT ON COLUMN classes.ends_on IS 'last day; null: unknown or open';
COMMENT ON COLUMN classes.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN classes.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE concepts (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    topic_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER DEFAULT '0' NOT NULL,
    source_key TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT concepts_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT concepts_institution_id_source_key_key UNIQUE (institution_id, source_key),
    CONSTRAINT concepts_topics_fk FOREIGN KEY(institution_id, topic_id) REFERENCES topics (institution_id, id)
);
CREATE INDEX concepts_topic_id_idx ON concepts (institution_id, topic_id);
COMMENT ON TABLE concepts IS 'learning units of a topic: the smallest thing that mastery is told of';
COMMENT ON COLUMN concepts.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN concepts.id IS 'id of the concept';
COMMENT ON COLUMN concepts.topic_id IS 'topic that the concept is part of';
COMMENT ON COLUMN concepts.name IS 'name as shown';
COMMENT ON COLUMN concepts.position IS 'order within its topic, from 0';
COMMENT ON COLUMN concepts.source_key IS 'key in the system that the row was imported from, as source:kind/key; else null';
COMMENT ON COLUMN concepts.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE students (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    grade TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT students_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT students_users_fk FOREIGN KEY(institution_id, id) REFERENCES users (institution_id, id)
);
COMMENT ON TABLE students IS 'learners; a student''s id is the id of their user';
COMMENT ON COLUMN students.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN students.id IS 'id of the student, equal to the user''s';
COMMENT ON COLUMN students.grade IS 'school year or grade, in the institution''s words';
COMMENT ON COLUMN students.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE class_teachers (
    institution_id BIGINT NOT NULL,
    class_id BIGINT NOT NULL,
    teacher_id BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT class_teachers_pk PRIMARY KEY (institution_id, class_id, teacher_id),
    CONSTRAINT class_teachers_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id),
    CONSTRAINT class_teachers_users_fk FOREIGN KEY(institution_id, teacher_id) REFERENCES users (institution_id, id)
);
CREATE INDEX class_teachers_teacher_id_idx ON class_teachers (institution_id, teacher_id);
COMMENT ON TABLE class_teachers IS 'who teaches which class';
COMMENT ON COLUMN class_teachers.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN class_teachers.class_id IS 'class that is taught';
COMMENT ON COLUMN class_teachers.teacher_id IS 'user who teaches it';
COMMENT ON COLUMN class_teachers.created_at IS 'when edukit recorded the row (UTC)';

CREATE TABLE concept_mastery (
    institution_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    concept_id BIGINT NOT NULL,
    mastery_score DOUBLE PRECISION NOT NULL,
    mastery_low DOUBLE PRECISION NOT NULL,
    mastery_high DOUBLE PRECISION NOT NULL,
    total_attempts INTEGER NOT NULL,
    correct_attempts INTEGER NOT NULL,
    avg_time_seconds REAL,
    avg_confidence REAL,
    last_attempted_at TIMESTAMP WITH TIME ZONE,
    computed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT concept_mastery_pk PRIMARY KEY (institution_id, student_id, concept_id),
    CONSTRAINT concept_mastery_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id),
    CONSTRAINT concept_mastery_concepts_fk FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id),
    CONSTRAINT concept_mastery_mastery_score_check CHECK (mastery_score BETWEEN 0 AND 100),
    CONSTRAINT concept_mastery_mastery_low_check CHECK (mastery_low BETWEEN 0 AND 100),
    CONSTRAINT concept_mastery_mastery_high_check CHECK (mastery_high BETWEEN 0 AND 100),
    CONSTRAINT concept_mastery_interval_check CHECK (mastery_low <= mastery_score AND mastery_score <= mastery_high),
    CONSTRAINT concept_mastery_attempts_check CHECK (correct_attempts BETWEEN 0 AND total_attempts),
    CONSTRAINT concept_mastery_avg_time_seconds_check CHECK (avg_time_seconds >= 0),
    CONSTRAINT concept_mastery_avg_confidence_check CHECK (avg_confidence BETWEEN 0 AND 1)
);
CREATE INDEX concept_mastery_concept_id_idx ON concept_mastery (institution_id, concept_id);
COMMENT ON TABLE concept_mastery IS 'mastery of a student on a concept, from all their attempts at the institution';
COMMENT ON COLUMN concept_mastery.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN concept_mastery.student_id IS 'whose mastery';
COMMENT ON COLUMN concept_mastery.concept_id IS 'of what';
COMMENT ON COLUMN concept_mastery.mastery_score IS '0-100: how likely the next answer is right, times 100';
COMMENT ON COLUMN concept_mastery.mastery_low IS 'lower end of the score''s 90% interval, 0-100';
COMMENT ON COLUMN concept_mastery.mastery_high IS 'upper end of the score''s 90% interval, 0-100';
COMMENT ON COLUMN concept_mastery.total_attempts IS 'attempts that the score rests on';
COMMENT ON COLUMN concept_mastery.correct_attempts IS 'right ones among them';
COMMENT ON COLUMN concept_mastery.avg_time_seconds IS 'mean seconds to an answer; null: unknown';
COMMENT ON COLUMN concept_mastery.avg_confidence IS 'mean confidence, 0-1; null: never asked';
COMMENT ON COLUMN concept_mastery.last_attempted_at IS 'latest attempt (UTC); null: no time is known';
COMMENT ON COLUMN concept_mastery.computed_at IS 'when the score was computed (UTC)';

CREATE TABLE enrolments (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    class_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    enrolled_at TIMESTAMP WITH TIME ZONE,
    left_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT enrolments_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT enrolments_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id),
    CONSTRAINT enrolments_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id),
    CONSTRAINT enrolments_left_at_check CHECK (left_at >= enrolled_at)
);
CREATE UNIQUE INDEX enrolments_current_key ON enrolments (institution_id, class_id, student_id) WHERE left_at IS NULL;
CREATE INDEX enrolments_student_id_idx ON enrolments (institution_id, student_id);
COMMENT ON TABLE enrolments IS 'which student is or was in which class; leaving sets left_at, the row stays';
COMMENT ON COLUMN enrolments.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN enrolments.id IS 'id of the enrolment';
COMMENT ON COLUMN enrolments.class_id IS 'class that the student joined';
COMMENT ON COLUMN enrolments.student_id IS 'student who joined';
COMMENT ON COLUMN enrolments.enrolled_at IS 'when the student joined (UTC); null: not known';
COMMENT ON COLUMN enrolments.left_at IS 'when the student left (UTC); null: still enrolled';

CREATE TABLE question_attempts (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    student_id BIGINT NOT NULL,
    question_id BIGINT NOT NULL,
    class_id BIGINT,
    sequence BIGINT NOT NULL,
    attempted_at TIMESTAMP WITH TIME ZONE,
    is_correct BOOLEAN NOT NULL,
    time_taken_seconds REAL,
    hint_count SMALLINT,
    confidence REAL,
    answer TEXT,
    CONSTRAINT question_attempts_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT question_attempts_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id),
    CONSTRAINT question_attempts_questions_fk FOREIGN KEY(institution_id, question_id) REFERENCES questions (institution_id, id),
    CONSTRAINT question_attempts_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id),
    CONSTRAINT question_attempts_confidence_check CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT question_attempts_time_taken_seconds_check CHECK (time_taken_seconds >= 0),
    CONSTRAINT question_attempts_hint_count_check CHECK (hint_count >= 0)
);
CREATE INDEX question_attempts_attempted_at_idx ON question_attempts USING brin (attempted_at);
CREATE INDEX question_attempts_class_idx ON question_attempts (institution_id, class_id, sequence) WHERE class_id IS NOT NULL;
CREATE INDEX question_attempts_question_idx ON question_attempts (institution_id, question_id);
CREATE INDEX question_attempts_student_idx ON question_attempts (institution_id, student_id, sequence);
COMMENT ON TABLE question_attempts IS 'every answer of a student to a question';
COMMENT ON COLUMN question_attempts.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN question_attempts.id IS 'made where the attempt happened, or derived from the row it was imported from';
COMMENT ON COLUMN question_attempts.student_id IS 'student who answered';
COMMENT ON COLUMN question_attempts.question_id IS 'question that was answered';
COMMENT ON COLUMN question_attempts.class_id IS 'class it was answered for; null: on their own';
COMMENT ON COLUMN question_attempts.sequence IS 'order of a student''s attempts: microseconds since 1970 where the time is known, ties in the source''s order; the source''s own order number where it had no times';
COMMENT ON COLUMN question_attempts.attempted_at IS 'when (UTC); null: the source had no times';
COMMENT ON COLUMN question_attempts.is_correct IS 'whether the first answer was right without help';
COMMENT ON COLUMN question_attempts.time_taken_seconds IS 'seconds to the answer; null: unknown';
COMMENT ON COLUMN question_attempts.hint_count IS 'hints asked for; null: unknown';
COMMENT ON COLUMN question_attempts.confidence IS 'the student''s own, 0-1; null: not asked';
COMMENT ON COLUMN question_attempts.answer IS 'the answer as given; null: not kept';

CREATE TABLE question_concepts (
    institution_id BIGINT NOT NULL,
    question_id BIGINT NOT NULL,
    concept_id BIGINT NOT NULL,
    CONSTRAINT question_concepts_pk PRIMARY KEY (institution_id, question_id, concept_id),
    CONSTRAINT question_concepts_questions_fk FOREIGN KEY(institution_id, question_id) REFERENCES questions (institution_id, id),
    CONSTRAINT question_concepts_concepts_fk FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id)
);
CREATE INDEX question_concepts_concept_id_idx ON question_concepts (institution_id, concept_id);
COMMENT ON TABLE question_concepts IS 'which concepts a question asks for; it may be several';
COMMENT ON COLUMN question_concepts.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN question_concepts.question_id IS 'question that asks';
COMMENT ON COLUMN question_concepts.concept_id IS 'concept that it asks for';
"""

# Leaf first: a table is dropped before those that it points at.
NAMES = [
    "question_concepts",
    "question_attempts",
    "enrolments",
    "concept_mastery",
    "class_teachers",
    "students",
    "concepts",
    "classes",
    "users",
    "topics",
    "questions",
    "institutions",
    "accounts",
]


def upgrade() -> None:
    """Create the tables; the application writes rows, viewers read them."""
    op.execute(TABLES)
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(NAMES)} TO edukit_app")
    # Password hashes are nobody's reading.
    readable = [name for name in NAMES if name != "accounts"]
    op.execute(f"GRANT SELECT ON alembic_version, {', '.join(readable)} TO edukit_viewer")
    op.execute("GRANT SELECT ON alembic_version TO edukit_app")


def downgrade() -> None:
    """Drop them again."""
    op.execute(f"DROP TABLE {', '.join(NAMES)}")
