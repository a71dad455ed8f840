-- What a shop and the code-intelligence store ask; more than the 40 that are required.
SELECT * FROM customers WHERE id = $1;
SELECT * FROM customers WHERE email = $1;
SELECT * FROM customers WHERE lower(email) = $1;
SELECT * FROM customers WHERE country = 'de';
SELECT * FROM customers WHERE country = 'us';
SELECT * FROM customers WHERE country = $1 AND vip;
SELECT count(*) FROM customers WHERE created > '2025-10-01';
SELECT * FROM customers ORDER BY created DESC LIMIT 20;
SELECT * FROM customers WHERE name LIKE 'Name 4%' ORDER BY id LIMIT 10;
SELECT * FROM orders WHERE customer_id = $1 ORDER BY placed DESC LIMIT 10;
SELECT * FROM orders WHERE status = 'open' ORDER BY placed LIMIT 50;
SELECT * FROM orders WHERE status = 'open' AND placed < $1;
SELECT * FROM orders WHERE placed BETWEEN '2024-03-01' AND '2024-03-02';
SELECT * FROM orders WHERE placed > '2024-03-01';
SELECT status, count(*) FROM orders GROUP BY status;
SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = $1;
SELECT o.*, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.email = $1;
SELECT c.country, sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country;
SELECT c.country, sum(o.total)
  FROM orders o JOIN customers c ON c.id = o.customer_id
  WHERE o.placed > '2025-02-01'
  GROUP BY 1;
SELECT * FROM order_lines WHERE order_id = $1;
SELECT * FROM order_lines WHERE product_id = $1;
SELECT l.*, p.title FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = $1;
SELECT p.id, sum(l.qty)
  FROM products p JOIN order_lines l ON l.product_id = p.id
  WHERE p.category_id = $1
  GROUP BY p.id;
SELECT p.id, sum(l.qty)
  FROM products p JOIN order_lines l ON l.product_id = p.id
  GROUP BY p.id
  ORDER BY 2 DESC LIMIT 10;
SELECT * FROM products WHERE tags @> ARRAY['t5'];
SELECT * FROM products WHERE tags @> ARRAY[$1];
SELECT * FROM products WHERE category_id = $1 ORDER BY price LIMIT 20;
SELECT * FROM products WHERE sku = $1;
SELECT cat.name, count(*) FROM products p JOIN categories cat ON cat.id = p.category_id GROUP BY cat.name;
SELECT * FROM products WHERE price < 5 AND category_id IN (1, 2, 3);
SELECT DISTINCT customer_id FROM orders WHERE placed > '2025-02-15';
SELECT * FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id);
SELECT *
  FROM customers c
  WHERE EXISTS (SELECT 1
  FROM orders o
  WHERE o.customer_id = c.id AND o.status = 'open');
SELECT * FROM events WHERE at > '2026-05-01' AND at < '2026-05-02';
SELECT kind, count(*) FROM events GROUP BY kind;
SELECT * FROM events WHERE id = $1;
SELECT * FROM events WHERE at > $1 ORDER BY at LIMIT 10;
UPDATE orders SET status = 'paid' WHERE id = $1;
DELETE FROM order_lines WHERE order_id = $1;
UPDATE customers SET vip = true WHERE country = 'fr';
SELECT data FROM lsif_data_documents WHERE dump_id = $1 AND path = $2 LIMIT 1;
SELECT path FROM lsif_data_documents WHERE dump_id = $1 AND path LIKE $2 || '%' ORDER BY path;
SELECT data FROM lsif_data_references WHERE dump_id = $1 AND scheme = $2 AND identifier = $3 LIMIT 1;
SELECT dump_id, scheme, identifier, data
  FROM lsif_data_references
  WHERE dump_id IN (1, 2, 3)
  AND (scheme, identifier) IN (('tsc', 'id4'), ('npm', 'id5'));
SELECT count(*) FROM lsif_data_references WHERE dump_id = $1;
DELETE FROM lsif_data_documents WHERE dump_id IN (1, 2, 3);
SELECT d.path, count(*)
  FROM lsif_data_documents d JOIN lsif_data_references r ON r.dump_id = d.dump_id
  WHERE d.dump_id = $1
  GROUP BY d.path;
SELECT o.id
  FROM orders o JOIN order_lines l ON l.order_id = o.id
  JOIN products p ON p.id = l.product_id WHERE o.customer_id = $1 AND p.category_id = $2;
SELECT c.id, count(*)
  FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
  WHERE c.country = 'gb'
  GROUP BY c.id
  HAVING count(*) > 3;
SELECT max(placed) FROM orders;
SELECT count(*) FROM orders;
SELECT *
  FROM orders o JOIN order_lines l ON l.order_id = o.id
  WHERE o.placed BETWEEN '2024-03-01' AND '2024-03-03';
SELECT * FROM order_lines l JOIN products p ON p.id = l.product_id WHERE p.sku = $1;
SELECT row_number() OVER (PARTITION BY customer_id ORDER BY placed) FROM orders WHERE customer_id < 1000;
