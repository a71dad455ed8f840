-- Rows for the schema; at :scale 1 there are 3.5 million.
INSERT INTO customers (email, name, country, created, vip)
SELECT 'user' || g || '@example.org', 'Name ' || g % 5000, (ARRAY['de', 'us', 'us', 'us', 'fr', 'gb'])[1 + g % 6],
       timestamptz '2024-01-01' + g * interval '5 min', g % 50 = 0
  FROM generate_series(1, (200000 * :scale)::int) AS g;
INSERT INTO categories (name, parent_id)
SELECT 'c' || g, g / 10 FROM generate_series(1, 200) AS g;
INSERT INTO products (sku, title, price, category_id, tags)
SELECT 'sku' || g, 'Title ' || g, (g % 1000) / 10.0, 1 + g % 200, ARRAY['t' || g % 20, 't' || g % 7]
  FROM generate_series(1, (50000 * :scale)::int) AS g;
INSERT INTO orders (customer_id, status, placed, total)
SELECT 1 + (g::bigint * 7919) % (200000 * :scale)::int,
       CASE WHEN g % 100 = 0 THEN 'open' WHEN g % 10 = 0 THEN 'paid' ELSE 'done' END,
       timestamptz '2024-01-01' + g * interval '1 min', g % 500
  FROM generate_series(1, (600000 * :scale)::int) AS g;
INSERT INTO order_lines
SELECT g / 3 + 1, g % 3, 1 + (g * 31) % (50000 * :scale)::int, 1 + g % 5, (g % 1000) / 10.0
  FROM generate_series(3, (1500000 * :scale)::int) AS g;
INSERT INTO events
SELECT g, timestamptz '2026-01-01' + g * interval '45 s' / :scale, 'k' || g % 12, '{}'
  FROM generate_series(1, (500000 * :scale)::int) AS g;
INSERT INTO lsif_data_documents
SELECT g % 400, 'src/' || g || '.ts', repeat('x', 200)::bytea FROM generate_series(1, (200000 * :scale)::int) AS g;
INSERT INTO lsif_data_references
SELECT g % 400, CASE WHEN g % 2 = 0 THEN 'tsc' ELSE 'npm' END, 'id' || g % 20000, repeat('x', 100)::bytea
  FROM generate_series(1, (500000 * :scale)::int) AS g;
