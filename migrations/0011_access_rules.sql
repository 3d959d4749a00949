-- Who sees and writes which rows.
--
-- 1. Every table with a facility is under forced row-level security. Its owner sees all through a policy
--    of its own (without one, FORCE would hide the rows from definer functions too); the application sees
--    the rows of the proved actor's facilities.
-- 2. Holdout rows are hidden from viewer, engineer and ci by restrictive policies on top. They are open
--    to quality_lead and admin, and inside a transaction that works for a RUNNING run (begin_run_work).
--    Gold that is being imported and samples that are being planned may be inserted unseen.
-- 3. Which roles may write a table at all is said by a statement trigger, in words of roles.
-- 4. Grants name what the application may do to a table; append-only tables grant no UPDATE or DELETE.

-- ---------------------------------------------------------------------------------------------
-- Working for a run

CREATE FUNCTION begin_run_work(p_run UUID) RETURNS VOID
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_claim TEXT := acting_user()::text || ' ' || p_run;
BEGIN
  IF acting_role() IS NULL OR acting_role() = 'viewer' THEN
    RAISE EXCEPTION 'only a proved actor who may run can work for a run' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM public.eval_runs r
                  WHERE r.id = p_run AND r.status = 'RUNNING' AND r.facility_id = ANY (public.visible_facilities())) THEN
    RAISE EXCEPTION 'run % is not RUNNING in a facility of the actor', p_run USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('touchstone.run', public.seal_claim('run', v_claim) || v_claim, true);
END $$;
COMMENT ON FUNCTION begin_run_work(UUID) IS 'Opens holdout rows to the proved actor for this transaction, which must serve a RUNNING run.';

CREATE FUNCTION sees_holdout() RETURNS BOOLEAN
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(public.acting_role() IN ('quality_lead', 'admin')
    OR split_part(public.proved_claim('run'), ' ', 1) = public.acting_user()::text, false);
END $$;

-- For planning: what a suite version holds, holdout included, as ids and hashes and nothing else.
CREATE FUNCTION gold_case_ids(p_suite_version UUID)
RETURNS TABLE (gold_case_id UUID, case_id UUID, case_payload_id UUID, payload_hash TEXT, is_holdout BOOLEAN)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT g.id, g.case_id, g.case_payload_id, p.payload_hash, g.is_holdout
    FROM public.gold_cases g JOIN public.case_payloads p ON p.id = g.case_payload_id
   WHERE g.suite_version_id = p_suite_version AND g.facility_id = ANY (public.visible_facilities())
   ORDER BY g.position, g.id;
END $$;

-- For importing: the newest revision of each case's chart, as ids and hashes and nothing else.
CREATE FUNCTION newest_payload_ids(p_cases UUID[])
RETURNS TABLE (case_id UUID, case_payload_id UUID, revision INTEGER, payload_hash TEXT, is_holdout BOOLEAN)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT ON (p.case_id) p.case_id, p.id, p.revision, p.payload_hash, p.is_holdout
    FROM public.case_payloads p
   WHERE p.case_id = ANY (p_cases) AND p.facility_id = ANY (public.visible_facilities())
   ORDER BY p.case_id, p.revision DESC;
END $$;

-- For supervising: which samples of a run are not completed, as ids and nothing else.
CREATE FUNCTION open_sample_ids(p_run UUID)
RETURNS TABLE (eval_sample_id UUID, shard INTEGER, state TEXT)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT s.id, s.shard, s.state FROM public.eval_samples s
   WHERE s.eval_run_id = p_run AND s.state <> 'completed' AND s.facility_id = ANY (public.visible_facilities())
   ORDER BY s.shard, s.id;
END $$;

-- For progress: how many samples of a run stand where, holdout included.
CREATE FUNCTION sample_counts(p_run UUID)
RETURNS TABLE (planned BIGINT, completed BIGINT, unfinished BIGINT, pending BIGINT, unparsable BIGINT)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT count(*), count(*) FILTER (WHERE s.state = 'completed'),
      count(*) FILTER (WHERE s.state = 'unfinished'), count(*) FILTER (WHERE s.state = 'pending'),
      count(*) FILTER (WHERE s.state = 'completed' AND a.parse_outcome <> 'parsed')
    FROM public.eval_samples s LEFT JOIN public.abstraction_runs a ON a.id = s.abstraction_run_id
   WHERE s.eval_run_id = p_run AND s.facility_id = ANY (public.visible_facilities());
END $$;

GRANT EXECUTE ON FUNCTION begin_run_work(UUID), sees_holdout(), gold_case_ids(UUID), newest_payload_ids(UUID[]),
  open_sample_ids(UUID), sample_counts(UUID) TO touchstone_app;

-- ---------------------------------------------------------------------------------------------
-- Policies

DO $$
DECLARE
  v_table TEXT;
