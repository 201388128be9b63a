ALTER TABLE "Customer" ADD COLUMN tier text NOT NULL DEFAULT 'bronze';
UPDATE "Customer" SET tier = 'silver' WHERE points >= 20;
