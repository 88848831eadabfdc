-- The queries that somebody will ask of a school, each under what it is and the index that answers it. They are asked
-- by the server: to a viewer, row-level security answers LIKE and distances from the institution's rows, not by index.
-- test_plans.py asks them of large_school.sql: of institution 2, its class 1, student 1 and teacher 4001.
-- A class's students are asked for as an array: views then look them up, where a join would read the institution.

-- the ten latest attempts of a student: question_attempts_student_idx
SELECT * FROM question_attempts WHERE institution_id = 2 AND student_id = 1 ORDER BY sequence DESC LIMIT 10;

-- the latest attempts of a class: question_attempts_class_idx
SELECT * FROM question_attempts WHERE institution_id = 2 AND class_id = 1 ORDER BY sequence DESC LIMIT 50;

-- a week of a class: question_attempts_class_idx
SELECT * FROM question_attempts
WHERE institution_id = 2 AND class_id = 1 AND attempted_at >= '2026-10-01' AND attempted_at < '2026-10-08'
ORDER BY attempted_at;

-- an hour of the whole school: question_attempts_attempted_at_idx
SELECT count(*) FROM question_attempts
WHERE attempted_at >= '2026-10-01 10:00Z' AND attempted_at < '2026-10-01 11:00Z';

-- the answers to a question: question_attempts_question_idx
SELECT avg(is_correct::int) FROM question_attempts WHERE institution_id = 2 AND question_id = 20007;

-- a student's mastery by topic: question_attempts_student_idx
SELECT * FROM topic_progress WHERE institution_id = 2 AND student_id = 1;

-- a student's mastery of one topic: question_attempts_student_idx
SELECT * FROM topic_progress WHERE institution_id = 2 AND student_id = 1 AND topic_id = 2003;

-- a class's mastery by topic: question_attempts_student_idx
SELECT * FROM topic_progress
WHERE institution_id = 2 AND student_id = ANY (ARRAY(
    SELECT student_id FROM enrolments WHERE institution_id = 2 AND class_id = 1 AND left_at IS NULL
));

-- a student's days of a week, with the streak: question_attempts_student_idx
SELECT * FROM daily_activity
WHERE institution_id = 2 AND student_id = 1 AND active_on BETWEEN '2026-10-01' AND '2026-10-07';

-- a student's mastery: concept_mastery_pk
SELECT * FROM concept_mastery WHERE institution_id = 2 AND student_id = 1;

-- everybody's mastery of a concept: concept_mastery_concept_id_idx
SELECT * FROM concept_mastery WHERE institution_id = 2 AND concept_id = 2005;

-- a class's assignments as they fall due: assignments_class_id_idx
SELECT * FROM assignments WHERE institution_id = 2 AND class_id = 1 AND due_at > '2026-10-01' ORDER BY due_at;

-- what was handed in for an assignment: submissions_assignment_id_idx
SELECT * FROM submissions WHERE institution_id = 2 AND assignment_id = 107;

-- what a student has handed in: submissions_student_id_idx
SELECT * FROM submissions WHERE institution_id = 2 AND student_id = 1 ORDER BY submitted_at DESC;

-- what a student was told, in words: feedback_student_id_idx
SELECT f.*, c.content FROM feedback f
JOIN feedback_contents c ON c.institution_id = f.institution_id AND c.feedback_id = f.id
WHERE f.institution_id = 2 AND f.student_id = 1
ORDER BY f.created_at DESC;

-- what was said of a submission: feedback_submission_id_idx
SELECT * FROM feedback
WHERE institution_id = 2 AND submission_id = (
    SELECT id FROM submissions WHERE institution_id = 2 AND student_id = 1 LIMIT 1
);

-- a teacher's latest feedback: feedback_teacher_id_idx
SELECT * FROM feedback WHERE institution_id = 2 AND teacher_id = 4001 ORDER BY created_at DESC LIMIT 20;

-- the events of a class's board: gamification_events_class_id_idx
SELECT student_id, sum(points_awarded) FROM gamification_events
WHERE institution_id = 2 AND class_id = 1 AND occurred_at >= '2026-10-01'
GROUP BY student_id;

-- the events of a student: gamification_events_student_id_idx
SELECT * FROM gamification_events WHERE institution_id = 2 AND student_id = 1 ORDER BY occurred_at;

-- the points that a teacher has awarded: gamification_events_user_id_idx
SELECT * FROM gamification_events WHERE institution_id = 2 AND user_id = 4001;

-- the risk of a student over time: risk_predictions_student_day_model_key
SELECT * FROM risk_predictions WHERE institution_id = 2 AND student_id = 1 ORDER BY predicted_on;

-- who is at high risk on a day: risk_predictions_predicted_on_idx
SELECT * FROM risk_predictions
WHERE institution_id = 2 AND predicted_on = '2026-10-03' AND risk_level IN ('high', 'critical')
ORDER BY risk_score DESC;

-- what was done for a student: interventions_student_id_idx
SELECT * FROM interventions WHERE institution_id = 2 AND student_id = 1 ORDER BY happened_at;

-- a student's grievances: grievances_student_id_idx
SELECT * FROM grievances WHERE institution_id = 2 AND student_id = 1 ORDER BY filed_at DESC;

-- open grievances, the oldest first: grievances_status_idx
SELECT * FROM grievances WHERE institution_id = 2 AND status = 'open' ORDER BY filed_at;

-- the grievances that wait for a person: grievances_assigned_to_idx
SELECT * FROM grievances WHERE institution_id = 2 AND assigned_to = 4001 AND status IN ('open', 'in_progress');

-- the steps of a grievance in order: grievance_events_institution_id_grievance_id_sequence_key
SELECT * FROM grievance_events
WHERE institution_id = 2 AND grievance_id = (
    SELECT id FROM grievances WHERE institution_id = 2 AND student_id = 1 LIMIT 1
)
ORDER BY sequence;

-- the study items that are due: study_items_user_id_idx
SELECT * FROM study_items
WHERE institution_id = 2 AND user_id = 1 AND next_review_at <= '2027-03-10'
ORDER BY next_review_at;

-- the changes that wait to be taken in: sync_operations_pending_idx
SELECT * FROM sync_operations WHERE institution_id = 2 AND status = 'pending' ORDER BY changed_at LIMIT 100;

-- a conversation in order: chat_messages_chat_id_idx
SELECT * FROM chat_messages WHERE institution_id = 2 AND chat_id = 1 ORDER BY sent_at;

-- people by a part of their name: users_name_trgm_idx
SELECT * FROM users WHERE institution_id = 2 AND name ILIKE '%mar%';

-- documents by a part of their title: documents_title_trgm_idx
SELECT * FROM documents WHERE institution_id = 2 AND title ILIKE '%abc%';

-- the documents that mean nearly the same: document_embeddings_hnsw_idx
SELECT document_id FROM document_embeddings
ORDER BY embedding::halfvec(1536) <=> (
    SELECT embedding::halfvec(1536) FROM document_embeddings WHERE institution_id = 2 AND document_id = 1
)
LIMIT 10;

-- what a person has done, latest first: audit_events_user_id_idx
SELECT * FROM audit_events WHERE institution_id = 2 AND user_id = 1 ORDER BY occurred_at DESC LIMIT 50;

-- what was done on a day: audit_events_occurred_at_idx
SELECT * FROM audit_events
WHERE institution_id = 2 AND occurred_at >= '2026-08-10' AND occurred_at < '2026-08-11'
ORDER BY occurred_at;
