-- The last time at which the server saw the session in use. Sessions of earlier versions count as used
-- now.
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER CHECK (last_used_at >= 0);
UPDATE sessions SET last_used_at = CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER);
