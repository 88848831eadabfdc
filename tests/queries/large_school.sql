-- Four institutions, 100 classes, 4,000 students and a million of their attempts, with what else a year leaves
-- behind. As superuser: keys are right by construction, so that their triggers need not look.
SET session_replication_role = replica;
SELECT setseed(0.5);

-- An index, over vectors above all, is built much faster than it grows.
CREATE TEMPORARY TABLE built_at_the_end AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid);
DO $$ DECLARE index record; BEGIN
    FOR index IN SELECT name FROM built_at_the_end LOOP EXECUTE 'DROP INDEX ' || index.name; END LOOP;
END $$;

INSERT INTO institutions (id, name, time_zone)
SELECT i, 'School ' || i, 'Asia/Kolkata' FROM generate_series(1, 4) AS i;

-- Whatever has the same remainder by four belongs to the same institution.
INSERT INTO accounts (id, email) SELECT u, 'user' || u || '@school.example' FROM generate_series(1, 4200) AS u;
INSERT INTO users (institution_id, id, account_id, role, name)
SELECT 1 + u % 4, u, u, CASE WHEN u <= 4000 THEN 'student' ELSE 'teacher' END,
    initcap(substr(md5(u::text), 1, 3)) || CASE WHEN u % 60 = 0 THEN 'maria' ELSE 'olaf' END
        || ' ' || initcap(substr(md5(u::text), 5, 9))
FROM generate_series(1, 4200) AS u;
INSERT INTO students (institution_id, id) SELECT institution_id, id FROM users WHERE role = 'student';

INSERT INTO topics (institution_id, id, parent_id, name)
SELECT i, i * 1000 + t, CASE WHEN t > 5 THEN i * 1000 + t / 5 END, 'Topic ' || t
FROM generate_series(1, 4) AS i, generate_series(1, 120) AS t;
INSERT INTO concepts (institution_id, id, topic_id, name)
SELECT i, i * 1000 + c, i * 1000 + 1 + c % 120, 'Concept ' || c
FROM generate_series(1, 4) AS i, generate_series(1, 160) AS c;
INSERT INTO questions (institution_id, id, body)
SELECT i, i * 10000 + q, 'Question ' || q FROM generate_series(1, 4) AS i, generate_series(1, 3000) AS q;
INSERT INTO question_concepts (institution_id, question_id, concept_id)
SELECT i, i * 10000 + q, i * 1000 + 1 + (q + n * 7) % 160
FROM generate_series(1, 4) AS i, generate_series(1, 3000) AS q, generate_series(0, 1) AS n
WHERE n = 0 OR q % 10 = 0;

INSERT INTO classes (institution_id, id, name, subject_id)
SELECT 1 + c % 4, c, 'Class ' || c, (1 + c % 4) * 1000 + 1 + c % 5 FROM generate_series(1, 100) AS c;
INSERT INTO class_teachers (institution_id, class_id, teacher_id)
SELECT 1 + c % 4, c, 4000 + c FROM generate_series(1, 100) AS c;
-- Five classes a student, some of which they have left.
INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at, left_at)
SELECT 1 + s % 4, s * 10 + n, 1 + (s - 1 + 4 * (n * 5 + s / 4 % 5)) % 100, s, timestamptz '2026-08-01 00:00Z',
    CASE WHEN (s + n) % 20 = 0 THEN timestamptz '2026-12-01 00:00Z' END
FROM generate_series(1, 4000) AS s, generate_series(0, 4) AS n;

-- Some students practise much more than others, a tenth of it on their own; rows are there by time.
INSERT INTO question_attempts (
    institution_id, id, student_id, question_id, class_id, sequence, attempted_at, is_correct, time_taken_seconds,
    hint_count, confidence, xp_earned
)
SELECT 1 + s % 4, lpad(to_hex(a), 32, '0')::uuid, s, (1 + s % 4) * 10000 + 1 + (random() * 2999)::int,
    CASE WHEN a % 10 > 0 THEN 1 + (s - 1 + 4 * (a % 5 * 5 + s / 4 % 5)) % 100 END,
    1785542400000000 + a * 24000000::bigint, timestamptz '2026-08-01 00:00Z' + a * interval '24 seconds',
    random() < 0.7, 5 + 60 * random(), 0, random(), 10
FROM (SELECT a, 1 + (3999 * random() ^ 1.5)::int AS s FROM generate_series(1, 1000000) AS a) AS answered;
INSERT INTO concept_mastery (
    institution_id, student_id, concept_id, mastery_score, mastery_low, mastery_high, total_attempts,
    correct_attempts, last_attempted_at, computed_at
)
SELECT institution_id, student_id, concept_id, 50, 40, 60, count(*), 0, max(attempted_at), now()
FROM question_attempts JOIN question_concepts USING (institution_id, question_id) GROUP BY 1, 2, 3;
INSERT INTO mastery_history
SELECT institution_id, student_id, concept_id, date '2027-04-12' - 7 * w, NULL, 50, 40, 60, 1, 0
FROM concept_mastery, generate_series(1, 2) AS w;

INSERT INTO assignments (institution_id, id, class_id, title, assigned_at, due_at)
SELECT 1 + c % 4, c * 100 + n, c, 'Work ' || n, timestamptz '2026-08-01 00:00Z' + n * interval '5 days',
    timestamptz '2026-08-08 00:00Z' + n * interval '5 days'
FROM generate_series(1, 100) AS c, generate_series(1, 50) AS n;
INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at, score)
SELECT institution_id, gen_random_uuid(), class_id * 100 + n, student_id,
    timestamptz '2026-08-07 00:00Z' + n * interval '5 days', 100 * random()
