-- What people say of the answers, and who changed what.

CREATE TABLE case_reviews (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  case_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  run_id UUID,
  review_status TEXT NOT NULL DEFAULT 'PENDING' CHECK (review_status IN ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'REJECTED')),
  reviewer_comment TEXT,
  clinical_notes TEXT,
  assigned_to UUID REFERENCES users (id) ON DELETE RESTRICT,
  reviewed_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  reviewed_at TIMESTAMPTZ,
  signals_correct INTEGER,
  signals_incorrect INTEGER,
  signals_modified INTEGER,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  erased_at TIMESTAMPTZ,
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (run_id, facility_id, is_holdout)
    REFERENCES abstraction_runs (id, facility_id, is_holdout) ON DELETE RESTRICT
);
CREATE INDEX idx_case_reviews_case ON case_reviews (case_id);
CREATE INDEX idx_case_reviews_run ON case_reviews (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX idx_case_reviews_status ON case_reviews (review_status) WHERE review_status IN ('PENDING', 'IN_PROGRESS');
CREATE INDEX idx_case_reviews_assigned ON case_reviews (assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX idx_case_reviews_reviewed_by ON case_reviews (reviewed_by) WHERE reviewed_by IS NOT NULL;
CREATE INDEX idx_case_reviews_created_by ON case_reviews (created_by);

CREATE TABLE feedback (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  result_id UUID NOT NULL,
  case_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  signal_id TEXT NOT NULL REFERENCES signal_definitions (id) ON DELETE RESTRICT,
  feedback_type TEXT NOT NULL
    CHECK (feedback_type IN ('CORRECT', 'INCORRECT', 'MISSING_EVIDENCE', 'HALLUCINATION', 'OTHER')),
  rating INTEGER CHECK (rating BETWEEN 1 AND 5),
  comment TEXT,
  suggested_status TEXT CHECK (suggested_status IN ('pass', 'fail', 'caution', 'inactive')),
  suggested_finding TEXT,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  erased_at TIMESTAMPTZ,
  FOREIGN KEY (result_id, facility_id, is_holdout)
    REFERENCES abstraction_results (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_feedback_result ON feedback (result_id, created_at DESC);
CREATE INDEX idx_feedback_case ON feedback (case_id);
CREATE INDEX idx_feedback_signal ON feedback (signal_id);
CREATE INDEX idx_feedback_type ON feedback (feedback_type);
CREATE INDEX idx_feedback_user ON feedback (user_id);

-- What belongs to no facility carries 'synthetic'. Rows come from definer triggers on the tables people
-- change; the application can only read them.
CREATE TABLE audit_log (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  entity_type TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('CREATE', 'UPDATE', 'DELETE', 'REVIEW')),
  field_name TEXT,
  old_value TEXT,
  new_value TEXT,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  ip_address INET,
  user_agent TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_audit_log_entity ON audit_log (entity_type, entity_id, created_at DESC);
CREATE INDEX idx_audit_log_user ON audit_log (user_id, created_at DESC);
CREATE INDEX idx_audit_log_action ON audit_log (action);
CREATE INDEX idx_audit_log_facility ON audit_log (facility_id, created_at DESC);

CREATE TRIGGER stamp_author BEFORE INSERT OR UPDATE ON case_reviews FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON case_reviews FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER stamp_author BEFORE INSERT ON feedback FOR EACH ROW EXECUTE FUNCTION stamp_author('user_id');
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON feedback FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