BEGIN
  FOREACH v_table IN ARRAY ARRAY[
    'patients', 'cases', 'case_payloads', 'encounters', 'source_files',
    'eval_suites', 'eval_suite_versions', 'gold_cases', 'gold_labels',
    'eval_runs', 'eval_samples', 'rendered_requests', 'abstraction_runs', 'model_attempts',
    'abstraction_results', 'signal_evidence', 'response_cache', 'budget_reservations',
    'gradings', 'signal_grades', 'case_outcomes', 'signal_summaries', 'comparisons',
    'prompt_gates', 'gate_attempts', 'gate_verdicts', 'case_reviews', 'feedback', 'audit_log'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', v_table);
    EXECUTE format('CREATE POLICY owner_sees_all ON %I TO touchstone_owner USING (true) WITH CHECK (true)', v_table);
    EXECUTE format('CREATE POLICY by_facility ON %I TO touchstone_app '
      'USING (facility_id = ANY ((SELECT visible_facilities())::text[])) '
      'WITH CHECK (facility_id = ANY ((SELECT visible_facilities())::text[]))', v_table);
  END LOOP;

  -- Written unseen by importers and planners, so only reading and changing is restricted.
  FOREACH v_table IN ARRAY ARRAY['case_payloads', 'source_files', 'gold_cases', 'gold_labels', 'eval_samples'] LOOP
    EXECUTE format('CREATE POLICY holdout_hidden ON %I AS RESTRICTIVE FOR SELECT TO touchstone_app '
      'USING (NOT is_holdout OR (SELECT sees_holdout()))', v_table);
    EXECUTE format('CREATE POLICY holdout_unchanged ON %I AS RESTRICTIVE FOR UPDATE TO touchstone_app '
      'USING (NOT is_holdout OR (SELECT sees_holdout()))', v_table);
  END LOOP;

  -- Written by those who see them.
  FOREACH v_table IN ARRAY ARRAY['rendered_requests', 'abstraction_runs', 'model_attempts', 'abstraction_results',
      'signal_evidence', 'response_cache', 'signal_grades', 'case_outcomes', 'case_reviews', 'feedback'] LOOP
    EXECUTE format('CREATE POLICY holdout_hidden ON %I AS RESTRICTIVE TO touchstone_app '
      'USING (NOT is_holdout OR (SELECT sees_holdout()))', v_table);
  END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------
-- Which roles write what

DO $$
DECLARE
  v_table TEXT;
BEGIN
  FOREACH v_table IN ARRAY ARRAY['specialties', 'modules', 'signal_definitions', 'module_versions',
      'followup_questions', 'model_prices'] LOOP
    EXECUTE format('CREATE TRIGGER allow_roles BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT '
      'EXECUTE FUNCTION require_role(''admin'')', v_table);
  END LOOP;

  FOREACH v_table IN ARRAY ARRAY['case_reviews', 'feedback', 'patients', 'encounters'] LOOP
    EXECUTE format('CREATE TRIGGER allow_roles BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT '
      'EXECUTE FUNCTION require_role(''engineer'', ''quality_lead'', ''admin'')', v_table);
  END LOOP;

  FOREACH v_table IN ARRAY ARRAY['cases', 'case_payloads', 'source_files', 'prompts', 'prompt_versions',
      'gate_policies', 'eval_suites', 'eval_suite_versions', 'gold_cases', 'gold_labels', 'prompt_gates',
      'eval_runs', 'eval_samples', 'rendered_requests', 'abstraction_runs', 'model_attempts',
      'abstraction_results', 'signal_evidence', 'response_cache', 'budget_reservations',
      'gradings', 'signal_grades', 'case_outcomes', 'signal_summaries', 'comparisons', 'gate_attempts'] LOOP
    EXECUTE format('CREATE TRIGGER allow_roles BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT '
      'EXECUTE FUNCTION require_role(''engineer'', ''quality_lead'', ''admin'', ''ci'')', v_table);
  END LOOP;
END $$;

-- ---------------------------------------------------------------------------------------------
-- Grants

GRANT SELECT ON ALL TABLES IN SCHEMA public TO touchstone_app;
REVOKE ALL ON api_tokens, sessions, actor_secret FROM touchstone_app;

GRANT INSERT ON
  source_files, module_versions, model_prices, case_payloads, gate_policies, eval_suite_versions, gold_cases,
  gold_labels, rendered_requests, model_attempts, abstraction_results, signal_evidence, response_cache,
  gradings, signal_grades, case_outcomes, comparisons, gate_attempts, feedback
TO touchstone_app;

GRANT INSERT, UPDATE ON
  specialties, modules, signal_definitions, patients, cases, encounters, prompts, prompt_versions, eval_suites,
  eval_runs, eval_samples, abstraction_runs, budget_reservations, case_reviews
TO touchstone_app;

GRANT INSERT, UPDATE, DELETE ON followup_questions, signal_summaries, prompt_gates TO touchstone_app;
