-- Invented data: 5 clinics, 20 users, 120 clients, 500 reservations, 300 payments.
INSERT INTO clinics (name, city)
SELECT 'Clinic ' || n, (ARRAY['Guadalajara', 'Puebla', 'Merida', 'Leon', 'Toluca'])[n] FROM generate_series(1, 5) AS n;
INSERT INTO users ("clinicId", email, role)
SELECT 1 + n % 5, 'user' || n || '@bloom.example', CASE WHEN n % 4 = 0 THEN 'admin' ELSE 'staff' END
FROM generate_series(1, 20) AS n;
INSERT INTO clients ("clinicId", name, email)
SELECT 1 + n % 5, 'Client ' || n, 'client' || n || '@mail.example' FROM generate_series(1, 120) AS n;
INSERT INTO reservations ("clinicId", "clientId", date, status)
SELECT 1 + n % 5, 1 + n % 120, timestamptz '2030-01-01 09:00+00' + n * interval '1 hour', 'booked'
FROM generate_series(1, 500) AS n;
INSERT INTO payments ("reservationId", amount, reference)
SELECT n, 350 + n, 'invoice-' || n FROM generate_series(1, 300) AS n;
