-- upgrade
CREATE TABLE tenant (id serial PRIMARY KEY, slug text NOT NULL UNIQUE, probe_token text UNIQUE);
CREATE TABLE app_user (id serial PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE user_tenant (
    user_id int NOT NULL REFERENCES app_user, tenant_id int NOT NULL REFERENCES tenant, PRIMARY KEY (user_id, tenant_id));
CREATE TABLE product (
    id serial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenant, sku text NOT NULL, price numeric NOT NULL,
    UNIQUE (tenant_id, sku));
CREATE TABLE sale (id serial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenant, sold_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE sale_line (
    id serial PRIMARY KEY, sale_id int NOT NULL REFERENCES sale, product_id int NOT NULL REFERENCES product, quantity int NOT NULL);
CREATE TABLE finance_ledger (
    id serial PRIMARY KEY, tenant_id int NOT NULL REFERENCES tenant, sale_id int REFERENCES sale, amount numeric NOT NULL);
CREATE TABLE email_outbox (id serial PRIMARY KEY, recipient text NOT NULL, queued_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz);
-- downgrade
DROP TABLE email_outbox, finance_ledger, sale_line, sale, product, user_tenant, app_user, tenant;
