-- upgrade
ALTER TABLE product ADD COLUMN shelf text NOT NULL DEFAULT 'unknown';
-- downgrade
ALTER TABLE product DROP COLUMN shelf;
