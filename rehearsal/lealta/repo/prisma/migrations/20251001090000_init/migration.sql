CREATE TABLE "Business" (id serial PRIMARY KEY, slug text NOT NULL UNIQUE);
CREATE TABLE "Customer" (
    id serial PRIMARY KEY, "businessId" int NOT NULL REFERENCES "Business", name text NOT NULL, email text NOT NULL UNIQUE,
    phone text NOT NULL, points int NOT NULL DEFAULT 0);
CREATE TABLE "Visit" (
    id serial PRIMARY KEY, "customerId" int NOT NULL REFERENCES "Customer", points int NOT NULL,
    "createdAt" timestamptz NOT NULL DEFAULT now());
CREATE TABLE "Redemption" (
    id serial PRIMARY KEY, "customerId" int NOT NULL REFERENCES "Customer", points int NOT NULL,
    "createdAt" timestamptz NOT NULL DEFAULT now());
