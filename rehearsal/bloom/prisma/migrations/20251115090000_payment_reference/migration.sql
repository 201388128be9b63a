ALTER TABLE payments ADD COLUMN reference text;
