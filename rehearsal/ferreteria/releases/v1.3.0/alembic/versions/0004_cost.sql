-- upgrade
UPDATE product SET price = price * 2;
ALTER TABLE product ADD COLUMN cost numeric NOT NULL;
-- downgrade
ALTER TABLE product DROP COLUMN cost;
