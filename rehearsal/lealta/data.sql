INSERT INTO "Business" (slug) SELECT 'shop-' || n FROM generate_series(1, 5) AS n;
INSERT INTO "Customer" ("businessId", name, email, phone)
SELECT 1 + n % 5, 'Customer ' || n, 'customer' || n || '@example.invalid', '+54 249 555 ' || lpad(n::text, 4, '0') FROM generate_series(1, 200) AS n;
INSERT INTO "Visit" ("customerId", points, "createdAt") SELECT 1 + n % 200, 10, now() - (n || ' hours')::interval FROM generate_series(1, 600) AS n;
INSERT INTO "Redemption" ("customerId", points) SELECT n, 20 FROM generate_series(1, 40) AS n;
UPDATE "Customer" c SET points = (SELECT coalesce(sum(v.points), 0) FROM "Visit" v WHERE v."customerId" = c.id)
  - (SELECT coalesce(sum(r.points), 0) FROM "Redemption" r WHERE r."customerId" = c.id) WHERE true;
ANALYZE;
