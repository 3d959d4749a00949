-- Views run with the rights of whoever asks, so row-level security holds in them too.

CREATE VIEW v_cases_recent WITH (security_invoker = true) AS
SELECT c.id, c.facility_id, c.case_number, c.status, c.priority, c.assigned_to, c.reviewed_by, c.reviewed_at,
       c.created_at, c.updated_at, c.patient_id, p.mrn,
       c.specialty_id, s.display_name AS specialty_name, c.module_id, m.display_name AS module_name
  FROM cases c
  JOIN specialties s ON s.id = c.specialty_id
  JOIN modules m ON m.id = c.module_id
  LEFT JOIN patients p ON p.id = c.patient_id
 WHERE c.origin = 'CLINICAL' AND c.updated_at >= CURRENT_TIMESTAMP - interval '7 days'
 ORDER BY c.updated_at DESC;

CREATE VIEW v_cases_pending_review WITH (security_invoker = true) AS
SELECT c.id, c.facility_id, c.case_number, c.status, c.priority, c.assigned_to, c.created_at, c.updated_at,
       c.patient_id, p.mrn, c.specialty_id, c.module_id, coalesce(r.review_count, 0) AS review_count
  FROM cases c
  LEFT JOIN patients p ON p.id = c.patient_id
  LEFT JOIN LATERAL (SELECT count(*) AS review_count FROM case_reviews r WHERE r.case_id = c.id) r ON true
 WHERE c.origin = 'CLINICAL' AND c.status IN ('PENDING_REVIEW', 'IN_PROGRESS');

-- How often the model was right, among its answers of the last 30 days that somebody judged. An answer is
-- counted once, by its newest judgement; what nobody judged is in no denominator; NULL where none was.
CREATE VIEW v_signal_accuracy WITH (security_invoker = true) AS
WITH judged AS (
  SELECT DISTINCT ON (f.result_id) f.result_id, f.feedback_type
    FROM feedback f
   WHERE f.feedback_type IN ('CORRECT', 'INCORRECT', 'HALLUCINATION')
   ORDER BY f.result_id, f.created_at DESC, f.id DESC
), recent AS (
  SELECT r.id, r.signal_id
    FROM abstraction_results r
    JOIN cases c ON c.id = r.case_id
   WHERE r.source = 'AI' AND r.outcome = 'answered' AND c.origin = 'CLINICAL'
     AND r.created_at >= CURRENT_TIMESTAMP - interval '30 days'
)
SELECT s.id AS signal_id, s.label, s.module_id,
       count(r.id) AS total_results,
       count(j.result_id) AS total_evaluations,
       count(*) FILTER (WHERE j.feedback_type = 'CORRECT') AS correct_count,
       count(*) FILTER (WHERE j.feedback_type IN ('INCORRECT', 'HALLUCINATION')) AS incorrect_count,
       round(100.0 * count(*) FILTER (WHERE j.feedback_type = 'CORRECT') / nullif(count(j.result_id), 0), 2) AS accuracy_pct
  FROM signal_definitions s
  LEFT JOIN recent r ON r.signal_id = s.id
  LEFT JOIN judged j ON j.result_id = r.id
 GROUP BY s.id, s.label, s.module_id;
