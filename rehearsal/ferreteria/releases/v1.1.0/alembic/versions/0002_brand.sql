-- upgrade
ALTER TABLE product ADD COLUMN brand text;
-- downgrade
ALTER TABLE product DROP COLUMN brand;
