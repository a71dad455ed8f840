-- Add one line to the journal.
INSERT INTO outofband.journal (
    run, version, event, step, kind, table_name, revision,
    outcome, why, seconds, phases, waits, sqlstates, table_bytes, index_bytes)
VALUES (
    CAST(%(run)s AS uuid), %(version)s, %(event)s, %(step)s, %(kind)s, %(table)s, %(revision)s,
    %(outcome)s, %(why)s, %(seconds)s, CAST(%(phases)s AS jsonb), CAST(%(waits)s AS jsonb),
    CAST(%(sqlstates)s AS text[]), %(table_bytes)s, %(index_bytes)s)
