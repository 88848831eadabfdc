-- A school of one institution at the end of its year: bench.students students, bench.attempts answers, and what else
-- the year leaves behind in the demo's proportions. As superuser: keys are right by construction, so that their
-- triggers need not look. Form f has the students 25 f - 24 to 25 f and the classes 4 f to 4 f + 3; teacher 1000001
-- teaches the first class of each of sixty forms.
SET session_replication_role = replica;
SELECT setseed(0.5);

INSERT INTO institutions (id, name, time_zone) VALUES (1, 'Bench School', 'Europe/Zurich');
INSERT INTO accounts (id, email) VALUES (1, 'teacher@bench.example');
INSERT INTO users (institution_id, id, account_id, role, name)
SELECT 1, u, CASE WHEN u = 1000001 THEN 1 END, CASE WHEN u > 1000000 THEN 'teacher' ELSE 'student' END,
    initcap(substr(md5(u::text), 1, 6)) || ' ' || initcap(substr(md5(u::text), 7, 9))
FROM (
    SELECT generate_series(1, current_setting('bench.students')::int)
    UNION ALL SELECT 1000000 + generate_series(1, 1 + current_setting('bench.students')::int / 25)
) AS people (u);
INSERT INTO students (institution_id, id) SELECT 1, id FROM users WHERE role = 'student';

INSERT INTO topics (institution_id, id, parent_id, position, name)
SELECT 1, t, NULL, t, 'Subject ' || t FROM generate_series(1, 8) AS t
UNION ALL SELECT 1, t * 10 + n, t, n, 'Topic ' || t || '.' || n FROM generate_series(1, 8) AS t, generate_series(1, 6) AS n;
INSERT INTO concepts (institution_id, id, topic_id, position, name)
SELECT 1, t * 100 + n, t * 10 + 1 + n % 6, n, 'Concept ' || t || '.' || n
FROM generate_series(1, 8) AS t, generate_series(1, 24) AS n;
INSERT INTO questions (institution_id, id, body)
SELECT 1, id * 100 + n, 'Question ' || id || '.' || n FROM concepts, generate_series(1, 20) AS n;
INSERT INTO question_concepts (institution_id, question_id, concept_id)
SELECT 1, id * 100 + n, id FROM concepts, generate_series(1, 20) AS n
UNION ALL SELECT 1, id * 100 + n, id + 1 FROM concepts, generate_series(10, 20, 10) AS n WHERE id % 100 < 24;

INSERT INTO classes (institution_id, id, name, subject_id)
SELECT 1, 4 * f + k, (7 + f % 3) || ' Form ' || f || ', subject ' || 1 + (f + 2 * k) % 8, 1 + (f + 2 * k) % 8
FROM generate_series(1, current_setting('bench.students')::int / 25) AS f, generate_series(0, 3) AS k;
INSERT INTO class_teachers (institution_id, class_id, teacher_id)
SELECT 1, id, CASE WHEN id % 4 = 0 AND id <= 240 THEN 1000001 ELSE 1000002 + id / 5 % (current_setting('bench.students')::int / 25) END
FROM classes;
INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at, left_at)
SELECT 1, s * 10 + k, 4 * (1 + (s - 1) / 25) + k, s, timestamptz '2025-09-01 00:00Z',
    CASE WHEN (s + k) % 40 = 0 THEN timestamptz '2026-02-01 00:00Z' END
FROM generate_series(1, current_setting('bench.students')::int) AS s, generate_series(0, 3) AS k;

-- Some students practise much more than others, a tenth of it on their own; rows are there by time.
INSERT INTO question_attempts (
    institution_id, id, student_id, question_id, class_id, sequence, attempted_at, is_correct, time_taken_seconds,
    hint_count, confidence, xp_earned
)
SELECT 1, lpad(to_hex(a), 32, '0')::uuid, s, (1 + (f + 2 * k) % 8) * 10000 + (1 + concept * 24)::int * 100 + question,
    CASE WHEN a % 10 > 0 THEN 4 * f + k END, extract(epoch FROM happened) * 1000000, happened,
    random() < 0.35 + 0.5 * (s * 37 % 101) / 100, 5 + 60 * random(), 0, random(), 10
FROM (
    SELECT a, s, 1 + (s - 1) / 25 AS f, (random() * 3.999 - 0.5)::int AS k, random() * 0.95 AS concept,
        (1 + random() * 19)::int AS question,
        timestamptz '2026-06-30 20:00Z' - (current_setting('bench.attempts')::int - a) * interval '300 days'
            / current_setting('bench.attempts')::int AS happened
    FROM (
        SELECT a, 1 + (7919 * (current_setting('bench.students')::int * 0.9999 * random() ^ 1.5)::bigint)
            % current_setting('bench.students')::int AS s
        FROM generate_series(1, current_setting('bench.attempts')::int) AS a
    ) AS answered
) AS made;
INSERT INTO concept_mastery (
    institution_id, student_id, concept_id, mastery_score, mastery_low, mastery_high, total_attempts,
    correct_attempts, last_attempted_at, computed_at
)
SELECT 1, student_id, concept_id, 100 * p, greatest(0, 100 * p - width), least(100, 100 * p + width), total, correct,
    latest, latest
