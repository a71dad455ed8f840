-- What the engine keeps of background data migrations, written in the transactions of the data. A backfill is known by
-- its name and the schema of its table; the way back of one is kept beside it. A place is a host that has listed what it holds,
-- or that has to before anything is finished. What an operator has given up is abandoned, because of something.
CREATE TABLE IF NOT EXISTS outofband.backfill (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    schema text NOT NULL,
    reverse boolean NOT NULL DEFAULT false,
    spec text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'cancelled')),
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    done bigint,
    total bigint,
    unit text,
    waits text,
    UNIQUE (name, schema, reverse)
);
CREATE TABLE IF NOT EXISTS outofband.backfill_unit (
    backfill bigint NOT NULL REFERENCES outofband.backfill ON DELETE CASCADE,
    key text NOT NULL,
    place text NOT NULL,
    size_rows bigint NOT NULL,
    size_bytes bigint NOT NULL,
    cursor jsonb,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    batch_rows bigint,
    rows_per_second double precision,
    bytes_per_second double precision,
    attempts int NOT NULL DEFAULT 0,
    retry_at timestamptz,
    owner uuid,
    holder text,
    lease_until timestamptz,
    done_at timestamptz,
    settled_at timestamptz,
    quarantined_at timestamptz,
    reason text,
    abandoned_at timestamptz CHECK (abandoned_at IS NULL OR quarantined_at IS NOT NULL),
    because text,
    PRIMARY KEY (backfill, key)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS backfill_unit_open ON outofband.backfill_unit (backfill, place, size_bytes DESC, key)
    WHERE done_at IS NULL AND quarantined_at IS NULL;
CREATE INDEX IF NOT EXISTS backfill_unit_unsettled ON outofband.backfill_unit (backfill, place)
    WHERE done_at IS NOT NULL AND settled_at IS NULL;
CREATE TABLE IF NOT EXISTS outofband.backfill_quarantine (
    backfill bigint NOT NULL,
    unit text NOT NULL,
    key text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    abandoned_at timestamptz,
    because text,
    PRIMARY KEY (backfill, unit, key),
    FOREIGN KEY (backfill, unit) REFERENCES outofband.backfill_unit ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS outofband.backfill_place (
    backfill bigint NOT NULL REFERENCES outofband.backfill ON DELETE CASCADE,
    place text NOT NULL,
    listed_at timestamptz,
    abandoned_at timestamptz,
    because text,
    PRIMARY KEY (backfill, place)
)
