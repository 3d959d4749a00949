-- What attacks on the access rules found open (packages/db/src/access-attacks.test.ts holds them).

-- ---------------------------------------------------------------------------------------------
-- Work for a run opens the holdout rows of that run's facility, not of every facility of the actor.

-- A claim of kind "run" reads: user id, space, run id, space, facility.
CREATE OR REPLACE FUNCTION begin_run_work(p_run UUID) RETURNS VOID
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_facility TEXT;
  v_claim TEXT;
BEGIN
  IF public.acting_role() IS NULL OR public.acting_role() = 'viewer' THEN
    RAISE EXCEPTION 'only a proved actor who may run can work for a run' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT r.facility_id INTO v_facility FROM public.eval_runs r
   WHERE r.id = p_run AND r.status = 'RUNNING' AND r.facility_id = ANY (public.visible_facilities());
  IF NOT FOUND THEN
    RAISE EXCEPTION 'run % is not RUNNING in a facility of the actor', p_run USING ERRCODE = 'insufficient_privilege';
  END IF;
  v_claim := public.acting_user()::text || ' ' || p_run || ' ' || v_facility;
  PERFORM set_config('touchstone.run', public.seal_claim('run', v_claim) || v_claim, true);
END $$;

CREATE FUNCTION holdout_facilities() RETURNS TEXT[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_claim TEXT;
BEGIN
  IF public.acting_role() IN ('quality_lead', 'admin') THEN
    RETURN public.visible_facilities();
  END IF;
  v_claim := public.proved_claim('run');
  -- A reader's token of the same user does not take over what its writer's token opened.
  IF public.acting_role() = 'viewer' OR split_part(v_claim, ' ', 1) IS DISTINCT FROM public.acting_user()::text THEN
    RETURN '{}';
  END IF;
  RETURN ARRAY[split_part(v_claim, ' ', 3)];
END $$;
COMMENT ON FUNCTION holdout_facilities() IS 'The facilities whose holdout rows are open to the proved actor in this transaction.';
GRANT EXECUTE ON FUNCTION holdout_facilities() TO touchstone_app;

DO $$
DECLARE
  v_policy RECORD;
BEGIN
  FOR v_policy IN SELECT tablename, policyname FROM pg_policies
                   WHERE schemaname = 'public' AND policyname IN ('holdout_hidden', 'holdout_unchanged') LOOP
    EXECUTE format('ALTER POLICY %I ON %I '
      'USING (NOT is_holdout OR facility_id = ANY ((SELECT holdout_facilities())::text[]))',
      v_policy.policyname, v_policy.tablename);
  END LOOP;
END $$;
DROP FUNCTION sees_holdout();

-- ---------------------------------------------------------------------------------------------
-- People and facilities show themselves to whoever is proved, and other facilities to nobody but an admin.
-- Not forced: the owner's definer functions look people up before anybody is proved.

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities ENABLE ROW LEVEL SECURITY;
ALTER TABLE facility_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY when_proved ON users FOR SELECT TO touchstone_app USING ((SELECT acting_user()) IS NOT NULL);
CREATE POLICY signing_in ON users FOR SELECT TO touchstone_auth USING (true);
CREATE POLICY by_facility ON facilities FOR SELECT TO touchstone_app
  USING (id = ANY ((SELECT visible_facilities())::text[]) OR (SELECT acting_role()) = 'admin');
CREATE POLICY by_facility ON facility_members FOR SELECT TO touchstone_app
  USING (facility_id = ANY ((SELECT visible_facilities())::text[]) OR (SELECT acting_role()) = 'admin');

-- ---------------------------------------------------------------------------------------------
-- A judgement is signed by whoever makes it

-- Row trigger: the person's column and the time's (the two arguments) name nobody but whoever is proved, and now.
CREATE FUNCTION stamp_judge() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_new TEXT := to_jsonb(NEW) ->> TG_ARGV[0];
  v_old TEXT;
  v_at JSONB := 'null';
BEGIN
  IF public.acts_as_owner() THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    v_old := to_jsonb(OLD) ->> TG_ARGV[0];
    v_at := to_jsonb(OLD) -> TG_ARGV[1];
  END IF;
  IF v_new IS DISTINCT FROM v_old THEN
    IF v_new IS NOT NULL AND v_new IS DISTINCT FROM public.acting_user()::text THEN
      RAISE EXCEPTION '% of % names somebody else than who is asking', TG_ARGV[0], TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Nobody signs for another.';
    END IF;
    v_at := CASE WHEN v_new IS NULL THEN 'null'::jsonb ELSE to_jsonb(transaction_timestamp()) END;
  END IF;
  RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[1], v_at));
