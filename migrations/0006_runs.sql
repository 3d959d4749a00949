-- Runs, samples, and what the models answered.

CREATE TABLE eval_runs (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL,
  suite_version_id UUID NOT NULL,
  module_version_id UUID NOT NULL REFERENCES module_versions (id) ON DELETE RESTRICT,
  prompt_version_id UUID NOT NULL REFERENCES prompt_versions (id) ON DELETE RESTRICT,
  model TEXT NOT NULL,
  model_params JSONB NOT NULL DEFAULT '{}',
  repeats INTEGER NOT NULL DEFAULT 1 CHECK (repeats > 0),
  split TEXT CHECK (split IN ('tune', 'holdout')),
  selection JSONB NOT NULL DEFAULT '{}',
  seed BIGINT NOT NULL DEFAULT 0,
  purpose TEXT NOT NULL DEFAULT 'EVAL' CHECK (purpose IN ('EVAL', 'GATE', 'TRY')),
  status TEXT NOT NULL DEFAULT 'PLANNED'
    CHECK (status IN ('PLANNED', 'RUNNING', 'COMPLETED', 'STOPPED', 'FAILED', 'CANCELLED')),
  stop_reason TEXT,
  budget_usd NUMERIC(18,10) CHECK (budget_usd >= 0),
  concurrency INTEGER CHECK (concurrency > 0),
  uses_cache BOOLEAN NOT NULL DEFAULT true,
  digest TEXT NOT NULL,
  started_at TIMESTAMPTZ,
  finished_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (id, facility_id),
  FOREIGN KEY (suite_version_id, facility_id) REFERENCES eval_suite_versions (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_eval_runs_suite_version ON eval_runs (suite_version_id, created_at DESC);
CREATE INDEX idx_eval_runs_module_version ON eval_runs (module_version_id);
CREATE INDEX idx_eval_runs_prompt_version ON eval_runs (prompt_version_id);
CREATE INDEX idx_eval_runs_digest ON eval_runs (digest, status);
CREATE INDEX idx_eval_runs_open ON eval_runs (status) WHERE status IN ('PLANNED', 'RUNNING', 'STOPPED');
CREATE INDEX idx_eval_runs_created ON eval_runs (facility_id, created_at DESC);
CREATE INDEX idx_eval_runs_created_by ON eval_runs (created_by);
COMMENT ON COLUMN eval_runs.model IS 'The effective model, as people write it: heuristic, openai:gpt-4o-mini, replay:FILE.';
COMMENT ON COLUMN eval_runs.selection IS 'How the cases were chosen: {limit, tags, filterPattern, failingOf}.';
COMMENT ON COLUMN eval_runs.digest IS 'Of the inputs: cases and payload hashes, prompt, module version, model, params, repeats, split, context and de-identification version.';

CREATE TABLE eval_samples (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  eval_run_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  gold_case_id UUID NOT NULL,
  repeat INTEGER NOT NULL DEFAULT 1 CHECK (repeat > 0),
  shard INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'completed', 'unfinished')),
  failure_kind TEXT,
  failure_note TEXT,
  abstraction_run_id UUID,
  completed_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (eval_run_id, gold_case_id, repeat),
  UNIQUE (id, facility_id, is_holdout),
  FOREIGN KEY (eval_run_id, facility_id) REFERENCES eval_runs (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (gold_case_id, facility_id, is_holdout)
    REFERENCES gold_cases (id, facility_id, is_holdout) ON DELETE RESTRICT,
  CHECK ((state = 'unfinished') = (failure_kind IS NOT NULL)),
  CHECK (state <> 'completed' OR abstraction_run_id IS NOT NULL)
);
CREATE INDEX idx_eval_samples_open ON eval_samples (eval_run_id, shard) WHERE state <> 'completed';
CREATE INDEX idx_eval_samples_gold_case ON eval_samples (gold_case_id);
CREATE INDEX idx_eval_samples_abstraction_run ON eval_samples (abstraction_run_id);
COMMENT ON COLUMN eval_samples.state IS 'unfinished is a fault of the plumbing (failure_kind says which) and may be tried again.';

-- The exact messages of a call, once for each (facility, hash).
CREATE TABLE rendered_requests (
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  request_hash TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  messages JSONB,
  answer_schema JSONB,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  erased_at TIMESTAMPTZ,
  PRIMARY KEY (facility_id, request_hash, is_holdout),
  CHECK (messages IS NOT NULL OR erased_at IS NOT NULL)
);

CREATE TABLE abstraction_runs (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  case_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  case_payload_id UUID,
  eval_sample_id UUID,
  prompt_version_id UUID NOT NULL REFERENCES prompt_versions (id) ON DELETE RESTRICT,
  module_version_id UUID NOT NULL REFERENCES module_versions (id) ON DELETE RESTRICT,
  purpose TEXT NOT NULL DEFAULT 'EVAL' CHECK (purpose IN ('EVAL', 'PRODUCTION')),
  provider TEXT NOT NULL,
  model_name TEXT NOT NULL,
  model_returned TEXT,
  model_params JSONB,
  input_payload JSONB,
  input_hash TEXT NOT NULL,
  request_hash TEXT,
  status TEXT NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
  started_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  completed_at TIMESTAMPTZ,
  raw_text TEXT,
  raw_response JSONB,
  response_details JSONB,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  parse_outcome TEXT CHECK (parse_outcome IN ('parsed', 'unparsable', 'refused', 'truncated')),
  defects JSONB NOT NULL DEFAULT '[]',
  finish_reason TEXT,
  failure_kind TEXT,
  error_message TEXT,
  tokens_prompt INTEGER,
  tokens_completion INTEGER,
  tokens_total INTEGER,
  tokens_cached INTEGER,
  price_id UUID REFERENCES model_prices (id) ON DELETE RESTRICT,
  spent_usd NUMERIC(18,10),
  list_usd NUMERIC(18,10),
  cost_usd NUMERIC(18,10) GENERATED ALWAYS AS (spent_usd) STORED,
  from_cache BOOLEAN NOT NULL DEFAULT false,
  duration_ms INTEGER,
  pipeline_version INTEGER,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  erased_at TIMESTAMPTZ,
  UNIQUE (id, facility_id, is_holdout),
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (case_payload_id, facility_id, is_holdout)
    REFERENCES case_payloads (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (eval_sample_id, facility_id, is_holdout)
    REFERENCES eval_samples (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (facility_id, request_hash, is_holdout)
    REFERENCES rendered_requests (facility_id, request_hash, is_holdout) ON DELETE RESTRICT,
  CHECK (case_payload_id IS NOT NULL OR input_payload IS NOT NULL OR erased_at IS NOT NULL)
);
CREATE INDEX idx_abstraction_runs_case ON abstraction_runs (case_id, started_at DESC);
CREATE INDEX idx_abstraction_runs_status ON abstraction_runs (status) WHERE status IN ('PENDING', 'RUNNING');
CREATE INDEX idx_abstraction_runs_prompt ON abstraction_runs (prompt_version_id);
CREATE INDEX idx_abstraction_runs_module_version ON abstraction_runs (module_version_id);
CREATE INDEX idx_abstraction_runs_payload ON abstraction_runs (case_payload_id);
CREATE INDEX idx_abstraction_runs_sample ON abstraction_runs (eval_sample_id) WHERE eval_sample_id IS NOT NULL;
CREATE INDEX idx_abstraction_runs_request ON abstraction_runs (request_hash, facility_id);
CREATE INDEX idx_abstraction_runs_price ON abstraction_runs (price_id) WHERE price_id IS NOT NULL;
CREATE INDEX idx_abstraction_runs_created_by ON abstraction_runs (created_by);
COMMENT ON COLUMN abstraction_runs.input_payload IS 'A snapshot of the chart; left out where case_payload_id names the very revision that was read.';
COMMENT ON COLUMN abstraction_runs.raw_text IS 'What the model wrote, always; raw_response is the same as JSON where it parses.';
COMMENT ON COLUMN abstraction_runs.is_escaped IS 'Whether some text of this row holds an escaped NUL or lone surrogate (packages/db/src/text-codec.ts).';
COMMENT ON COLUMN abstraction_runs.spent_usd IS 'What was paid. list_usd is what the call costs without our cache: comparisons use that. NULL is unpriced.';
COMMENT ON COLUMN abstraction_runs.cost_usd IS 'The v1.0 name of spent_usd.';

ALTER TABLE eval_samples ADD CONSTRAINT eval_samples_abstraction_run_fk
  FOREIGN KEY (abstraction_run_id, facility_id, is_holdout)
  REFERENCES abstraction_runs (id, facility_id, is_holdout) ON DELETE RESTRICT;

CREATE TABLE model_attempts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  abstraction_run_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  attempt_number INTEGER NOT NULL CHECK (attempt_number > 0),
  failure_kind TEXT,
  failure_note TEXT,
  http_status INTEGER,
  delay_ms INTEGER,
  raw_text TEXT,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  tokens_prompt INTEGER,
  tokens_completion INTEGER,
  tokens_cached INTEGER,
  spent_usd NUMERIC(18,10),
  duration_ms INTEGER,
  started_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  erased_at TIMESTAMPTZ,
  UNIQUE (abstraction_run_id, attempt_number),
  FOREIGN KEY (abstraction_run_id, facility_id, is_holdout)
    REFERENCES abstraction_runs (id, facility_id, is_holdout) ON DELETE RESTRICT
);
COMMENT ON COLUMN model_attempts.failure_kind IS 'Why the attempt brought no completion; NULL where it did. delay_ms is how long was waited before it.';

CREATE TABLE abstraction_results (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  run_id UUID NOT NULL,
  case_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  signal_id TEXT REFERENCES signal_definitions (id) ON DELETE RESTRICT,
  signal_code TEXT,
  source TEXT NOT NULL CHECK (source IN ('AI', 'RULE', 'HUMAN')),
  outcome TEXT NOT NULL CHECK (outcome IN ('answered', 'missing', 'invalid_status', 'duplicate', 'unknown_signal')),
  status TEXT CHECK (status IN ('pass', 'fail', 'caution', 'inactive')),
  status_as_written TEXT,
  confidence DOUBLE PRECISION CHECK (confidence BETWEEN 0 AND 1),
  finding TEXT,
  reason TEXT,
  support TEXT CHECK (support IN ('supported', 'partly', 'unsupported', 'uncited')),
  defects TEXT[] NOT NULL DEFAULT '{}',
  is_enriched BOOLEAN NOT NULL DEFAULT false,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  supersedes_id UUID,
  validated_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  validated_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  erased_at TIMESTAMPTZ,
  UNIQUE (id, facility_id, is_holdout),
  UNIQUE (supersedes_id),
  FOREIGN KEY (run_id, facility_id, is_holdout)
    REFERENCES abstraction_runs (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (supersedes_id, facility_id, is_holdout)
    REFERENCES abstraction_results (id, facility_id, is_holdout) ON DELETE RESTRICT,
  CHECK ((outcome = 'answered') = (status IS NOT NULL)),
  CHECK ((outcome = 'unknown_signal') = (signal_id IS NULL)),
  CHECK (signal_id IS NOT NULL OR signal_code IS NOT NULL)
);
CREATE UNIQUE INDEX idx_abstraction_results_unique ON abstraction_results (run_id, signal_id, source)
  WHERE supersedes_id IS NULL AND outcome NOT IN ('duplicate', 'unknown_signal');
CREATE INDEX idx_abstraction_results_run ON abstraction_results (run_id);
CREATE INDEX idx_abstraction_results_case_signal ON abstraction_results (case_id, signal_id);
CREATE INDEX idx_abstraction_results_signal ON abstraction_results (signal_id);
CREATE INDEX idx_abstraction_results_status ON abstraction_results (status);
CREATE INDEX idx_abstraction_results_validated_by ON abstraction_results (validated_by) WHERE validated_by IS NOT NULL;
COMMENT ON COLUMN abstraction_results.signal_code IS 'The code as the model wrote it, where it names no signal of the module.';
COMMENT ON COLUMN abstraction_results.supersedes_id IS 'The row that a person''s edit replaces; nothing is overwritten.';
COMMENT ON COLUMN abstraction_results.is_enriched IS 'Whether a person has edited it.';

CREATE TABLE signal_evidence (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  result_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  position INTEGER NOT NULL DEFAULT 0,
  cite_type TEXT NOT NULL DEFAULT 'other'
    CHECK (cite_type IN ('note', 'lab', 'operative', 'image', 'timestamp', 'computed', 'search', 'other')),
  field_path TEXT,
  resolved_path TEXT,
  field_value TEXT,
  field_type TEXT,
  excerpt TEXT,
  raw_excerpt TEXT,
  span JSONB,
  confidence DOUBLE PRECISION CHECK (confidence BETWEEN 0 AND 1),
  verification TEXT CHECK (verification IN ('verified', 'bare', 'altered', 'cut_context', 'absent', 'not_shown',
                                            'out_of_scope', 'contradicted', 'not_searched')),
  verification_note TEXT,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  erased_at TIMESTAMPTZ,
  FOREIGN KEY (result_id, facility_id, is_holdout)
    REFERENCES abstraction_results (id, facility_id, is_holdout) ON DELETE RESTRICT,
  CHECK (field_path IS NOT NULL OR erased_at IS NOT NULL)
);
CREATE INDEX idx_signal_evidence_result ON signal_evidence (result_id);
CREATE INDEX idx_signal_evidence_field ON signal_evidence (left(field_path, 200));
COMMENT ON COLUMN signal_evidence.field_path IS 'The path as the model wrote it; resolved_path is the same place in canonical form, where it resolves.';
COMMENT ON COLUMN signal_evidence.excerpt IS 'What the model claims to have read there; raw_excerpt is what stands there.';

-- Complete answers of priced providers, by everything that can change them.
CREATE TABLE response_cache (
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  cache_key TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  model_returned TEXT,
  raw_text TEXT NOT NULL,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  finish_reason TEXT NOT NULL,
  response_details JSONB,
  tokens_prompt INTEGER,
  tokens_completion INTEGER,
  tokens_cached INTEGER,
  duration_ms INTEGER,
  price_id UUID NOT NULL REFERENCES model_prices (id) ON DELETE RESTRICT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (facility_id, cache_key, is_holdout)
);
CREATE INDEX idx_response_cache_price ON response_cache (price_id);
CREATE INDEX idx_response_cache_created ON response_cache (created_at);

CREATE TABLE budget_reservations (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  eval_run_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  shard INTEGER NOT NULL,
  amount_usd NUMERIC(18,10) NOT NULL CHECK (amount_usd >= 0),
  lease_id UUID NOT NULL,
  lease_until TIMESTAMPTZ NOT NULL,
  settled_usd NUMERIC(18,10) CHECK (settled_usd >= 0),
  settled_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (eval_run_id, shard, lease_id),
  FOREIGN KEY (eval_run_id, facility_id) REFERENCES eval_runs (id, facility_id) ON DELETE RESTRICT,
  CHECK ((settled_usd IS NULL) = (settled_at IS NULL))
);
CREATE INDEX idx_budget_reservations_open ON budget_reservations (eval_run_id) WHERE settled_at IS NULL;
COMMENT ON TABLE budget_reservations IS 'Money set aside before it is spent; what was never settled counts as spent.';

-- ---------------------------------------------------------------------------------------------
-- Guards

CREATE TRIGGER stamp_author BEFORE INSERT ON eval_runs FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON eval_runs FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER keep_frozen BEFORE UPDATE ON eval_runs FOR EACH ROW
  EXECUTE FUNCTION refuse_change_except('status', 'stop_reason', 'started_at', 'finished_at', 'updated_at');
CREATE TRIGGER refuse_delete BEFORE DELETE ON eval_runs FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION guard_run_status() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF OLD.status IN ('COMPLETED', 'FAILED', 'CANCELLED') OR NEW.status = 'PLANNED' THEN
    RAISE EXCEPTION 'a run cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER guard_status BEFORE UPDATE ON eval_runs FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION guard_run_status();

-- Planning a run on a DRAFT freezes the draft.
CREATE FUNCTION count_prompt_use() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.prompt_versions
     SET usage_count = usage_count + 1, status = CASE status WHEN 'DRAFT' THEN 'TESTING' ELSE status END
   WHERE id = NEW.prompt_version_id;
  RETURN NULL;
END $$;
CREATE TRIGGER count_prompt_use AFTER INSERT ON eval_runs FOR EACH ROW EXECUTE FUNCTION count_prompt_use();

-- Gold that a run has been planned on takes no further cases or labels.
CREATE FUNCTION refuse_more_gold() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_is_used BOOLEAN;
BEGIN
  IF TG_TABLE_NAME = 'gold_cases' THEN
    SELECT EXISTS (SELECT 1 FROM public.eval_runs r
                    WHERE r.suite_version_id IN (SELECT DISTINCT n.suite_version_id FROM new_rows n)) INTO v_is_used;
  ELSE
    SELECT EXISTS (SELECT 1 FROM public.eval_runs r
                    WHERE r.suite_version_id IN (SELECT DISTINCT g.suite_version_id FROM new_rows n
                                                   JOIN public.gold_cases g ON g.id = n.gold_case_id)) INTO v_is_used;
  END IF;
  IF v_is_used THEN
    RAISE EXCEPTION 'this suite version has been run and is frozen'
      USING ERRCODE = 'restrict_violation', HINT = 'Import the changed suite: it becomes a new version.';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON eval_samples FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER refuse_change BEFORE UPDATE ON eval_samples FOR EACH ROW
  WHEN (OLD.state = 'completed') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_frozen BEFORE UPDATE ON eval_samples FOR EACH ROW
  WHEN (OLD.eval_run_id IS DISTINCT FROM NEW.eval_run_id OR OLD.gold_case_id IS DISTINCT FROM NEW.gold_case_id
        OR OLD.repeat IS DISTINCT FROM NEW.repeat OR OLD.facility_id IS DISTINCT FROM NEW.facility_id
        OR OLD.is_holdout IS DISTINCT FROM NEW.is_holdout) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON eval_samples FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER stamp_author BEFORE INSERT ON abstraction_runs FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER refuse_change BEFORE UPDATE ON abstraction_runs FOR EACH ROW
  WHEN (OLD.status IN ('COMPLETED', 'FAILED', 'CANCELLED')) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON abstraction_runs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON model_attempts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON abstraction_results FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON signal_evidence FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON rendered_requests FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_more_gold AFTER INSERT ON gold_cases
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION refuse_more_gold();
CREATE TRIGGER refuse_more_gold AFTER INSERT ON gold_labels
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION refuse_more_gold();
