-- Who belongs where, and who is asking.
--
-- The login roles are made before the first migration (see packages/db/src/roles.ts):
-- touchstone_owner owns and migrates, touchstone_app does the work, touchstone_auth keeps sessions,
-- touchstone_eraser (no login) may null patient text. None of them is a superuser.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- A function is callable by those it is granted to, and by nobody else.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO touchstone_app, touchstone_auth, touchstone_eraser;

-- ---------------------------------------------------------------------------------------------
-- Tables

CREATE TABLE facilities (
  id TEXT PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,49}$'),
  name TEXT NOT NULL,
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE facilities IS 'Where rows belong. The reserved facility "synthetic" is visible to every proved actor.';

CREATE TABLE users (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  name TEXT NOT NULL UNIQUE,
  display_name TEXT,
  email TEXT,
  first_name TEXT,
  last_name TEXT,
  profile_image_url TEXT,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'engineer', 'quality_lead', 'admin', 'ci')),
  is_active BOOLEAN NOT NULL DEFAULT true,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX users_email_unique ON users (lower(email));
COMMENT ON COLUMN users.name IS 'The short name a person is called by on the command line.';

CREATE TABLE facility_members (
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (user_id, facility_id)
);
CREATE INDEX idx_facility_members_facility ON facility_members (facility_id);

CREATE TABLE api_tokens (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('api', 'local_operator')),
  token_hash TEXT NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
  scopes TEXT[] NOT NULL DEFAULT '{read,write}' CHECK (scopes <@ ARRAY['read', 'write'] AND cardinality(scopes) > 0),
  expires_at TIMESTAMPTZ,
  last_used_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT
);
CREATE INDEX idx_api_tokens_user ON api_tokens (user_id);
CREATE INDEX idx_api_tokens_created_by ON api_tokens (created_by);
COMMENT ON COLUMN api_tokens.token_hash IS 'SHA-256 of the token, lower-case hex. The token itself is never stored.';
COMMENT ON COLUMN api_tokens.scopes IS 'A token without "write" acts as a viewer, whatever its user''s role.';

-- Kept by the authentication library, which logs in as touchstone_auth.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token TEXT NOT NULL UNIQUE,
  expires_at TIMESTAMPTZ NOT NULL,
  ip_address TEXT,
  user_agent TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_sessions_user ON sessions (user_id);
CREATE INDEX idx_sessions_expires ON sessions (expires_at);

