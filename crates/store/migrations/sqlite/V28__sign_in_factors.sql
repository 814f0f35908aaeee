-- The memory of the server between two requests of one browser; see madang_hub::factors.
CREATE TABLE challenges (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('new_passkey', 'passkey_sign_in', 'second_step', 'provider')),
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    content TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    made_at INTEGER NOT NULL CHECK (made_at >= 0),
    expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT;
CREATE INDEX challenges_by_time ON challenges (made_at);
CREATE INDEX challenges_by_user ON challenges (user_id);

CREATE TABLE passkeys (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_handle BLOB NOT NULL CHECK (length(user_handle) BETWEEN 1 AND 64),
    credential_id BLOB NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
    name TEXT NOT NULL,
    made_at INTEGER NOT NULL CHECK (made_at >= 0),
    used_at INTEGER CHECK (used_at >= 0)
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id);

-- One-time passwords (RFC 6238). `last_step` is the step of the last code, so that no code counts twice.
CREATE TABLE totp_secrets (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    is_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (is_confirmed IN (0, 1)),
    last_step INTEGER CHECK (last_step >= 0),
    wrong_codes INTEGER NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),
    wrong_since INTEGER CHECK (wrong_since >= 0)
) STRICT;

CREATE TABLE recovery_codes (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- The persons of identity providers.
CREATE TABLE provider_identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_identities_by_user ON provider_identities (user_id);

-- The sessions that a provider has begun, and may end.
CREATE TABLE provider_sessions (
    token_hash BLOB NOT NULL PRIMARY KEY REFERENCES sessions (token_hash) ON DELETE CASCADE,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    provider_session TEXT
) STRICT;
CREATE INDEX provider_sessions_by_subject ON provider_sessions (issuer, subject);
CREATE INDEX provider_sessions_by_session ON provider_sessions (issuer, provider_session);