FROM enrolments, generate_series(1, 50, 6) AS n;
INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, rating, created_at)
SELECT institution_id, id, id, student_id, 4001 + student_id % 100, 3, submitted_at + interval '2 days'
FROM submissions WHERE score > 50;
INSERT INTO feedback_contents (institution_id, feedback_id, content)
SELECT institution_id, id, 'Show the second step.' FROM feedback;

INSERT INTO gamification_events (
    institution_id, id, student_id, user_id, class_id, event_type, points_awarded, occurred_at
)
SELECT 1 + s % 4, gen_random_uuid(), s, CASE WHEN n % 20 = 0 THEN 4001 + s % 100 END,
    1 + (s - 1 + 4 * (n % 5 * 5 + s / 4 % 5)) % 100, 'practice', 10,
    timestamptz '2026-08-01 00:00Z' + n * interval '5 days'
FROM generate_series(1, 50) AS n, generate_series(1, 4000) AS s;

INSERT INTO risk_models (institution_id, id, name, version, kind)
SELECT i, i, 'baseline', 1, 'rule' FROM generate_series(1, 4) AS i;
INSERT INTO risk_predictions (
    institution_id, id, student_id, model_id, predicted_on, risk_score, risk_level, confidence, predicted_at
)
SELECT 1 + s % 4, gen_random_uuid(), s, 1 + s % 4, date '2026-08-01' + w * 7, score,
    (ARRAY['low', 'medium', 'high', 'critical'])[1 + least(score / 25, 3)::int], 0.8, now()
FROM (SELECT s, w, 99 * random() ^ 2 AS score FROM generate_series(1, 4000) AS s, generate_series(1, 30) AS w) AS said;
INSERT INTO interventions (institution_id, id, student_id, made_by, prediction_id, kind, happened_at)
SELECT institution_id, id, student_id, 4001 + student_id % 100, id, 'conversation', predicted_at
FROM risk_predictions WHERE risk_score > 90;

INSERT INTO grievances (
    institution_id, id, student_id, category, severity, description, filed_at, status, assigned_to, resolution,
    resolved_at
)
SELECT 1 + s % 4, gen_random_uuid(), s, 'grade', 'low', 'A point is missing.', filed_at, status, 4001 + (s - 1) % 100,
    CASE WHEN status = 'closed' THEN 'It was given.' END,
    CASE WHEN status = 'closed' THEN filed_at + interval '3 days' END
FROM (
    SELECT 1 + g % 4000 AS s, timestamptz '2026-08-01 00:00Z' + g * interval '20 minutes' AS filed_at,
        CASE WHEN g > 19700 THEN 'open' WHEN g > 19400 THEN 'in_progress' ELSE 'closed' END AS status
    FROM generate_series(1, 20000) AS g
) AS filed;
INSERT INTO grievance_events (institution_id, id, grievance_id, sequence, action, actor_id, to_status, occurred_at)
SELECT institution_id, gen_random_uuid(), id, n, CASE WHEN n = 1 THEN 'filed' ELSE 'commented' END,
    CASE WHEN n = 1 THEN student_id ELSE assigned_to END, CASE WHEN n = 1 THEN 'open' END, filed_at
FROM grievances, generate_series(1, 3) AS n;

INSERT INTO study_items (institution_id, id, user_id, kind, content, next_review_at)
SELECT 1 + s % 4, s * 10 + n, s, 'flashcard', '{"front": "7 x 8", "back": "56"}',
    timestamptz '2027-03-01 00:00Z' + n * interval '3 days'
FROM generate_series(1, 4000) AS s, generate_series(0, 9) AS n;
INSERT INTO sync_operations (
    institution_id, id, user_id, device, operation, table_name, row_id, payload, changed_at, status, settled_at
)
SELECT 1 + o % 4, gen_random_uuid(), 1 + o % 4000, 'tablet', 'insert', 'question_attempts', o::text, '{}', now(),
    CASE WHEN o % 100 < 4 THEN 'pending' ELSE 'applied' END, CASE WHEN o % 100 >= 4 THEN now() END
FROM generate_series(1, 40000) AS o;
INSERT INTO chats (institution_id, id, user_id) SELECT 1 + c % 4, c, c FROM generate_series(1, 4000) AS c;
INSERT INTO chat_messages (institution_id, id, chat_id, role, content, sent_at)
SELECT 1 + c % 4, gen_random_uuid(), c, CASE WHEN n % 2 = 0 THEN 'user' ELSE 'assistant' END, 'Why?',
    timestamptz '2026-08-01 00:00Z' + n * interval '1 minute'
FROM generate_series(1, 15) AS n, generate_series(1, 4000) AS c;
INSERT INTO documents (institution_id, id, user_id, kind, title, content)
SELECT 1 + d % 4, d, 1 + d % 4000, 'essay', initcap(md5(d::text)), 'Once upon a time.' FROM generate_series(1, 20000) AS d;
INSERT INTO audit_events (institution_id, id, user_id, action, resource, occurred_at)
SELECT 1 + e % 4, gen_random_uuid(), 1 + e % 4200, 'export', 'classes/1', timestamptz '2026-08-01 00:00Z' + e * interval '1 minute'
FROM generate_series(1, 50000) AS e;

INSERT INTO document_embeddings (institution_id, document_id, model, embedding)
SELECT institution_id, id, 'small', array_agg(random() - 0.5)::vector
FROM documents, generate_series(1, 1536) WHERE id <= 2000 GROUP BY institution_id, id;

DO $$ DECLARE index record; BEGIN
    FOR index IN SELECT made FROM built_at_the_end LOOP EXECUTE index.made; END LOOP;
END $$;
DROP TABLE built_at_the_end;
RESET session_replication_role;
