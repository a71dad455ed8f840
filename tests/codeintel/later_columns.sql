-- What later revisions add, after their defaults are dropped.
ALTER TABLE lsif_data_documents
    ADD COLUMN schema_version integer NOT NULL, ADD COLUMN num_diagnostics integer NOT NULL;
ALTER TABLE lsif_data_definitions
    ADD COLUMN schema_version integer NOT NULL, ADD COLUMN num_locations integer NOT NULL;
ALTER TABLE lsif_data_references
    ADD COLUMN schema_version integer NOT NULL, ADD COLUMN num_locations integer NOT NULL;
