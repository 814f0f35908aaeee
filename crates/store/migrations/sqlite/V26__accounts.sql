-- The origin of a session's last use: the device in words, and the network.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN network TEXT NOT NULL DEFAULT '';

-- Hashes in the PHC string format, which name their algorithm and its parameters.
CREATE TABLE passwords (
    user_id    INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash       TEXT    NOT NULL CHECK (length(hash) > 0),
    changed_at INTEGER NOT NULL CHECK (changed_at >= 0)
) STRICT;

-- The attempts to sign in. Each user keeps the last right and the last wrong ones.
CREATE TABLE sign_in_attempts (
    id        INTEGER NOT NULL PRIMARY KEY,
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL CHECK (at >= 0),
    succeeded INTEGER NOT NULL CHECK (succeeded IN (0, 1)),
    method    TEXT    NOT NULL CHECK (length(method) > 0),
    device    TEXT    NOT NULL,
    network   TEXT    NOT NULL
) STRICT;

CREATE INDEX sign_in_attempts_by_user ON sign_in_attempts (user_id, succeeded, id);

-- The devices that have signed in, by the hash of the secret in their cookie.
CREATE TABLE known_devices (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device  BLOB    NOT NULL CHECK (length(device) = 32),
    used_at INTEGER NOT NULL CHECK (used_at >= 0),
    PRIMARY KEY (user_id, device)
) STRICT, WITHOUT ROWID;

-- Links that let somebody in once. Tokens, codes and tickets are stored as SHA-256. A link for a second device also has
-- a code to type, and the device that waits with it.
CREATE TABLE one_time_links (
    token        BLOB    NOT NULL PRIMARY KEY CHECK (length(token) = 32),
    kind         TEXT    NOT NULL CHECK (kind IN ('recovery', 'claim', 'device')),
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made_by      INTEGER REFERENCES users (id) ON DELETE CASCADE,
    made_at      INTEGER NOT NULL CHECK (made_at >= 0),
    expires_at   INTEGER NOT NULL CHECK (expires_at >= 0),
    code         BLOB    CHECK (length(code) = 32),
    ticket       BLOB    CHECK (length(ticket) = 32),
    device       TEXT    NOT NULL DEFAULT '',
    network      TEXT    NOT NULL DEFAULT '',
    is_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (is_confirmed IN (0, 1)),
    UNIQUE (user_id, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_links_by_code ON one_time_links (code);
CREATE INDEX one_time_links_by_ticket ON one_time_links (ticket);
