-- The journal. Rows are only ever added.
CREATE TABLE IF NOT EXISTS outofband.journal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    role text NOT NULL DEFAULT session_user,
    run uuid NOT NULL,
    version text NOT NULL,
    event text NOT NULL,
    step text NOT NULL,
    kind text NOT NULL,
    table_name text NOT NULL,
    revision text NOT NULL,
    outcome text,
    why text,
    seconds double precision,
    phases jsonb,
    waits jsonb,
    sqlstates text[],
    table_bytes bigint,
    index_bytes bigint
)
