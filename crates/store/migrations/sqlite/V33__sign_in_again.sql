-- The time until which the person of a session counts as confirmed, by a password or a passkey.
ALTER TABLE sessions ADD COLUMN confirmed_until INTEGER CHECK (confirmed_until >= 0);
-- Whether a recovery link also removes the one-time passwords and the passkeys of its user.
ALTER TABLE one_time_links ADD COLUMN removes_factors INTEGER NOT NULL DEFAULT 0 CHECK (removes_factors IN (0, 1));
