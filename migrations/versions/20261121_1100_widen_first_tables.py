"""Widen the first tables by what the source systems know more of; let what a thing owns go with it.

Nothing is read through here: constraints hold for new rows at once and are validated by the next migration,
which needs no lock that anybody waits for. Each table is done by itself, and again where that was broken off.
"""

from alembic import op

revision = "20261121_1100"
down_revision = "20261121_0800"

# A foreign key locks two tables, and is the hardest to get.
STEPS = [
    """
ALTER TABLE students
    DROP CONSTRAINT IF EXISTS students_users_fk,
    ADD CONSTRAINT students_users_fk FOREIGN KEY(institution_id, id) REFERENCES users (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE class_teachers
    DROP CONSTRAINT IF EXISTS class_teachers_classes_fk,
    ADD CONSTRAINT class_teachers_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE class_teachers
    DROP CONSTRAINT IF EXISTS class_teachers_users_fk,
    ADD CONSTRAINT class_teachers_users_fk FOREIGN KEY(institution_id, teacher_id) REFERENCES users (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE concept_mastery
    DROP CONSTRAINT IF EXISTS concept_mastery_concepts_fk,
    ADD CONSTRAINT concept_mastery_concepts_fk FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE concept_mastery
    DROP CONSTRAINT IF EXISTS concept_mastery_students_fk,
    ADD CONSTRAINT concept_mastery_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE enrolments
    DROP CONSTRAINT IF EXISTS enrolments_classes_fk,
    ADD CONSTRAINT enrolments_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE enrolments
    DROP CONSTRAINT IF EXISTS enrolments_students_fk,
    ADD CONSTRAINT enrolments_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE question_concepts
    DROP CONSTRAINT IF EXISTS question_concepts_concepts_fk,
    ADD CONSTRAINT question_concepts_concepts_fk FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE question_concepts
    DROP CONSTRAINT IF EXISTS question_concepts_questions_fk,
    ADD CONSTRAINT question_concepts_questions_fk FOREIGN KEY(institution_id, question_id) REFERENCES questions (institution_id, id) ON DELETE CASCADE NOT VALID""",
    """
ALTER TABLE accounts
    ADD COLUMN IF NOT EXISTS username TEXT,
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    DROP CONSTRAINT IF EXISTS accounts_name_check,
    ADD CONSTRAINT accounts_name_check CHECK (email IS NOT NULL OR username IS NOT NULL) NOT VALID,
    ALTER COLUMN email DROP NOT NULL""",
    """
ALTER TABLE institutions
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD COLUMN IF NOT EXISTS closed_at TIMESTAMP WITH TIME ZONE""",
    """
ALTER TABLE questions
    ADD COLUMN IF NOT EXISTS difficulty_level TEXT,
    ADD COLUMN IF NOT EXISTS options JSONB,
    ADD COLUMN IF NOT EXISTS correct_option SMALLINT,
    ADD COLUMN IF NOT EXISTS correct_answer TEXT,
    ADD COLUMN IF NOT EXISTS explanation TEXT,
    ADD COLUMN IF NOT EXISTS image_url TEXT,
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    DROP CONSTRAINT IF EXISTS questions_correct_option_check,
    ADD CONSTRAINT questions_correct_option_check CHECK (correct_option IS NULL OR (correct_option >= 0 AND options IS NOT NULL)) NOT VALID,
    DROP CONSTRAINT IF EXISTS questions_difficulty_level_check,
    ADD CONSTRAINT questions_difficulty_level_check CHECK (difficulty_level IN ('easy', 'medium', 'hard')) NOT VALID,
    DROP CONSTRAINT IF EXISTS questions_options_check,
    ADD CONSTRAINT questions_options_check CHECK (CASE jsonb_typeof(options) WHEN 'array' THEN jsonb_array_length(options) > greatest(correct_option, 1) ELSE options IS NULL END) NOT VALID""",
    """
ALTER TABLE topics
    ADD COLUMN IF NOT EXISTS exam_weight DOUBLE PRECISION,
    ADD COLUMN IF NOT EXISTS estimated_hours DOUBLE PRECISION,
    ADD COLUMN IF NOT EXISTS is_locked BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN IF NOT EXISTS unlock_xp INTEGER DEFAULT '0' NOT NULL,
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    DROP CONSTRAINT IF EXISTS topics_estimated_hours_check,
    ADD CONSTRAINT topics_estimated_hours_check CHECK (estimated_hours >= 0 AND estimated_hours < 'Infinity') NOT VALID,
    DROP CONSTRAINT IF EXISTS topics_exam_weight_check,
    ADD CONSTRAINT topics_exam_weight_check CHECK (exam_weight BETWEEN 0 AND 1) NOT VALID,
    DROP CONSTRAINT IF EXISTS topics_unlock_xp_check,
    ADD CONSTRAINT topics_unlock_xp_check CHECK (unlock_xp >= 0) NOT VALID""",
    """
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD COLUMN IF NOT EXISTS departed_at TIMESTAMP WITH TIME ZONE""",
    """
ALTER TABLE classes
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ADD COLUMN IF NOT EXISTS archived_at TIMESTAMP WITH TIME ZONE""",
    """
ALTER TABLE concepts
    ADD COLUMN IF NOT EXISTS description TEXT,
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL""",
    """
ALTER TABLE students
    ADD COLUMN IF NOT EXISTS github_username TEXT,
    ADD COLUMN IF NOT EXISTS github_connected BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN IF NOT EXISTS target_exam TEXT,
    ADD COLUMN IF NOT EXISTS exam_date DATE,
    ADD COLUMN IF NOT EXISTS available_hours_per_day DOUBLE PRECISION,
    ADD COLUMN IF NOT EXISTS updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    DROP CONSTRAINT IF EXISTS students_available_hours_per_day_check,
    ADD CONSTRAINT students_available_hours_per_day_check CHECK (available_hours_per_day BETWEEN 0 AND 24) NOT VALID""",
    """
ALTER TABLE concept_mastery
    DROP CONSTRAINT IF EXISTS concept_mastery_avg_time_seconds_check,
    ADD CONSTRAINT concept_mastery_avg_time_seconds_check CHECK (avg_time_seconds >= 0 AND avg_time_seconds < 'Infinity') NOT VALID""",
    """
ALTER TABLE question_attempts
    ADD COLUMN IF NOT EXISTS selected_option SMALLINT,
    ADD COLUMN IF NOT EXISTS xp_earned SMALLINT,
    DROP CONSTRAINT IF EXISTS question_attempts_time_taken_seconds_check,
    ADD CONSTRAINT question_attempts_time_taken_seconds_check CHECK (time_taken_seconds >= 0 AND time_taken_seconds < 'Infinity') NOT VALID,
    DROP CONSTRAINT IF EXISTS question_attempts_selected_option_check,
    ADD CONSTRAINT question_attempts_selected_option_check CHECK (selected_option >= 0) NOT VALID,
    DROP CONSTRAINT IF EXISTS question_attempts_xp_earned_check,
    ADD CONSTRAINT question_attempts_xp_earned_check CHECK (xp_earned >= 0) NOT VALID""",
]
COMMENTS = """
COMMENT ON COLUMN accounts.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN institutions.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN questions.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN topics.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN users.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN classes.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN concepts.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN students.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN class_teachers.created_at IS 'when the row was made, in its source where it was imported (UTC)';
COMMENT ON COLUMN accounts.email IS 'e-mail address, unique whatever its case; null: by username only';
COMMENT ON COLUMN accounts.username IS 'name to sign in by, unique whatever its case; null: by e-mail only';
COMMENT ON COLUMN accounts.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN institutions.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN institutions.closed_at IS 'when it left edukit (UTC): its people are pseudonymous then; null: it is here';
COMMENT ON COLUMN questions.difficulty_level IS 'easy, medium or hard, as its author judged; null: not judged';
COMMENT ON COLUMN questions.options IS 'what a multiple-choice question offers, in order, as a JSON list of two or more; null: offers nothing';
COMMENT ON COLUMN questions.correct_option IS 'place of the right one in options, from 0; null: no options, or not known';
COMMENT ON COLUMN questions.correct_answer IS 'the right answer of any other kind of question; null: open, or not known';
COMMENT ON COLUMN questions.explanation IS 'why the right answer is right; null: none';
COMMENT ON COLUMN questions.image_url IS 'address of a picture that belongs to it; null: none';
COMMENT ON COLUMN questions.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN topics.exam_weight IS 'share of the exam that asks for it, 0-1; null: unknown';
COMMENT ON COLUMN topics.estimated_hours IS 'hours that it takes to learn; null: unknown';
COMMENT ON COLUMN topics.is_locked IS 'whether a student must first have unlock_xp to open it';
COMMENT ON COLUMN topics.unlock_xp IS 'experience points that open it, where locked';
COMMENT ON COLUMN topics.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN users.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN users.departed_at IS 'when they left and became a pseudonym without personal data (UTC); null: still here';
COMMENT ON COLUMN classes.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN classes.archived_at IS 'when it was put away, its history kept (UTC); null: in use';
COMMENT ON COLUMN concepts.description IS 'what the concept is about';
COMMENT ON COLUMN concepts.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN students.github_username IS 'name on GitHub; null: none told';
COMMENT ON COLUMN students.github_connected IS 'whether the student has let edukit read their GitHub activity';
COMMENT ON COLUMN students.target_exam IS 'exam that the student prepares for; null: none';
COMMENT ON COLUMN students.exam_date IS 'day of that exam; null: not known';
COMMENT ON COLUMN students.available_hours_per_day IS 'hours a day that the student has for study, 0-24; null: not told';
COMMENT ON COLUMN students.updated_at IS 'when the row last changed (UTC); the database sets it';
COMMENT ON COLUMN question_attempts.selected_option IS 'place of the chosen answer in the question''s options, from 0; null: none was chosen';
COMMENT ON COLUMN question_attempts.xp_earned IS 'experience points that the answer earned; null: the source had none';
"""

