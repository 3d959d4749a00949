-- Prompts and their versions. What a version says never changes once it has left DRAFT.

CREATE TABLE prompts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  specialty_id TEXT REFERENCES specialties (id) ON DELETE RESTRICT,
  module_id TEXT,
  prompt_type TEXT NOT NULL CHECK (prompt_type IN ('abstraction_help', 'signal_processing', 'automapper', 'default')),
  path TEXT NOT NULL GENERATED ALWAYS AS (
    coalesce(module_id, coalesce(specialty_id, 'global') || '/default') || '/' || prompt_type
  ) STORED UNIQUE,
  name TEXT NOT NULL,
  description TEXT,
  current_version_id UUID,
  owner_id UUID REFERENCES users (id) ON DELETE RESTRICT,
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE NULLS NOT DISTINCT (specialty_id, module_id, prompt_type),
  FOREIGN KEY (module_id, specialty_id) REFERENCES modules (id, specialty_id) ON DELETE RESTRICT,
  CHECK (module_id IS NULL OR specialty_id IS NOT NULL)
);
CREATE INDEX idx_prompts_module ON prompts (module_id) WHERE module_id IS NOT NULL;
CREATE INDEX idx_prompts_current_version ON prompts (current_version_id);
CREATE INDEX idx_prompts_owner ON prompts (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX idx_prompts_created_by ON prompts (created_by);
COMMENT ON COLUMN prompts.path IS 'What people write: orthopedics/timeliness_sch/signal_processing, global/default/default.';
COMMENT ON COLUMN prompts.current_version_id IS 'Mirrors prompt_current for PROD; set by promotion alone.';

CREATE TABLE prompt_versions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  prompt_id UUID NOT NULL REFERENCES prompts (id) ON DELETE RESTRICT,
  version_number INTEGER CHECK (version_number > 0),
  name TEXT,
  prompt_text TEXT NOT NULL,
  document JSONB NOT NULL,
  content_hash TEXT NOT NULL,
  model_instructions JSONB,
  model_name TEXT NOT NULL,
  model_params JSONB NOT NULL DEFAULT '{}',
  context_paths TEXT[] NOT NULL,
  change_note TEXT,
  parent_version_id UUID,
  source_file_id UUID REFERENCES source_files (id) ON DELETE RESTRICT,
  status TEXT NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('WORKING', 'DRAFT', 'TESTING', 'APPROVED', 'ARCHIVED')),
  approved_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  approved_at TIMESTAMPTZ,
  usage_count INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (prompt_id, version_number),
  UNIQUE (id, prompt_id),
  FOREIGN KEY (parent_version_id, prompt_id) REFERENCES prompt_versions (id, prompt_id) ON DELETE RESTRICT,
  CHECK ((status = 'WORKING') = (version_number IS NULL))
);
CREATE UNIQUE INDEX prompt_versions_working_copy ON prompt_versions (prompt_id, content_hash) WHERE status = 'WORKING';
CREATE INDEX idx_prompt_versions_prompt ON prompt_versions (prompt_id, version_number DESC);
CREATE INDEX idx_prompt_versions_status ON prompt_versions (status) WHERE status = 'APPROVED';
CREATE INDEX idx_prompt_versions_hash ON prompt_versions (content_hash);
CREATE INDEX idx_prompt_versions_parent ON prompt_versions (parent_version_id) WHERE parent_version_id IS NOT NULL;
CREATE INDEX idx_prompt_versions_source_file ON prompt_versions (source_file_id) WHERE source_file_id IS NOT NULL;
CREATE INDEX idx_prompt_versions_approved_by ON prompt_versions (approved_by) WHERE approved_by IS NOT NULL;
CREATE INDEX idx_prompt_versions_created_by ON prompt_versions (created_by);
COMMENT ON COLUMN prompt_versions.prompt_text IS 'The prompt as it was written, front matter and sections.';
COMMENT ON COLUMN prompt_versions.document IS 'The same, parsed: messages, model, params, context, output and the partials it renders.';
COMMENT ON COLUMN prompt_versions.model_instructions IS 'The output asked for: {format, reason_words_max}.';
COMMENT ON COLUMN prompt_versions.content_hash IS 'SHA-256 of all that can change an answer; not of name or note. Not unique: a number may be burned on an old text.';
COMMENT ON COLUMN prompt_versions.status IS 'WORKING is a working copy kept by hash: it has no number and can never be promoted.';

