-- One row or more of every table, for the institution whose number stands for {n}; its ids begin with that number.
INSERT INTO institutions (id, name) VALUES ({n}, 'School {n}');
INSERT INTO accounts (id, email) VALUES ({n}1, 'a@school{n}.example');
INSERT INTO users (institution_id, id, account_id, role, name) VALUES
    ({n}, {n}1, {n}1, 'student', 'A'), ({n}, {n}2, NULL, 'teacher', 'B'), ({n}, {n}3, NULL, 'student', 'C');
INSERT INTO profiles (institution_id, user_id) VALUES ({n}, {n}1);
INSERT INTO subscriptions (institution_id, id, user_id, plan, status, starts_at) VALUES ({n}, {n}1, {n}1, 'p', 'active', now());
INSERT INTO students (institution_id, id, available_hours_per_day) VALUES ({n}, {n}1, 2), ({n}, {n}3, NULL);
INSERT INTO guardianships (institution_id, guardian_id, student_id) VALUES ({n}, {n}2, {n}1);
INSERT INTO mentorships (institution_id, mentor_id, student_id, started_at) VALUES ({n}, {n}2, {n}1, now());
INSERT INTO topics (institution_id, id, parent_id, name) VALUES ({n}, {n}1, NULL, 't'), ({n}, {n}2, {n}1, 't');
INSERT INTO topic_prerequisites (institution_id, topic_id, prerequisite_id) VALUES ({n}, {n}2, {n}1);
INSERT INTO concepts (institution_id, id, topic_id, name) VALUES ({n}, {n}1, {n}1, 'c');
INSERT INTO questions (institution_id, id, options, correct_option) VALUES ({n}, {n}1, '["a", "b"]', 1);
INSERT INTO question_concepts (institution_id, question_id, concept_id) VALUES ({n}, {n}1, {n}1);
INSERT INTO classes (institution_id, id, name, subject_id) VALUES ({n}, {n}1, 'k', {n}1);
INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES ({n}, {n}1, {n}2);
INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES ({n}, {n}1, {n}1, {n}1);
INSERT INTO assignments (institution_id, id, class_id, topic_id, title) VALUES ({n}, {n}1, {n}1, {n}1, 'w');
INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at)
    SELECT {n}, md5('{n} submission ' || i)::uuid, {n}1, {n}1, now() FROM generate_series(1, 2) i;
INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, supersedes_id, created_at) VALUES
    ({n}, md5('{n} feedback 1')::uuid, md5('{n} submission 1')::uuid, {n}1, {n}2, NULL, '2026-01-01'),
    ({n}, md5('{n} feedback 2')::uuid, md5('{n} submission 1')::uuid, {n}1, {n}2, md5('{n} feedback 1')::uuid, '2026-01-02'),
    ({n}, md5('{n} silence')::uuid, md5('{n} submission 2')::uuid, {n}1, {n}2, NULL, '2026-01-03');
INSERT INTO feedback_contents (institution_id, feedback_id, content, ai_suggestion)
    SELECT {n}, md5('{n} feedback ' || i)::uuid, 'said', 'suggested' FROM generate_series(1, 2) i;
INSERT INTO question_attempts (institution_id, id, student_id, question_id, class_id, sequence, is_correct)
    VALUES ({n}, md5('{n} attempt')::uuid, {n}1, {n}1, {n}1, 1, true);
INSERT INTO concept_mastery VALUES ({n}, {n}1, {n}1, 50, 50, 50, 1, 1, NULL, NULL, NULL, now());
INSERT INTO mastery_history VALUES ({n}, {n}1, {n}1, '2026-01-05', NULL, 50, 50, 50, 1, 1);
INSERT INTO study_plans (institution_id, id, student_id, title, starts_on, ends_on)
    VALUES ({n}, {n}1, {n}1, 'p', '2026-01-01', '2026-02-01');
INSERT INTO study_plan_items (institution_id, plan_id, position, planned_on, topic_id, concept_id, minutes)
    VALUES ({n}, {n}1, 0, '2026-01-01', {n}1, {n}1, 20);
INSERT INTO badges (institution_id, id, name, rarity) VALUES ({n}, {n}1, 'b{n}', 'rare');
INSERT INTO student_badges (institution_id, student_id, badge_id, unlocked_at) VALUES ({n}, {n}1, {n}1, now());
INSERT INTO student_points VALUES ({n}, {n}1, 5, 5, 1, 1, 1, NULL, now());
INSERT INTO gamification_events (institution_id, id, student_id, user_id, class_id, event_type, badge_id, occurred_at)
    VALUES ({n}, md5('{n} award')::uuid, {n}1, {n}2, {n}1, 'achievement', {n}1, now());
INSERT INTO mastery_models
    (institution_id, id, status, format, parameters, attempts, students, fitted_at, validated_at, approved_by)
    VALUES ({n}, {n}1, 'retired', 1, '{{}}', 1, 1, now(), now(), {n}2);
