-- Access tokens of programs, and bots: users for which only tokens act.
CREATE TABLE access_tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The token itself is never stored, only its SHA-256.
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    name         TEXT    NOT NULL CHECK (length(name) > 0),
    scope        TEXT    NOT NULL CHECK (scope IN ('read', 'write')),
    -- Whether it reaches only the rooms of access_token_rooms, even if there are none left.
    is_limited   INTEGER NOT NULL CHECK (is_limited IN (0, 1)),
    made_at      INTEGER NOT NULL CHECK (made_at >= 0),
    expires_at   INTEGER CHECK (expires_at >= 0),
    last_used_at INTEGER CHECK (last_used_at >= 0)
) STRICT;

CREATE INDEX access_tokens_by_user ON access_tokens (user_id);

CREATE TABLE access_token_rooms (
    token_id INTEGER NOT NULL REFERENCES access_tokens (id) ON DELETE CASCADE,
    room_id  INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    PRIMARY KEY (token_id, room_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bots (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    made_by INTEGER NOT NULL REFERENCES users (id),
    made_at INTEGER NOT NULL CHECK (made_at >= 0)
) STRICT;

CREATE INDEX bots_by_maker ON bots (made_by);
