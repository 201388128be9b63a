DELETE FROM "Redemption" WHERE id > 10;
