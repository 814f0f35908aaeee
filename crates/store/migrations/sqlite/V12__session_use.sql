-- A user whose only session was never used can be replaced: its browser may have dropped the cookie. Sessions of before
-- count as used. A new session is not, until a request names it.
ALTER TABLE sessions ADD COLUMN is_used INTEGER NOT NULL DEFAULT 1 CHECK (is_used IN (0, 1));