END $$;
CREATE TRIGGER stamp_judge BEFORE INSERT OR UPDATE ON cases FOR EACH ROW
  EXECUTE FUNCTION stamp_judge('reviewed_by', 'reviewed_at');
CREATE TRIGGER stamp_judge BEFORE INSERT OR UPDATE ON case_reviews FOR EACH ROW
  EXECUTE FUNCTION stamp_judge('reviewed_by', 'reviewed_at');
CREATE TRIGGER stamp_judge BEFORE INSERT ON abstraction_results FOR EACH ROW
  WHEN (NEW.validated_by IS NOT NULL OR NEW.validated_at IS NOT NULL)
  EXECUTE FUNCTION stamp_judge('validated_by', 'validated_at');

-- What a reviewer has signed, nobody else rewrites.
CREATE FUNCTION keep_signed_review() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF public.acts_as_owner() OR OLD.reviewed_by = public.acting_user() THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'this review is signed by somebody else'
    USING ERRCODE = 'insufficient_privilege', HINT = 'Write a review of your own.';
END $$;
CREATE TRIGGER keep_signed BEFORE UPDATE ON case_reviews FOR EACH ROW
  WHEN (OLD.reviewed_by IS NOT NULL) EXECUTE FUNCTION keep_signed_review();

CREATE OR REPLACE FUNCTION stamp_updated_by() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    -- A new row has an author and no later hand.
    NEW.updated_by := NULL;
  ELSE
    NEW.updated_by := coalesce(public.acting_user(), NEW.updated_by);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stamp_no_updated_by BEFORE INSERT ON cases FOR EACH ROW
  WHEN (NEW.updated_by IS NOT NULL) EXECUTE FUNCTION stamp_updated_by();

-- ---------------------------------------------------------------------------------------------
-- A prompt stays on its route, and everybody who wrote in a version is known

CREATE OR REPLACE FUNCTION guard_prompt_current_version() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF public.acts_as_owner() THEN
    RETURN NEW;
  END IF;
  IF NEW.current_version_id IS DISTINCT FROM (CASE WHEN TG_OP = 'UPDATE' THEN OLD.current_version_id END) THEN
    RAISE EXCEPTION 'the current version of a prompt is set by promotion' USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- What is approved for one route must not become current on another.
  IF TG_OP = 'UPDATE' AND (NEW.id, NEW.specialty_id, NEW.module_id, NEW.prompt_type)
     IS DISTINCT FROM (OLD.id, OLD.specialty_id, OLD.module_id, OLD.prompt_type) THEN
    RAISE EXCEPTION 'a prompt stays on its route' USING ERRCODE = 'restrict_violation', HINT = 'Make a prompt for the other route.';
  END IF;
  RETURN NEW;
END $$;

