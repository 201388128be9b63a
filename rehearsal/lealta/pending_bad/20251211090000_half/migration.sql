-- Commits in its middle, and fails only on production: the half stays, and no copy could have shown it.
BEGIN;
UPDATE "Customer" SET points = points * 2 WHERE true;
COMMIT;
DO $$ BEGIN
    IF current_database() = 'lealta' THEN RAISE EXCEPTION 'a right is missing that the copy has'; END IF;
END $$;
