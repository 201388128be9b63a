CREATE TABLE clinics (
    id serial PRIMARY KEY,
    name text NOT NULL,
    city text NOT NULL
);
CREATE TABLE users (
    id serial PRIMARY KEY,
    "clinicId" integer NOT NULL REFERENCES clinics (id),
    email text NOT NULL UNIQUE,
    role text NOT NULL
);
CREATE TABLE clients (
    id serial PRIMARY KEY,
    "clinicId" integer NOT NULL REFERENCES clinics (id),
    name text NOT NULL,
    email text NOT NULL UNIQUE,
    "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE reservations (
    id serial PRIMARY KEY,
    "clinicId" integer NOT NULL REFERENCES clinics (id),
    "clientId" integer REFERENCES clients (id),
    date timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'booked',
    "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE payments (
    id serial PRIMARY KEY,
    "reservationId" integer NOT NULL REFERENCES reservations (id) ON DELETE CASCADE,
    amount numeric(10, 2) NOT NULL,
    mode text NOT NULL DEFAULT 'live',
    "createdAt" timestamptz NOT NULL DEFAULT now()
);
