INSERT INTO tenant (slug) SELECT 'tenant-' || n FROM generate_series(1, 4) AS n;
INSERT INTO tenant (slug, probe_token) VALUES ('probe-a', :'probe_a_token'), ('probe-b', :'probe_b_token');
INSERT INTO app_user (email) SELECT 'user' || n || '@example.invalid' FROM generate_series(1, 12) AS n;
INSERT INTO user_tenant SELECT n, 1 + n % 6 FROM generate_series(1, 12) AS n;
INSERT INTO product (tenant_id, sku, price) SELECT 1 + n % 6, 'SKU-' || n, 10 + n FROM generate_series(1, 240) AS n;
INSERT INTO sale (tenant_id, sold_at) SELECT 1 + n % 6, now() - (n || ' hours')::interval FROM generate_series(1, 120) AS n;
INSERT INTO sale_line (sale_id, product_id, quantity) SELECT n, n, 1 + n % 3 FROM generate_series(1, 120) AS n;
INSERT INTO finance_ledger (tenant_id, sale_id, amount)
SELECT s.tenant_id, s.id, p.price * l.quantity FROM sale s JOIN sale_line l ON l.sale_id = s.id JOIN product p ON p.id = l.product_id;
INSERT INTO email_outbox (recipient, sent_at) SELECT 'user' || n || '@example.invalid', now() FROM generate_series(1, 5) AS n;
ANALYZE;
