SELECT wanted.name, attribute.attname
FROM unnest($1::text[]) AS wanted (name)
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = to_regclass(wanted.name)
WHERE attribute.attnum > 0 AND NOT attribute.attisdropped
