-- The verified mail address of each account. The key is the address in small letters: it belongs to one account alone.
CREATE TABLE mail_addresses (
    user_id     INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    address     TEXT    NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
    address_key TEXT    NOT NULL UNIQUE CHECK (length(address_key) BETWEEN 3 AND 254),
    verified_at INTEGER NOT NULL CHECK (verified_at >= 0)
) STRICT;

-- The address that an account is about to get, with the link in the mail to it. The token is stored as SHA-256. Several
-- accounts may ask for one address; the first to open its link gets it.
CREATE TABLE mail_verifications (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token      BLOB    NOT NULL UNIQUE CHECK (length(token) = 32),
    address    TEXT    NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
    made_at    INTEGER NOT NULL CHECK (made_at >= 0),
    expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT;
