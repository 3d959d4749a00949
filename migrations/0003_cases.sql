-- Patients, cases and their charts.
--
-- A child row carries its parent's facility, and its parent's is_holdout where the parent has one;
-- composite foreign keys see to it that neither can differ.

CREATE TABLE source_files (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  path TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  bytes BYTEA,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  erased_at TIMESTAMPTZ,
  UNIQUE (facility_id, path, content_hash),
  UNIQUE (id, facility_id),
  CHECK (bytes IS NOT NULL OR erased_at IS NOT NULL)
);
CREATE INDEX idx_source_files_created_by ON source_files (created_by);
COMMENT ON TABLE source_files IS 'The bytes of every imported file, so that what is unchanged is exported as it came.';

CREATE TABLE patients (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  mrn TEXT NOT NULL,
  name_encrypted TEXT,
  date_of_birth DATE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  erased_at TIMESTAMPTZ,
  UNIQUE (facility_id, mrn),
  UNIQUE (id, facility_id)
);
CREATE INDEX idx_patients_mrn ON patients (mrn);
CREATE INDEX idx_patients_created_by ON patients (created_by);

CREATE TABLE cases (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  facility_id TEXT NOT NULL REFERENCES facilities (id) ON DELETE RESTRICT,
  case_number TEXT NOT NULL CHECK (length(case_number) BETWEEN 1 AND 300),
  origin TEXT NOT NULL DEFAULT 'CLINICAL' CHECK (origin IN ('CLINICAL', 'EVAL')),
  patient_id UUID,
  specialty_id TEXT NOT NULL REFERENCES specialties (id) ON DELETE RESTRICT,
  module_id TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'IN_PROGRESS', 'PENDING_REVIEW', 'REVIEWED', 'CLOSED')),
  priority TEXT NOT NULL DEFAULT 'NORMAL' CHECK (priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')),
  assigned_to UUID REFERENCES users (id) ON DELETE RESTRICT,
  reviewed_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  reviewed_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  updated_by UUID REFERENCES users (id) ON DELETE RESTRICT,
  UNIQUE (facility_id, case_number),
  UNIQUE (id, facility_id),
  FOREIGN KEY (patient_id, facility_id) REFERENCES patients (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (module_id, specialty_id) REFERENCES modules (id, specialty_id) ON DELETE RESTRICT
);
CREATE INDEX idx_cases_patient ON cases (patient_id);
CREATE INDEX idx_cases_specialty_module ON cases (specialty_id, module_id);
CREATE INDEX idx_cases_module ON cases (module_id);
CREATE INDEX idx_cases_status ON cases (status) WHERE status <> 'CLOSED';
CREATE INDEX idx_cases_assigned ON cases (assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX idx_cases_updated ON cases (updated_at DESC);
CREATE INDEX idx_cases_clinical ON cases (facility_id, updated_at DESC) WHERE origin = 'CLINICAL';
CREATE INDEX idx_cases_reviewed_by ON cases (reviewed_by) WHERE reviewed_by IS NOT NULL;
CREATE INDEX idx_cases_created_by ON cases (created_by);
CREATE INDEX idx_cases_updated_by ON cases (updated_by) WHERE updated_by IS NOT NULL;
COMMENT ON COLUMN cases.origin IS 'EVAL cases carry gold; lists, search and queues show CLINICAL ones only.';

CREATE TABLE case_payloads (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  case_id UUID NOT NULL,
  facility_id TEXT NOT NULL,
  is_holdout BOOLEAN NOT NULL DEFAULT false,
  revision INTEGER NOT NULL DEFAULT 1 CHECK (revision > 0),
  payload JSONB,
  payload_version TEXT NOT NULL DEFAULT '1.0',
  payload_hash TEXT NOT NULL,
  is_escaped BOOLEAN NOT NULL DEFAULT false,
  source TEXT,
  uploaded_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  uploaded_by UUID NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  erased_at TIMESTAMPTZ,
  UNIQUE (case_id, revision),
  UNIQUE (id, facility_id, is_holdout),
  UNIQUE (id, case_id),
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT,
  CHECK (payload IS NOT NULL OR erased_at IS NOT NULL)
);
CREATE INDEX idx_case_payloads_source ON case_payloads (source);
CREATE INDEX idx_case_payloads_mrn ON case_payloads USING gin ((payload -> 'patient' ->> 'mrn') gin_trgm_ops);
CREATE INDEX idx_case_payloads_arrival ON case_payloads (left(payload -> 'times' ->> 'ArrivalInstant', 64));
CREATE INDEX idx_case_payloads_uploaded_by ON case_payloads (uploaded_by);
COMMENT ON COLUMN case_payloads.payload_hash IS 'SHA-256 of the chart''s canonical JSON (RFC 8785), before any escaping.';
COMMENT ON COLUMN case_payloads.is_escaped IS 'Whether some text holds an escaped NUL or lone surrogate (packages/db/src/text-codec.ts).';
COMMENT ON COLUMN case_payloads.source IS 'CABOODLE, MANUAL_ENTRY, API_IMPORT, SUITE_IMPORT, …: where the chart came from.';

CREATE TABLE encounters (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  encounter_id TEXT NOT NULL,
  facility_id TEXT NOT NULL,
  patient_id UUID NOT NULL,
  case_id UUID,
  encounter_type TEXT CHECK (encounter_type IN ('ED', 'INPATIENT', 'OUTPATIENT')),
  location TEXT,
  disposition TEXT,
  arrival_ts TIMESTAMPTZ,
  discharge_ts TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (facility_id, encounter_id),
  FOREIGN KEY (patient_id, facility_id) REFERENCES patients (id, facility_id) ON DELETE RESTRICT,
  FOREIGN KEY (case_id, facility_id) REFERENCES cases (id, facility_id) ON DELETE RESTRICT
);
CREATE INDEX idx_encounters_patient ON encounters (patient_id);
CREATE INDEX idx_encounters_case ON encounters (case_id);
CREATE INDEX idx_encounters_arrival ON encounters (arrival_ts);

CREATE TRIGGER stamp_author BEFORE INSERT ON source_files FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT OR UPDATE ON patients FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT OR UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION stamp_author('created_by');
CREATE TRIGGER stamp_author BEFORE INSERT ON case_payloads FOR EACH ROW EXECUTE FUNCTION stamp_author('uploaded_by');
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON patients FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER stamp_updated_at BEFORE UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION stamp_updated_at();
CREATE TRIGGER stamp_updated_by BEFORE UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION stamp_updated_by();
-- A corrected chart is a new revision: the old one stays, because runs and cites point at it.
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON case_payloads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON source_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