ALTER TABLE prompts ADD CONSTRAINT fk_prompts_current_version
  FOREIGN KEY (current_version_id, id) REFERENCES prompt_versions (id, prompt_id) ON DELETE RESTRICT;

-- The life of a version. The application writes DRAFT and WORKING, tests a DRAFT and archives what was
-- never approved; APPROVED, and leaving it, belong to the promotion functions, which run as the owner.
CREATE FUNCTION guard_prompt_version() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_may_change CONSTANT TEXT[] := ARRAY['status', 'approved_by', 'approved_at', 'usage_count'];
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NOT public.acts_as_owner()
       AND (NEW.status NOT IN ('DRAFT', 'WORKING') OR NEW.approved_by IS NOT NULL OR NEW.approved_at IS NOT NULL) THEN
      RAISE EXCEPTION 'a new prompt version is DRAFT or WORKING, not %', NEW.status
        USING ERRCODE = 'insufficient_privilege', HINT = 'APPROVED is reached by promotion.';
    END IF;
    RETURN NEW;
  END IF;

  IF OLD.status <> 'DRAFT' AND (to_jsonb(NEW) - v_may_change) IS DISTINCT FROM (to_jsonb(OLD) - v_may_change) THEN
    RAISE EXCEPTION 'prompt version % is % and frozen', OLD.id, OLD.status
      USING ERRCODE = 'restrict_violation', HINT = 'Add a new version instead.';
  END IF;
  IF (NEW.prompt_id, NEW.version_number, NEW.created_by, NEW.created_at)
     IS DISTINCT FROM (OLD.prompt_id, OLD.version_number, OLD.created_by, OLD.created_at) THEN
    RAISE EXCEPTION 'the number and author of prompt version % cannot change', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status IS DISTINCT FROM OLD.status AND (OLD.status = 'WORKING' OR NEW.status IN ('WORKING', 'DRAFT')) THEN
    RAISE EXCEPTION 'a prompt version cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
  END IF;
  IF NOT public.acts_as_owner() THEN
    IF (NEW.approved_by, NEW.approved_at) IS DISTINCT FROM (OLD.approved_by, OLD.approved_at)
       OR (NEW.status IS DISTINCT FROM OLD.status
           AND (OLD.status, NEW.status) NOT IN (('DRAFT', 'TESTING'), ('DRAFT', 'ARCHIVED'), ('TESTING', 'ARCHIVED'))) THEN
      RAISE EXCEPTION 'a prompt version cannot go from % to % by an update', OLD.status, NEW.status
        USING ERRCODE = 'insufficient_privilege', HINT = 'APPROVED is reached by promotion.';
    END IF;
  END IF;
  RETURN NEW;
END $$;

-- What is current is decided by promotion, which runs as the owner.
CREATE FUNCTION guard_prompt_current_version() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT public.acts_as_owner()
     AND NEW.current_version_id IS DISTINCT FROM (CASE WHEN TG_OP = 'UPDATE' THEN OLD.current_version_id END) THEN
    RAISE EXCEPTION 'the current version of a prompt is set by promotion' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER stamp_author BEFORE INSERT OR UPDATE ON prompts FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON prompts FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER guard_current_version BEFORE INSERT OR UPDATE ON prompts FOR EACH ROW EXECUTE FUNCTION guard_prompt_current_version();
CREATE TRIGGER stamp_author BEFORE INSERT ON prompt_versions FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER guard_version BEFORE INSERT OR UPDATE ON prompt_versions FOR EACH ROW EXECUTE FUNCTION guard_prompt_version();
CREATE TRIGGER refuse_delete BEFORE DELETE ON prompt_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
