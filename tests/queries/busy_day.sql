-- Everybody of an institution answers, is set work, hands in, is marked, told a lot and leaves, from a moment on.
INSERT INTO question_attempts (
    institution_id, id, student_id, question_id, class_id, sequence, attempted_at, is_correct
)
SELECT institution_id, gen_random_uuid(), student_id,
    (SELECT min(id) FROM questions q WHERE q.institution_id = e.institution_id), class_id,
    extract(epoch FROM cast(:begins AS timestamptz)) * 1000000, :begins, true
FROM enrolments e WHERE institution_id = :institution;

INSERT INTO assignments (institution_id, id, class_id, title, due_at)
SELECT institution_id, id, id, 'Due that day', :begins FROM classes WHERE institution_id = :institution;

INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at, score, updated_at)
SELECT institution_id, gen_random_uuid(), assignment_id, student_id, :begins, 1, :begins
FROM submissions WHERE institution_id = :institution;

INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, created_at)
SELECT institution_id, gen_random_uuid(), submission_id, student_id, teacher_id, :begins
FROM feedback WHERE institution_id = :institution;

INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at)
SELECT institution_id, id + 1000000, (
    SELECT min(c.id) FROM classes c WHERE c.institution_id = s.institution_id AND NOT EXISTS (
        SELECT FROM enrolments e
        WHERE (e.institution_id, e.class_id, e.student_id) = (c.institution_id, c.id, s.id)
    )
), id, :begins FROM students s WHERE institution_id = :institution;

UPDATE enrolments SET left_at = greatest(enrolled_at, cast(:begins AS timestamptz) + interval '1 hour')
WHERE institution_id = :institution AND student_id % 5 = 0 AND coalesce(left_at, 'infinity') > :begins;