-- One row: the key that seals what begin_actor has proved. Only definer functions read it.
CREATE TABLE actor_secret (
  is_only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (is_only_row),
  secret BYTEA NOT NULL
);
-- Two random UUIDs carry 244 bits from the server's strong random source.
INSERT INTO actor_secret (secret)
VALUES (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

INSERT INTO facilities (id, name) VALUES ('synthetic', 'Synthetic charts');
-- The author of what the owner's login writes (setup, migrations).
INSERT INTO users (id, name, display_name, role)
VALUES ('00000000-0000-7000-8000-000000000001', 'setup', 'Set-up', 'admin');

-- ---------------------------------------------------------------------------------------------
-- Who is asking
--
-- begin_actor checks a credential and leaves a sealed claim in a transaction-local setting. The seal
-- is a keyed hash over the claim, this backend's pid and this transaction's start, so a claim that is
-- SET by hand, copied from another session or kept from an earlier transaction proves nothing.

CREATE FUNCTION seal_claim(p_kind TEXT, p_claim TEXT) RETURNS TEXT
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_secret BYTEA;
BEGIN
  SELECT s.secret INTO STRICT v_secret FROM public.actor_secret s;
  RETURN encode(sha256(v_secret || sha256(v_secret || convert_to(
    p_kind || '|' || pg_backend_pid() || '|' || extract(epoch FROM transaction_timestamp()) || '|' || p_claim,
    'UTF8'))), 'hex');
END $$;

-- The claim of a kind, or NULL where nothing is claimed or the seal does not hold.
CREATE FUNCTION proved_claim(p_kind TEXT) RETURNS TEXT
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_sealed TEXT := current_setting('touchstone.' || p_kind, true);
BEGIN
  IF v_sealed IS NULL OR length(v_sealed) <= 64 THEN
    RETURN NULL;
  END IF;
  IF left(v_sealed, 64) IS DISTINCT FROM public.seal_claim(p_kind, substr(v_sealed, 65)) THEN
    RETURN NULL;
  END IF;
  RETURN substr(v_sealed, 65);
END $$;

-- A claim of kind "actor" reads: user id, space, role, space, facilities joined by commas.
CREATE FUNCTION current_actor() RETURNS TABLE (user_id UUID, role TEXT, facilities TEXT[])
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_claim TEXT := public.proved_claim('actor');
BEGIN
  IF v_claim IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT split_part(v_claim, ' ', 1)::uuid, split_part(v_claim, ' ', 2),
    string_to_array(split_part(v_claim, ' ', 3), ',');
END $$;
COMMENT ON FUNCTION current_actor() IS 'Who has been proved to ask in this transaction; no row where nobody has.';

CREATE FUNCTION visible_facilities() RETURNS TEXT[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN coalesce(string_to_array(split_part(public.proved_claim('actor'), ' ', 3), ','), '{}');
END $$;
COMMENT ON FUNCTION visible_facilities() IS 'The facilities of the proved actor; the empty array where nobody is asking.';

CREATE FUNCTION acting_role() RETURNS TEXT
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN split_part(public.proved_claim('actor'), ' ', 2);
END $$;

CREATE FUNCTION acting_user() RETURNS UUID
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN split_part(public.proved_claim('actor'), ' ', 1)::uuid;
END $$;

CREATE FUNCTION begin_actor(p_credential TEXT)
RETURNS TABLE (user_id UUID, role TEXT, facilities TEXT[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_token RECORD;
  v_claim TEXT;
BEGIN
  SELECT t.id, t.user_id, CASE WHEN 'write' = ANY (t.scopes) THEN u.role ELSE 'viewer' END AS role,
         t.last_used_at, true AS is_token
    INTO v_token
    FROM public.api_tokens t JOIN public.users u ON u.id = t.user_id
   WHERE t.token_hash = encode(sha256(convert_to(p_credential, 'UTF8')), 'hex')
     AND t.revoked_at IS NULL AND u.is_active
     AND (t.expires_at IS NULL OR t.expires_at > transaction_timestamp());
  IF NOT FOUND THEN
    SELECT NULL::uuid AS id, s.user_id, u.role, NULL::timestamptz AS last_used_at, false AS is_token
      INTO v_token
      FROM public.sessions s JOIN public.users u ON u.id = s.user_id
     WHERE s.token = p_credential AND s.expires_at > transaction_timestamp() AND u.is_active;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'the credential is unknown, expired or revoked'
        USING ERRCODE = 'invalid_authorization_specification',
              HINT = 'Sign in again, or make a new token with "token create".';
    END IF;
  END IF;

  SELECT v_token.user_id || ' ' || v_token.role || ' ' || string_agg(f.id, ',' ORDER BY f.id)
    INTO v_claim
    FROM public.facilities f
   WHERE f.id = 'synthetic'
      OR f.id IN (SELECT m.facility_id FROM public.facility_members m WHERE m.user_id = v_token.user_id);
  PERFORM set_config('touchstone.actor', public.seal_claim('actor', v_claim) || v_claim, true);
  PERFORM set_config('touchstone.run', '', true);

  -- Once a minute is exact enough, and a busy token is not waited for.
  IF v_token.is_token
     AND (v_token.last_used_at IS NULL OR v_token.last_used_at < transaction_timestamp() - interval '1 minute')
     AND current_setting('transaction_read_only') = 'off' THEN
    UPDATE public.api_tokens SET last_used_at = transaction_timestamp()
     WHERE id IN (SELECT t.id FROM public.api_tokens t WHERE t.id = v_token.id FOR UPDATE SKIP LOCKED);
  END IF;

  RETURN QUERY SELECT a.user_id, a.role, a.facilities FROM public.current_actor() a;
END $$;
COMMENT ON FUNCTION begin_actor(TEXT) IS
  'Proves who is asking by an API token, the local operator''s credential or a session, for this transaction only.';

-- ---------------------------------------------------------------------------------------------
-- Guards shared by the tables

-- Whether the statement runs with the owner's rights: its login, or a definer function of its own.
CREATE FUNCTION acts_as_owner() RETURNS BOOLEAN
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT current_user = 'touchstone_eraser' OR pg_has_role(current_user, 'touchstone_owner', 'MEMBER')
$$;

-- Statement trigger: the actor must have one of the roles named as the trigger's arguments.
CREATE FUNCTION require_role() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_role TEXT;
BEGIN
  IF public.acts_as_owner() THEN
    RETURN NULL;
  END IF;
  v_role := public.acting_role();
  IF v_role IS NULL OR NOT (v_role = ANY (TG_ARGV)) THEN
    RAISE EXCEPTION '% may not write to %', coalesce('a ' || v_role, 'nobody proved'), TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege', HINT = 'Allowed: ' || array_to_string(TG_ARGV, ', ') || '.';
  END IF;
  RETURN NULL;
END $$;

-- Row trigger: the author's column (the first argument) is whoever has been proved; it never changes.
CREATE FUNCTION stamp_author() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_author UUID;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    v_author := (to_jsonb(OLD) ->> TG_ARGV[0])::uuid;
  ELSIF public.acts_as_owner() THEN
    v_author := coalesce((to_jsonb(NEW) ->> TG_ARGV[0])::uuid, public.acting_user(),
                         '00000000-0000-7000-8000-000000000001'::uuid);
  ELSE
    v_author := public.acting_user();
  END IF;
  RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], v_author));
END $$;

-- Row trigger: the last author is whoever has been proved.
CREATE FUNCTION stamp_updated_by() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.updated_by := coalesce(public.acting_user(), NEW.updated_by);
  RETURN NEW;
END $$;

CREATE FUNCTION stamp_updated_at() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  NEW.updated_at := transaction_timestamp();
  RETURN NEW;
END $$;

-- Row and statement trigger: rows of this table are written once. Only touchstone_eraser may null text.
CREATE FUNCTION refuse_change() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF current_user = 'touchstone_eraser' AND TG_OP = 'UPDATE' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation', HINT = 'Write a new row instead.';
END $$;

-- Row trigger: nothing changes but the columns named as the trigger's arguments.
CREATE FUNCTION refuse_change_except() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF current_user = 'touchstone_eraser' THEN
    RETURN NEW;
  END IF;
  IF (to_jsonb(NEW) - TG_ARGV) IS DISTINCT FROM (to_jsonb(OLD) - TG_ARGV) THEN
    RAISE EXCEPTION 'this row of % is frozen', TG_TABLE_NAME
      USING ERRCODE = 'restrict_violation', HINT = 'Only ' || array_to_string(TG_ARGV, ', ') || ' may change.';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON facilities FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();

-- ---------------------------------------------------------------------------------------------
-- Administration: by an admin who is proved, or by the owner's own login

CREATE FUNCTION require_admin() RETURNS VOID
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- session_user and the setting "role" tell a login apart from the definer's rights we run with.
  IF pg_has_role(session_user, 'touchstone_owner', 'MEMBER')
     AND current_setting('role') IN ('none', 'touchstone_owner') THEN
    RETURN;
  END IF;
  IF public.acting_role() IS DISTINCT FROM 'admin' THEN
    RAISE EXCEPTION 'only an admin may do this'
      USING ERRCODE = 'insufficient_privilege',
            HINT = 'Prove an admin by a token, or use the owner''s login (DATABASE_OWNER_URL).';
  END IF;
END $$;

CREATE FUNCTION create_facility(p_id TEXT, p_name TEXT) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.require_admin();
  INSERT INTO public.facilities (id, name) VALUES (p_id, p_name)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name;
  RETURN p_id;
END $$;

CREATE FUNCTION create_user(p_name TEXT, p_role TEXT, p_display_name TEXT DEFAULT NULL, p_email TEXT DEFAULT NULL)
RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_id UUID;
BEGIN
  PERFORM public.require_admin();
  INSERT INTO public.users (name, role, display_name, email)
  VALUES (p_name, p_role, p_display_name, p_email) RETURNING id INTO v_id;
  RETURN v_id;
END $$;

CREATE FUNCTION set_role(p_user UUID, p_role TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.require_admin();
  UPDATE public.users SET role = p_role WHERE id = p_user;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no user %', p_user USING ERRCODE = 'no_data_found';
  END IF;
END $$;

CREATE FUNCTION set_user_active(p_user UUID, p_is_active BOOLEAN) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.require_admin();
  UPDATE public.users SET is_active = p_is_active WHERE id = p_user;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no user %', p_user USING ERRCODE = 'no_data_found';
  END IF;
END $$;

CREATE FUNCTION add_member(p_user UUID, p_facility TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.require_admin();
  INSERT INTO public.facility_members (user_id, facility_id) VALUES (p_user, p_facility) ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION remove_member(p_user UUID, p_facility TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.require_admin();
  DELETE FROM public.facility_members m WHERE m.user_id = p_user AND m.facility_id = p_facility;
END $$;

-- p_hash is the SHA-256 of the token in lower-case hex; the token itself never reaches the database.
CREATE FUNCTION create_token(
  p_user UUID, p_name TEXT, p_hash TEXT, p_kind TEXT DEFAULT 'api',
  p_scopes TEXT[] DEFAULT '{read,write}', p_expires_at TIMESTAMPTZ DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_id UUID;
BEGIN
  PERFORM public.require_admin();
  INSERT INTO public.api_tokens (user_id, name, kind, token_hash, scopes, expires_at, created_by)
  VALUES (p_user, p_name, p_kind, p_hash, p_scopes, p_expires_at,
          coalesce(public.acting_user(), '00000000-0000-7000-8000-000000000001'::uuid))
  RETURNING id INTO v_id;
  RETURN v_id;
END $$;

-- Whoever owns a token may end it, and so may an admin.
CREATE FUNCTION revoke_token(p_token UUID) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.api_tokens t WHERE t.id = p_token AND t.user_id = public.acting_user()) THEN
    PERFORM public.require_admin();
  END IF;
  UPDATE public.api_tokens SET revoked_at = coalesce(revoked_at, transaction_timestamp()) WHERE id = p_token;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no token %', p_token USING ERRCODE = 'no_data_found';
  END IF;
END $$;

CREATE FUNCTION list_tokens() RETURNS TABLE (
  id UUID, user_id UUID, user_name TEXT, name TEXT, kind TEXT, scopes TEXT[],
  expires_at TIMESTAMPTZ, last_used_at TIMESTAMPTZ, revoked_at TIMESTAMPTZ, created_at TIMESTAMPTZ
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.require_admin();
  RETURN QUERY SELECT t.id, t.user_id, u.name, t.name, t.kind, t.scopes,
      t.expires_at, t.last_used_at, t.revoked_at, t.created_at
    FROM public.api_tokens t JOIN public.users u ON u.id = t.user_id ORDER BY t.created_at, t.id;
END $$;

-- ---------------------------------------------------------------------------------------------
-- Grants

GRANT SELECT ON facilities, users, facility_members TO touchstone_app;
GRANT SELECT ON users TO touchstone_auth;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO touchstone_auth;

GRANT EXECUTE ON FUNCTION
  begin_actor(TEXT), current_actor(), visible_facilities(), acting_role(), acting_user(), acts_as_owner(),
  create_facility(TEXT, TEXT), create_user(TEXT, TEXT, TEXT, TEXT), set_role(UUID, TEXT),
  set_user_active(UUID, BOOLEAN), add_member(UUID, TEXT), remove_member(UUID, TEXT),
  create_token(UUID, TEXT, TEXT, TEXT, TEXT[], TIMESTAMPTZ), revoke_token(UUID), list_tokens()
TO touchstone_app;
GRANT EXECUTE ON FUNCTION acts_as_owner() TO touchstone_eraser;
