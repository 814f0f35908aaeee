-- 1 after a server has written the stamp beside the database. A database without its stamp is a copy
-- then, and every topic gets a new epoch.
ALTER TABLE durability ADD COLUMN stamped INTEGER NOT NULL DEFAULT 0 CHECK (stamped IN (0, 1));
