-- Suites of gold cases, versioned by content. What a version holds never changes; new gold is a new version.

CREATE TABLE gate_policies (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  content_hash TEXT NOT NULL UNIQUE,
  document JSONB NOT NULL,
  state TEXT NOT NULL DEFAULT 'PROPOSED' CHECK (state IN ('PROPOSED', 'ACCEPTED')),
  accepted_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  accepted_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  CHECK ((state = 'ACCEPTED') = (accepted_by IS NOT NULL AND accepted_at IS NOT NULL))
);
CREATE INDEX idx_gate_policies_accepted_by ON gate_policies (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX idx_gate_policies_created_by ON gate_policies (created_by);

CREATE TABLE eval_suites (
  id TEXT PRIMARY KEY CHECK (length(id) <= 200),
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  module_id TEXT NOT NULL REFERENCES modules (id) ON DELETE RESTRICT,
  name TEXT NOT NULL,
  description TEXT,
  current_version_id UUID,
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (id, facility_id)
);
CREATE INDEX idx_eval_suites_facility ON eval_suites (facility_id);
CREATE INDEX idx_eval_suites_module ON eval_suites (module_id);
CREATE INDEX idx_eval_suites_current_version ON eval_suites (current_version_id);
CREATE INDEX idx_eval_suites_created_by ON eval_suites (created_by);
COMMENT ON COLUMN eval_suites.current_version_id IS 'The newest imported version; which one gates is the newest ACCEPTED.';

CREATE TABLE eval_suite_versions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  suite_id TEXT NOT NULL,
  facility_id TEXT NOT NULL,
  version_number INTEGER NOT NULL CHECK (version_number > 0),
  content_hash TEXT NOT NULL,
  cases_hash TEXT NOT NULL,
  document JSONB NOT NULL DEFAULT '{}',
  module_version_id UUID NOT NULL REFERENCES module_versions (id) ON DELETE RESTRICT,
  gate_policy_id UUID REFERENCES gate_policies (id) ON DELETE RESTRICT,
  source_file_id UUID,
  state TEXT NOT NULL DEFAULT 'PROPOSED' CHECK (state IN ('PROPOSED', 'ACCEPTED')),
  accepted_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  accepted_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (suite_id, version_number),
  UNIQUE (suite_id, content_hash),
  UNIQUE (id, facility_id),
  UNIQUE (id, suite_id),
  FOREIGN KEY (suite_id, facility_id) REFERENCES eval_suites (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (source_file_id, facility_id) REFERENCES source_files (id, facility_id) ON DELETE RESTRICT,
  CHECK ((state = 'ACCEPTED') = (accepted_by IS NOT NULL AND accepted_at IS NOT NULL))
);
CREATE INDEX idx_eval_suite_versions_module_version ON eval_suite_versions (module_version_id);
CREATE INDEX idx_eval_suite_versions_policy ON eval_suite_versions (gate_policy_id) WHERE gate_policy_id IS NOT NULL;
CREATE INDEX idx_eval_suite_versions_source_file ON eval_suite_versions (source_file_id) WHERE source_file_id IS NOT NULL;
CREATE INDEX idx_eval_suite_versions_accepted_by ON eval_suite_versions (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX idx_eval_suite_versions_created_by ON eval_suite_versions (created_by);
COMMENT ON COLUMN eval_suite_versions.cases_hash IS 'Of the case names, splits and payload hashes alone: a version with the same one can grade an older version''s runs.';
COMMENT ON COLUMN eval_suite_versions.document IS 'What suite.yaml says, parsed.';

ALTER TABLE eval_suites ADD CONSTRAINT eval_suites_current_version_fk
  FOREIGN KEY (current_version_id, id) REFERENCES eval_suite_versions (id, suite_id) ON DELETE RESTRICT;

CREATE TABLE gold_cases (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  suite_version_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  case_id UUID NOT NULL,
  case_payload_id UUID NOT NULL,
  title TEXT,
  why TEXT,
  tags TEXT[] NOT NULL DEFAULT '{}',
  split TEXT NOT NULL DEFAULT 'tune' CHECK (split IN ('tune', 'holdout')),
  is_holdout BOOLEAN NOT NULL GENERATED ALWAYS AS (split = 'holdout') STORED,
  cluster_key TEXT NOT NULL,
  origin TEXT NOT NULL DEFAULT 'IMPORTED' CHECK (origin IN ('AUTHORED', 'TWIN', 'SYNTHETIC', 'REVIEWED', 'IMPORTED')),
  position INTEGER NOT NULL DEFAULT 0,
  source_file_id UUID,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (suite_version_id, name),
  UNIQUE (id, facility_id, is_holdout),
  FOREIGN KEY (suite_version_id, facility_id) REFERENCES eval_suite_versions (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (case_payload_id, facility_id, is_holdout)
    REFERENCES case_payloads (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (case_payload_id, case_id) REFERENCES case_payloads (id, case_id) ON DELETE RESTRICT,
  FOREIGN KEY (source_file_id, facility_id) REFERENCES source_files (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_gold_cases_case ON gold_cases (case_id);
CREATE INDEX idx_gold_cases_payload ON gold_cases (case_payload_id);
CREATE INDEX idx_gold_cases_source_file ON gold_cases (source_file_id) WHERE source_file_id IS NOT NULL;
COMMENT ON COLUMN gold_cases.cluster_key IS 'The independent unit: its cluster, or its own name.';
COMMENT ON COLUMN gold_cases.position IS 'The order in which the files name the cases.';

CREATE TABLE gold_labels (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  gold_case_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  signal_id TEXT NOT NULL REFERENCES signal_definitions (id) ON DELETE RESTRICT,
  status TEXT NOT NULL CHECK (status IN ('pass', 'fail', 'caution', 'inactive')),
  also_accept TEXT[] NOT NULL DEFAULT '{}' CHECK (also_accept <@ ARRAY['pass', 'fail', 'caution', 'inactive']),
  also_accept_reason TEXT,
  basis TEXT CHECK (basis IN ('explicit', 'silent', 'not_applicable')),
  must_cite JSONB NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(must_cite) = 'array'),
  must_pass BOOLEAN NOT NULL DEFAULT false,
  rationale TEXT,
  labelled_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  source TEXT NOT NULL DEFAULT 'IMPORTED',
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (gold_case_id, signal_id),
  UNIQUE (id, facility_id, is_holdout),
  FOREIGN KEY (gold_case_id, facility_id, is_holdout)
    REFERENCES gold_cases (id, facility_id, is_holdout) ON DELETE RESTRICT
);
CREATE INDEX idx_gold_labels_signal ON gold_labels (signal_id);
CREATE INDEX idx_gold_labels_labelled_by ON gold_labels (labelled_by);
COMMENT ON COLUMN gold_labels.status IS 'The one best answer.';
COMMENT ON COLUMN gold_labels.must_cite IS 'Each member a path, or an array of paths of which one will do.';

CREATE TRIGGER stamp_author BEFORE INSERT ON gate_policies FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER keep_frozen BEFORE UPDATE ON gate_policies FOR EACH ROW
  EXECUTE FUNCTION refuse_change_except('state', 'accepted_by', 'accepted_at');
CREATE TRIGGER refuse_delete BEFORE DELETE ON gate_policies FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stamp_author BEFORE INSERT OR UPDATE ON eval_suites FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON eval_suites FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER stamp_author BEFORE INSERT ON eval_suite_versions FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER keep_frozen BEFORE UPDATE ON eval_suite_versions FOR EACH ROW
  EXECUTE FUNCTION refuse_change_except('state', 'accepted_by', 'accepted_at');
CREATE TRIGGER refuse_delete BEFORE DELETE ON eval_suite_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stamp_author BEFORE INSERT ON gold_labels FOR EACH ROW EXECUTE FUNCTION stamp_author('labelled_by');
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON gold_cases FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON gold_labels FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Acceptance is a later function of the owner's; until then, and by INSERT, the application only proposes.
CREATE FUNCTION guard_proposed() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.state <> 'PROPOSED' AND NOT public.acts_as_owner() THEN
    RAISE EXCEPTION 'a row of % is written as PROPOSED and accepted by a person', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_proposed BEFORE INSERT OR UPDATE ON gate_policies FOR EACH ROW EXECUTE FUNCTION guard_proposed();
CREATE TRIGGER guard_proposed BEFORE INSERT OR UPDATE ON eval_suite_versions FOR EACH ROW EXECUTE FUNCTION guard_proposed();
