-- A person's answer names the person; no row is dated ahead of those it would outrank; nobody acts as set-up.

CREATE FUNCTION sign_human_answer() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.validated_by := coalesce(public.acting_user(), NEW.validated_by);
  NEW.validated_at := transaction_timestamp();
  RETURN NEW;
END $$;
-- Named to come before stamp_judge, which refuses another's name.
CREATE TRIGGER sign_human BEFORE INSERT ON abstraction_results FOR EACH ROW
  WHEN (NEW.source = 'HUMAN' AND NEW.validated_by IS NULL) EXECUTE FUNCTION sign_human_answer();

-- The newest grading, run or judgement counts, so none may claim to be newer than it is.
CREATE FUNCTION refuse_created_at() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF public.acts_as_owner() THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'created_at of % is neither moved nor set ahead', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', HINT = 'Leave it out.';
END $$;

DO $$
DECLARE
  v_table TEXT;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['gradings', 'comparisons', 'gate_attempts', 'gate_policies', 'eval_runs', 'eval_suite_versions',
      'module_versions', 'prompt_versions', 'feedback', 'case_reviews', 'prompts', 'cases', 'patients', 'eval_suites'] LOOP
    EXECUTE format('CREATE TRIGGER refuse_created_ahead BEFORE INSERT ON %I FOR EACH ROW '
      'WHEN (NEW.created_at > transaction_timestamp()) EXECUTE FUNCTION refuse_created_at()', v_table);
  END LOOP;
  FOREACH v_table IN ARRAY ARRAY['case_reviews', 'prompts', 'cases', 'patients', 'eval_suites'] LOOP
    EXECUTE format('CREATE TRIGGER refuse_created_moved BEFORE UPDATE ON %I FOR EACH ROW '
      'WHEN (NEW.created_at IS DISTINCT FROM OLD.created_at) EXECUTE FUNCTION refuse_created_at()', v_table);
  END LOOP;
END $$;

-- The author of what set-up writes signs rows and never asks for any, whatever token somebody makes for it.
UPDATE users SET is_active = false WHERE id = '00000000-0000-7000-8000-000000000001';
ALTER TABLE users ADD CONSTRAINT users_setup_never_asks
  CHECK (id <> '00000000-0000-7000-8000-000000000001' OR NOT is_active);