ALTER TABLE prompt_versions ADD COLUMN coauthors UUID[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN prompt_versions.coauthors IS
  'Who, beside created_by, rewrote it while it was a DRAFT: none of them may approve it.';

CREATE FUNCTION stamp_coauthors() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_is_no_text CONSTANT TEXT[] := ARRAY['status', 'approved_by', 'approved_at', 'usage_count', 'coauthors', 'source_file_id'];
  v_writer UUID := public.acting_user();
BEGIN
  IF public.acts_as_owner() THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'INSERT' THEN
    NEW.coauthors := '{}';
    NEW.usage_count := 0;
    RETURN NEW;
  END IF;
  IF NEW.usage_count IS DISTINCT FROM OLD.usage_count THEN
    RAISE EXCEPTION 'the uses of a prompt version are counted, not set' USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.coauthors := OLD.coauthors;
  IF v_writer IS DISTINCT FROM OLD.created_by AND NOT (v_writer = ANY (OLD.coauthors))
     AND (to_jsonb(NEW) - v_is_no_text) IS DISTINCT FROM (to_jsonb(OLD) - v_is_no_text) THEN
    NEW.coauthors := OLD.coauthors || v_writer;
  END IF;
  RETURN NEW;
END $$;
-- Named to come before guard_version, which compares what is then written.
CREATE TRIGGER coauthors BEFORE INSERT OR UPDATE ON prompt_versions FOR EACH ROW EXECUTE FUNCTION stamp_coauthors();

-- ---------------------------------------------------------------------------------------------
-- Runs are born planned; a call under way keeps who asked and what; settled money stays settled

CREATE FUNCTION guard_new_run() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF public.acts_as_owner() THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a new run is PLANNED, not %', NEW.status USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER guard_new BEFORE INSERT ON eval_runs FOR EACH ROW
  WHEN (NEW.status <> 'PLANNED' OR NEW.started_at IS NOT NULL OR NEW.finished_at IS NOT NULL)
  EXECUTE FUNCTION guard_new_run();

CREATE TRIGGER keep_frozen BEFORE UPDATE ON abstraction_runs FOR EACH ROW
  EXECUTE FUNCTION refuse_change_except('status', 'started_at', 'completed_at', 'request_hash', 'model_returned',
    'raw_text', 'raw_response', 'response_details', 'is_escaped', 'parse_outcome', 'defects', 'finish_reason',
    'failure_kind', 'error_message', 'tokens_prompt', 'tokens_completion', 'tokens_total', 'tokens_cached',
    'price_id', 'spent_usd', 'list_usd', 'cost_usd', 'from_cache', 'duration_ms', 'pipeline_version');

CREATE TRIGGER keep_frozen BEFORE UPDATE ON budget_reservations FOR EACH ROW
  EXECUTE FUNCTION refuse_change_except('lease_until', 'settled_usd', 'settled_at');
CREATE TRIGGER refuse_change BEFORE UPDATE ON budget_reservations FOR EACH ROW
  WHEN (OLD.settled_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_delete BEFORE DELETE ON budget_reservations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON response_cache FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------------------------------------
-- Gold that somebody has accepted takes no more, and no run is planned on it while it grows

CREATE OR REPLACE FUNCTION refuse_more_gold() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_versions UUID[];
BEGIN
  IF TG_TABLE_NAME = 'gold_cases' THEN
    SELECT array_agg(DISTINCT n.suite_version_id) INTO v_versions FROM new_rows n;
  ELSE
    SELECT array_agg(DISTINCT g.suite_version_id) INTO v_versions
      FROM new_rows n JOIN public.gold_cases g ON g.id = n.gold_case_id;
  END IF;
  -- The lock waits for a run that is being planned; only READ COMMITTED then sees it.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'gold is written in a READ COMMITTED transaction' USING ERRCODE = 'invalid_transaction_state';
  END IF;
  PERFORM 1 FROM public.eval_suite_versions v WHERE v.id = ANY (v_versions) ORDER BY v.id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM public.eval_runs r WHERE r.suite_version_id = ANY (v_versions))
     OR EXISTS (SELECT 1 FROM public.eval_suite_versions v WHERE v.id = ANY (v_versions) AND v.state = 'ACCEPTED') THEN
    RAISE EXCEPTION 'this suite version has been run or accepted and is frozen'
      USING ERRCODE = 'restrict_violation', HINT = 'Import the changed suite: it becomes a new version.';
  END IF;
  RETURN NULL;
END $$;

-- ---------------------------------------------------------------------------------------------
-- What is written once is not emptied at once either

DO $$
DECLARE
  v_table REGCLASS;
BEGIN
  FOR v_table IN SELECT DISTINCT t.tgrelid::regclass FROM pg_trigger t
                  WHERE t.tgfoid = 'refuse_change()'::regprocedure AND NOT t.tgisinternal
                    AND NOT EXISTS (SELECT 1 FROM pg_trigger o WHERE o.tgrelid = t.tgrelid AND o.tgname = 'refuse_truncate') LOOP
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', v_table);
  END LOOP;
END $$;
