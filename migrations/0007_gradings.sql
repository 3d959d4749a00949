-- A grading holds a run against one version of the gold by one version of the grader.

CREATE TABLE gradings (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  eval_run_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  suite_version_id UUID NOT NULL,
  module_version_id UUID NOT NULL REFERENCES module_versions (id) ON DELETE RESTRICT,
  pipeline_version INTEGER NOT NULL,
  grading_version INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (eval_run_id, suite_version_id, pipeline_version, grading_version),
  UNIQUE (id, facility_id),
  FOREIGN KEY (eval_run_id, facility_id) REFERENCES eval_runs (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (suite_version_id, facility_id) REFERENCES eval_suite_versions (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_gradings_suite_version ON gradings (suite_version_id);
CREATE INDEX idx_gradings_module_version ON gradings (module_version_id);
CREATE INDEX idx_gradings_created_by ON gradings (created_by);

CREATE TABLE signal_grades (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  grading_id UUID NOT NULL,
  eval_sample_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  signal_id TEXT NOT NULL REFERENCES signal_definitions (id) ON DELETE RESTRICT,
  gold_label_id UUID,
  result_id UUID,
  expected TEXT NOT NULL CHECK (expected IN ('pass', 'fail', 'caution', 'inactive')),
  got TEXT NOT NULL CHECK (got IN ('pass', 'fail', 'caution', 'inactive',
                                   'missing', 'invalid', 'unparsable', 'refused', 'truncated')),
  grade TEXT NOT NULL CHECK (grade IN ('correct', 'lenient', 'wrong', 'missing', 'invalid',
                                       'unparsable', 'refused', 'truncated')),
  support TEXT CHECK (support IN ('supported', 'partly', 'unsupported', 'uncited')),
  cited INTEGER NOT NULL DEFAULT 0,
  verified INTEGER NOT NULL DEFAULT 0,
  bare INTEGER NOT NULL DEFAULT 0,
  altered INTEGER NOT NULL DEFAULT 0,
  cut_context INTEGER NOT NULL DEFAULT 0,
  absent INTEGER NOT NULL DEFAULT 0,
  not_shown INTEGER NOT NULL DEFAULT 0,
  out_of_scope INTEGER NOT NULL DEFAULT 0,
  contradicted INTEGER NOT NULL DEFAULT 0,
  not_searched INTEGER NOT NULL DEFAULT 0,
  must_cite INTEGER NOT NULL DEFAULT 0,
  must_cite_hit INTEGER NOT NULL DEFAULT 0,
  must_pass BOOLEAN NOT NULL DEFAULT false,
  rule_status TEXT CHECK (rule_status IN ('pass', 'fail', 'caution', 'inactive', 'undecided')),
  rule_agrees BOOLEAN,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (grading_id, eval_sample_id, signal_id),
  FOREIGN KEY (grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (eval_sample_id, facility_id, is_holdout)
    REFERENCES eval_samples (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (gold_label_id, facility_id, is_holdout)
    REFERENCES gold_labels (id, facility_id, is_holdout) ON DELETE RESTRICT,
  FOREIGN KEY (result_id, facility_id, is_holdout)
    REFERENCES abstraction_results (id, facility_id, is_holdout) ON DELETE RESTRICT,
  CHECK (cited = verified + bare + altered + cut_context + absent + not_shown + out_of_scope + contradicted + not_searched),
  CHECK (must_cite_hit BETWEEN 0 AND must_cite),
  CHECK ((grade = 'correct') = (got = expected))
);
CREATE INDEX idx_signal_grades_sample ON signal_grades (eval_sample_id);
CREATE INDEX idx_signal_grades_signal ON signal_grades (signal_id, grading_id, grade);
CREATE INDEX idx_signal_grades_gold_label ON signal_grades (gold_label_id) WHERE gold_label_id IS NOT NULL;
CREATE INDEX idx_signal_grades_result ON signal_grades (result_id) WHERE result_id IS NOT NULL;
COMMENT ON COLUMN signal_grades.rule_status IS 'What the module''s rule says; NULL where the signal has no rule.';

CREATE TABLE case_outcomes (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  grading_id UUID NOT NULL,
  eval_sample_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  ai_outcome TEXT NOT NULL CHECK (ai_outcome IN ('excluded', 'met', 'not_met', 'undetermined')),
  rule_outcome TEXT NOT NULL CHECK (rule_outcome IN ('excluded', 'met', 'not_met', 'undetermined')),
  gold_outcome TEXT NOT NULL CHECK (gold_outcome IN ('excluded', 'met', 'not_met', 'undetermined')),
  constraints_broken TEXT[] NOT NULL DEFAULT '{}',
  whole_case_right BOOLEAN,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (grading_id, eval_sample_id),
  FOREIGN KEY (grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (eval_sample_id, facility_id, is_holdout)
    REFERENCES eval_samples (id, facility_id, is_holdout) ON DELETE RESTRICT
);
CREATE INDEX idx_case_outcomes_sample ON case_outcomes (eval_sample_id);
COMMENT ON COLUMN case_outcomes.whole_case_right IS 'Every signal with gold answered correctly; NULL where no signal has gold.';

-- Counted from signal_grades and case_outcomes; may be deleted and counted again at any time.
CREATE TABLE signal_summaries (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  grading_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  signal_id TEXT REFERENCES signal_definitions (id) ON DELETE RESTRICT,
  split TEXT NOT NULL DEFAULT 'all' CHECK (split IN ('all', 'tune', 'holdout')),
  n INTEGER NOT NULL,
  clusters INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  summary JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (grading_id, split, signal_id),
  FOREIGN KEY (grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX signal_summaries_whole ON signal_summaries (grading_id, split) WHERE signal_id IS NULL;
CREATE INDEX idx_signal_summaries_signal ON signal_summaries (signal_id);
COMMENT ON COLUMN signal_summaries.signal_id IS 'NULL is the whole grading.';

CREATE TABLE comparisons (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL,
  baseline_grading_id UUID NOT NULL,
  candidate_grading_id UUID NOT NULL,
  comparable BOOLEAN NOT NULL,
  reason TEXT,
  comparison JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (id, facility_id),
  FOREIGN KEY (baseline_grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (candidate_grading_id, facility_id) REFERENCES gradings (id, facility_id) ON DELETE RESTRICT,
  CHECK (comparable OR reason IS NOT NULL)
);
CREATE INDEX idx_comparisons_baseline ON comparisons (baseline_grading_id);
CREATE INDEX idx_comparisons_candidate ON comparisons (candidate_grading_id);
CREATE INDEX idx_comparisons_created_by ON comparisons (created_by);

CREATE TRIGGER stamp_author BEFORE INSERT ON gradings FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT ON comparisons FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON gradings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON signal_grades FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON case_outcomes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON comparisons FOR EACH ROW EXECUTE FUNCTION refuse_change();
