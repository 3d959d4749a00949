-- Gates, verdicts and what is current. Verdicts and promotions are written by definer functions of the
-- owner's alone; the application reads them.

CREATE TABLE prompt_gates (
  prompt_id UUID NOT NULL REFERENCES prompts (id) ON DELETE RESTRICT,
  suite_id TEXT NOT NULL,
  facility_id TEXT NOT NULL,
  is_required BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  PRIMARY KEY (prompt_id, suite_id),
  FOREIGN KEY (suite_id, facility_id) REFERENCES eval_suites (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_prompt_gates_suite ON prompt_gates (suite_id);
CREATE INDEX idx_prompt_gates_created_by ON prompt_gates (created_by);

CREATE TABLE gate_attempts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL,
  prompt_version_id UUID NOT NULL REFERENCES prompt_versions (id) ON DELETE RESTRICT,
  baseline_prompt_version_id UUID REFERENCES prompt_versions (id) ON DELETE RESTRICT,
  suite_version_id UUID NOT NULL,
  module_version_id UUID NOT NULL REFERENCES module_versions (id) ON DELETE RESTRICT,
  gate_policy_id UUID NOT NULL REFERENCES gate_policies (id) ON DELETE RESTRICT,
  environment TEXT NOT NULL CHECK (environment IN ('TEST', 'STAGING', 'PROD')),
  ordinal INTEGER NOT NULL CHECK (ordinal > 0),
  candidate_run_ids UUID[] NOT NULL DEFAULT '{}',
  baseline_run_ids UUID[] NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (prompt_version_id, suite_version_id, ordinal),
  UNIQUE (id, facility_id),
  FOREIGN KEY (suite_version_id, facility_id) REFERENCES eval_suite_versions (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_gate_attempts_baseline ON gate_attempts (baseline_prompt_version_id) WHERE baseline_prompt_version_id IS NOT NULL;
CREATE INDEX idx_gate_attempts_suite_version ON gate_attempts (suite_version_id);
CREATE INDEX idx_gate_attempts_module_version ON gate_attempts (module_version_id);
CREATE INDEX idx_gate_attempts_policy ON gate_attempts (gate_policy_id);
CREATE INDEX idx_gate_attempts_created_by ON gate_attempts (created_by);
COMMENT ON TABLE gate_attempts IS 'Every attempt on one version of the gold counts, and all runs used stand in it.';

CREATE TABLE gate_verdicts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL,
  gate_attempt_id UUID NOT NULL,
  candidate_grading_id UUID NOT NULL,
  baseline_grading_id UUID,
  comparison_id UUID,
  verdict TEXT NOT NULL CHECK (verdict IN ('PASS', 'FAIL', 'INCONCLUSIVE')),
  is_exploratory BOOLEAN NOT NULL,
  split TEXT NOT NULL CHECK (split IN ('all', 'tune', 'holdout')),
  best_possible TEXT NOT NULL CHECK (best_possible IN ('PASS', 'FAIL', 'INCONCLUSIVE')),
  headline TEXT NOT NULL,
  criteria JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (gate_attempt_id),
  FOREIGN KEY (gate_attempt_id, facility_id) REFERENCES gate_attempts (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (candidate_grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (baseline_grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (comparison_id, facility_id) REFERENCES comparisons (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_gate_verdicts_candidate ON gate_verdicts (candidate_grading_id);
CREATE INDEX idx_gate_verdicts_baseline ON gate_verdicts (baseline_grading_id) WHERE baseline_grading_id IS NOT NULL;
CREATE INDEX idx_gate_verdicts_comparison ON gate_verdicts (comparison_id) WHERE comparison_id IS NOT NULL;
CREATE INDEX idx_gate_verdicts_created_by ON gate_verdicts (created_by);
COMMENT ON COLUMN gate_verdicts.criteria IS 'Each criterion''s figure, bound, n, method, verdict and reason.';

CREATE TABLE promotions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  prompt_id UUID NOT NULL REFERENCES prompts (id) ON DELETE RESTRICT,
  environment TEXT NOT NULL CHECK (environment IN ('TEST', 'STAGING', 'PROD')),
  prompt_version_id UUID NOT NULL,
  module_version_id UUID REFERENCES module_versions (id) ON DELETE RESTRICT,
  previous_version_id UUID,
  gate_verdict_id UUID REFERENCES gate_verdicts (id) ON DELETE RESTRICT,
  kind TEXT NOT NULL CHECK (kind IN ('GATED', 'OVERRIDE', 'ROLLBACK')),
  reason TEXT NOT NULL CHECK (length(btrim(reason)) > 0),
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (id, prompt_id),
  FOREIGN KEY (prompt_version_id, prompt_id) REFERENCES prompt_versions (id, prompt_id) ON DELETE RESTRICT,
  FOREIGN KEY (previous_version_id, prompt_id) REFERENCES prompt_versions (id, prompt_id) ON DELETE RESTRICT,
  CHECK ((kind = 'GATED') = (gate_verdict_id IS NOT NULL)),
  CHECK (kind <> 'OVERRIDE' OR length(btrim(reason)) >= 20)
);
CREATE INDEX idx_promotions_prompt ON promotions (prompt_id, environment, created_at DESC);
CREATE INDEX idx_promotions_version ON promotions (prompt_version_id);
CREATE INDEX idx_promotions_previous ON promotions (previous_version_id) WHERE previous_version_id IS NOT NULL;
CREATE INDEX idx_promotions_module_version ON promotions (module_version_id) WHERE module_version_id IS NOT NULL;
CREATE INDEX idx_promotions_verdict ON promotions (gate_verdict_id) WHERE gate_verdict_id IS NOT NULL;
CREATE INDEX idx_promotions_created_by ON promotions (created_by);

CREATE TABLE prompt_current (
  prompt_id UUID NOT NULL REFERENCES prompts (id) ON DELETE RESTRICT,
  environment TEXT NOT NULL CHECK (environment IN ('TEST', 'STAGING', 'PROD')),
  prompt_version_id UUID NOT NULL,
  module_version_id UUID REFERENCES module_versions (id) ON DELETE RESTRICT,
  promotion_id UUID NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (prompt_id, environment),
  FOREIGN KEY (prompt_version_id, prompt_id) REFERENCES prompt_versions (id, prompt_id) ON DELETE RESTRICT,
  FOREIGN KEY (promotion_id, prompt_id) REFERENCES promotions (id, prompt_id) ON DELETE RESTRICT
);
CREATE INDEX idx_prompt_current_version ON prompt_current (prompt_version_id);
CREATE INDEX idx_prompt_current_module_version ON prompt_current (module_version_id) WHERE module_version_id IS NOT NULL;
CREATE INDEX idx_prompt_current_promotion ON prompt_current (promotion_id);

CREATE TRIGGER stamp_author BEFORE INSERT OR UPDATE ON prompt_gates FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT ON gate_attempts FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT ON gate_verdicts FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT ON promotions FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON gate_attempts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON gate_verdicts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON promotions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON prompt_current FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER refuse_delete BEFORE DELETE ON prompt_current FOR EACH ROW EXECUTE FUNCTION refuse_change();
