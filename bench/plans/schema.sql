-- A shop, and two tables of the incident: documents without an index, references with one.
CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text,
    country char(2),
    created timestamptz NOT NULL DEFAULT now(),
    vip boolean DEFAULT false
);
CREATE TABLE products (
    id bigserial PRIMARY KEY,
    sku varchar(20) NOT NULL,
    title text,
    price numeric(10, 2),
    category_id int,
    tags text[]
);
CREATE TABLE categories (id serial PRIMARY KEY, name text, parent_id int);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status text NOT NULL,
    placed timestamptz NOT NULL,
    total numeric(12, 2)
);
CREATE TABLE order_lines (
    order_id bigint NOT NULL REFERENCES orders,
    line int NOT NULL,
    product_id bigint NOT NULL REFERENCES products,
    qty int,
    price numeric(10, 2),
    PRIMARY KEY (order_id, line)
);
CREATE TABLE events (id bigint, at timestamptz NOT NULL, kind text, payload jsonb) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-04-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-04-01') TO ('2026-07-01');
CREATE TABLE events_3 PARTITION OF events FOR VALUES FROM ('2026-07-01') TO ('2026-10-01');
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_placed ON orders (placed);
CREATE INDEX orders_open ON orders (placed) WHERE status = 'open';
CREATE INDEX lines_product ON order_lines (product_id);
CREATE INDEX products_cat ON products (category_id);
CREATE INDEX products_tags ON products USING gin (tags);
CREATE INDEX customers_country ON customers (country);
CREATE INDEX customers_lower ON customers (lower(email));
CREATE INDEX events_at ON events (at);
CREATE TABLE lsif_data_documents (dump_id integer NOT NULL, path text NOT NULL, data bytea);
CREATE TABLE lsif_data_references (
    dump_id integer NOT NULL,
    scheme text NOT NULL,
    identifier text NOT NULL,
    data bytea
);
CREATE INDEX references_temp ON lsif_data_references (dump_id, scheme, identifier);