INSERT INTO mastery_states (institution_id, student_id, model_id, format, last_sequence, state, recorded_at)
    VALUES ({n}, {n}1, {n}1, 1, 1, 'packed', now());
INSERT INTO concept_tracing
    (institution_id, concept_id, prior, learn, forget, guess, slip, prior_se, learn_se, forget_se, guess_se, slip_se,
    guessed_share, slipped_share, students, attempts, fitted_at)
    VALUES ({n}, {n}1, 0.5, 0.1, 0, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 10, 20, now());
INSERT INTO risk_models (institution_id, id, name, version, kind, approved_by, approved_at)
    VALUES ({n}, {n}1, 'm{n}', 1, 'rule', {n}2, now());
INSERT INTO risk_predictions
    (institution_id, id, student_id, model_id, predicted_on, risk_score, risk_level, confidence, predicted_at)
    VALUES ({n}, md5('{n} prediction')::uuid, {n}1, {n}1, '2026-01-01', 50, 'low', 0.5, now());
INSERT INTO risk_responses (institution_id, id, prediction_id, user_id, action, responded_at)
    VALUES ({n}, md5('{n} response')::uuid, md5('{n} prediction')::uuid, {n}2, 'acknowledged', now());
INSERT INTO outbox (institution_id, id, class_id, student_id)
    VALUES ({n}, md5('{n} class')::uuid, {n}1, NULL), ({n}, md5('{n} student')::uuid, NULL, {n}1);
INSERT INTO interventions (institution_id, id, student_id, made_by, prediction_id, kind, happened_at)
    VALUES ({n}, md5('{n} intervention')::uuid, {n}1, {n}2, md5('{n} prediction')::uuid, 'other', now());
INSERT INTO grievance_routing_rules (institution_id, id, category, authority_id, valid_from, valid_until)
    VALUES ({n}, {n}1, 'grade', {n}2, '2026-01-01', '2026-02-01');
INSERT INTO grievances (institution_id, id, student_id, category, severity, description, filed_at, assigned_to)
    VALUES ({n}, md5('{n} grievance')::uuid, {n}1, 'grade', 'low', 'unfair', '2026-01-01', {n}2);
INSERT INTO outbox (institution_id, id, grievance_id)
    VALUES ({n}, md5('{n} complaint')::uuid, md5('{n} grievance')::uuid);
INSERT INTO grievance_events
    (institution_id, id, grievance_id, sequence, action, actor_id, assigned_to, routing_rule_id, occurred_at)
    VALUES ({n}, md5('{n} step')::uuid, md5('{n} grievance')::uuid, 1, 'routed', {n}1, {n}2, {n}1, now());
INSERT INTO grievance_events (institution_id, id, grievance_id, sequence, action, occurred_at)
    VALUES ({n}, md5('{n} silence')::uuid, md5('{n} grievance')::uuid, 2, 'commented', now());
INSERT INTO grievance_event_details (institution_id, event_id, details) VALUES ({n}, md5('{n} step')::uuid, 'said');
INSERT INTO study_items (institution_id, id, user_id, topic_id, kind, content) VALUES ({n}, {n}1, {n}1, {n}1, 'note', '{{}}');
INSERT INTO progress_records (institution_id, id, user_id, category, score, recorded_at)
    VALUES ({n}, md5('{n} record')::uuid, {n}1, 'reading', 1, now());
INSERT INTO documents (institution_id, id, user_id, kind, content) VALUES ({n}, {n}1, {n}1, 'essay', 'd');
INSERT INTO document_embeddings (institution_id, document_id, model, embedding)
    VALUES ({n}, {n}1, 'm', array_fill(0.5, ARRAY[1536]));
INSERT INTO chats (institution_id, id, user_id, student_id) VALUES ({n}, {n}1, {n}2, {n}1);
INSERT INTO chat_embeddings (institution_id, chat_id, model, embedding)
    VALUES ({n}, {n}1, 'm', array_fill(0.5, ARRAY[1536]));
INSERT INTO chat_messages (institution_id, id, chat_id, role, content, sent_at)
    VALUES ({n}, md5('{n} message')::uuid, {n}1, 'user', 'm', now());
INSERT INTO audit_events (institution_id, id, user_id, action, occurred_at)
    VALUES ({n}, md5('{n} act')::uuid, {n}2, 'export', now()), ({n}, md5('{n} silence')::uuid, {n}2, 'export', now());
INSERT INTO audit_event_details (institution_id, event_id, details) VALUES ({n}, md5('{n} act')::uuid, '{{"a": 1}}');
INSERT INTO sync_operations (institution_id, id, user_id, device, operation, table_name, row_id, changed_at)
    VALUES ({n}, md5('{n} change')::uuid, {n}1, 'd', 'delete', 'documents', '{n}1', now());
INSERT INTO viewers (institution_id, login, user_id, role, reads_names, made_at, expires_at)
    VALUES ({n}, 'edukit_v_{n}', {n}2, 'teacher', false, now(), now());