NARROW = """
ALTER TABLE question_concepts
    DROP CONSTRAINT question_concepts_concepts_fk,
    ADD CONSTRAINT question_concepts_concepts_fk FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id),
    DROP CONSTRAINT question_concepts_questions_fk,
    ADD CONSTRAINT question_concepts_questions_fk FOREIGN KEY(institution_id, question_id) REFERENCES questions (institution_id, id);
ALTER TABLE question_attempts
    DROP CONSTRAINT question_attempts_time_taken_seconds_check,
    ADD CONSTRAINT question_attempts_time_taken_seconds_check CHECK (time_taken_seconds >= 0),
    DROP COLUMN selected_option,
    DROP COLUMN xp_earned;
ALTER TABLE enrolments
    DROP CONSTRAINT enrolments_classes_fk,
    ADD CONSTRAINT enrolments_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id),
    DROP CONSTRAINT enrolments_students_fk,
    ADD CONSTRAINT enrolments_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id);
ALTER TABLE concept_mastery
    DROP CONSTRAINT concept_mastery_avg_time_seconds_check,
    ADD CONSTRAINT concept_mastery_avg_time_seconds_check CHECK (avg_time_seconds >= 0),
    DROP CONSTRAINT concept_mastery_concepts_fk,
    ADD CONSTRAINT concept_mastery_concepts_fk FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id),
    DROP CONSTRAINT concept_mastery_students_fk,
    ADD CONSTRAINT concept_mastery_students_fk FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id);
ALTER TABLE class_teachers
    DROP CONSTRAINT class_teachers_classes_fk,
    ADD CONSTRAINT class_teachers_classes_fk FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id),
    DROP CONSTRAINT class_teachers_users_fk,
    ADD CONSTRAINT class_teachers_users_fk FOREIGN KEY(institution_id, teacher_id) REFERENCES users (institution_id, id);
ALTER TABLE students
    DROP COLUMN github_username,
    DROP COLUMN github_connected,
    DROP COLUMN target_exam,
    DROP COLUMN exam_date,
    DROP COLUMN available_hours_per_day,
    DROP COLUMN updated_at,
    DROP CONSTRAINT students_users_fk,
    ADD CONSTRAINT students_users_fk FOREIGN KEY(institution_id, id) REFERENCES users (institution_id, id);
ALTER TABLE concepts
    DROP COLUMN description,
    DROP COLUMN updated_at;
ALTER TABLE classes
    DROP COLUMN updated_at,
    DROP COLUMN archived_at;
ALTER TABLE users
    DROP COLUMN updated_at,
    DROP COLUMN departed_at;
ALTER TABLE topics
    DROP COLUMN exam_weight,
    DROP COLUMN estimated_hours,
    DROP COLUMN is_locked,
    DROP COLUMN unlock_xp,
    DROP COLUMN updated_at;
ALTER TABLE questions
    DROP COLUMN difficulty_level,
    DROP COLUMN options,
    DROP COLUMN correct_option,
    DROP COLUMN correct_answer,
    DROP COLUMN explanation,
    DROP COLUMN image_url,
    DROP COLUMN updated_at;
ALTER TABLE institutions
    DROP COLUMN updated_at,
    DROP COLUMN closed_at;
ALTER TABLE accounts
    DROP COLUMN username,
    DROP COLUMN updated_at,
    ALTER COLUMN email SET NOT NULL;
COMMENT ON COLUMN accounts.email IS 'e-mail address, unique whatever its case';
COMMENT ON COLUMN accounts.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN institutions.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN questions.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN topics.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN users.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN classes.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN concepts.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN students.created_at IS 'when edukit recorded the row (UTC)';
COMMENT ON COLUMN class_teachers.created_at IS 'when edukit recorded the row (UTC)';
"""


def upgrade() -> None:
    """Add columns and constraints; make foreign keys cascade."""
    with op.get_context().autocommit_block():
        for step in STEPS:
            op.execute(step)
    op.execute(COMMENTS)


def downgrade() -> None:
    """Take them away again; accounts without an e-mail address must be given one before."""
    op.execute(NARROW)