FROM (
    SELECT *, 164 * sqrt(p * (1 - p) / (total + 2)) AS width
    FROM (
        SELECT student_id, concept_id, count(*) AS total, count(*) FILTER (WHERE is_correct) AS correct,
            max(attempted_at) AS latest, (count(*) FILTER (WHERE is_correct) + 0.5)::float / (count(*) + 1) AS p
        FROM question_attempts JOIN question_concepts USING (institution_id, question_id) GROUP BY 1, 2
    ) AS counted
) AS scored;

-- The last piece of work is due three days after the moment of the bench.
INSERT INTO assignments (institution_id, id, class_id, title, assigned_at, due_at)
SELECT 1, id * 100 + n, id, 'Work ' || n, due_at - interval '14 days', due_at
FROM (SELECT id, n, timestamptz '2026-07-03 12:00Z' - (6 - n) * interval '50 days' AS due_at
      FROM classes, generate_series(1, 6) AS n) AS set;
INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at, score)
SELECT 1, gen_random_uuid(), class_id * 100 + n, student_id,
    timestamptz '2026-07-03 12:00Z' - (6 - n) * interval '50 days' - (1 + random()) * interval '4 days', 100 * random()
FROM enrolments, generate_series(1, 6) AS n WHERE left_at IS NULL AND (student_id + n) % 7 > 0;
INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, rating, created_at)
SELECT 1, id, id, student_id, 1000001 + assignment_id / 500 % 300, 3, submitted_at + interval '2 days'
FROM submissions WHERE score > 25 AND submitted_at < '2026-06-20';
INSERT INTO feedback_contents (institution_id, feedback_id, content) SELECT 1, id, 'Show the second step.' FROM feedback;

INSERT INTO badges (institution_id, id, name, rarity) SELECT 1, b, 'Badge ' || b, 'common' FROM generate_series(1, 20) AS b;
INSERT INTO student_badges (institution_id, student_id, badge_id, unlocked_at)
SELECT 1, s, 1 + (s + n) % 20, timestamptz '2026-01-01 00:00Z' + n * interval '30 days'
FROM generate_series(1, current_setting('bench.students')::int) AS s, generate_series(0, 4) AS n;
INSERT INTO gamification_events (
    institution_id, id, student_id, class_id, event_type, points_awarded, xp_awarded, occurred_at, created_at
)
SELECT 1, gen_random_uuid(), student_id, class_id, 'practice', 1 + hint_count, 10, attempted_at, attempted_at
FROM question_attempts WHERE sequence % 3 = 0
UNION ALL
SELECT 1, gen_random_uuid(), student_id, assignment_id / 100, 'submission', 10, 20, submitted_at, submitted_at FROM submissions;
INSERT INTO student_points (
    institution_id, student_id, points, xp, level, current_streak, best_streak, last_active_on, computed_at
)
SELECT 1, student_id, sum(points_awarded), sum(xp_awarded), 1 + sum(xp_awarded) / 500, 1, 3, max(occurred_at)::date,
    max(occurred_at)
FROM gamification_events GROUP BY student_id;

INSERT INTO risk_models (institution_id, id, name, version, kind) VALUES (1, 1, 'baseline', 1, 'rule');
INSERT INTO risk_predictions (
    institution_id, id, student_id, model_id, predicted_on, risk_score, risk_level, submission_frequency,
    engagement_score, confidence, predicted_at
)
SELECT 1, gen_random_uuid(), s, 1, day, score, (ARRAY['low', 'medium', 'high', 'critical'])[1 + least(score / 25, 3)::int],
    0.8, 50, 0.8, day + interval '6 hours'
FROM (
    SELECT s, date '2026-06-29' - w * 7 AS day, 99 * random() ^ 2 AS score
    FROM generate_series(0, 39) AS w, generate_series(1, current_setting('bench.students')::int) AS s
) AS said;
INSERT INTO interventions (institution_id, id, student_id, made_by, prediction_id, kind, happened_at)
SELECT 1, id, student_id, 1000001, id, 'conversation', predicted_at FROM risk_predictions WHERE risk_score > 95;

INSERT INTO grievances (
    institution_id, id, student_id, category, severity, description, filed_at, status, assigned_to, resolution,
    resolved_at
)
SELECT 1, gen_random_uuid(), 1 + g * 5 % current_setting('bench.students')::int, 'grade', 'low', 'A point is missing.',
    filed_at, status, 1000001 + (g - 1) % 20, CASE WHEN status = 'closed' THEN 'It was given.' END,
    CASE WHEN status = 'closed' THEN filed_at + interval '3 days' END
FROM (
    SELECT g, timestamptz '2026-06-30 08:00Z' - g * interval '2 hours' AS filed_at,
        CASE WHEN g % 20 = 1 THEN 'open' WHEN g % 20 = 2 THEN 'in_progress' ELSE 'closed' END AS status
    FROM generate_series(1, current_setting('bench.students')::int / 5) AS g
) AS filed;
INSERT INTO grievance_events (institution_id, id, grievance_id, sequence, action, actor_id, to_status, occurred_at)
SELECT 1, gen_random_uuid(), id, n, CASE WHEN n = 1 THEN 'filed' ELSE 'commented' END,
    CASE WHEN n = 1 THEN student_id ELSE assigned_to END, CASE WHEN n = 1 THEN 'open' END, filed_at + n * interval '1 hour'
FROM grievances, generate_series(1, 3) AS n;
INSERT INTO grievance_event_details (institution_id, event_id, details)
SELECT 1, id, 'A point is missing.' FROM grievance_events WHERE action = 'commented';

RESET session_replication_role;
