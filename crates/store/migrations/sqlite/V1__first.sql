-- Everything here can be read and written by the SQLite 3.40 shell that Debian 12 ships: no functions
-- of the application, no newer SQL. Times are milliseconds since 1970-01-01T00:00:00Z. Whole numbers
-- that reach a browser stay below 2^53.

-- "MADA": `file` and the next opening tell our database from another program's.
PRAGMA application_id = 1296122945;

-- AUTOINCREMENT, because an id must never be given out twice, not even after its row was deleted.
CREATE TABLE users (
    id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    name     TEXT    NOT NULL CHECK (length(name) > 0),
    -- What two names have in common when people would call them the same.
    name_key TEXT    NOT NULL UNIQUE CHECK (length(name_key) > 0),
    made_at  INTEGER NOT NULL CHECK (made_at >= 0)
) STRICT;

-- The token itself is never stored, only its SHA-256.
CREATE TABLE sessions (
    token_hash BLOB    PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    made_at    INTEGER NOT NULL CHECK (made_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE rooms (
    id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    name     TEXT    NOT NULL CHECK (length(name) > 0),
    name_key TEXT    NOT NULL UNIQUE CHECK (length(name_key) > 0),
    -- None for the room that every server starts with.
    made_by  INTEGER REFERENCES users (id),
    made_at  INTEGER NOT NULL CHECK (made_at >= 0)
) STRICT;

CREATE TABLE members (
    user_id    INTEGER NOT NULL REFERENCES users (id),
    room_id    INTEGER NOT NULL REFERENCES rooms (id),
    -- The last event of the room that the user has read; it only ever grows.
    read_up_to INTEGER NOT NULL CHECK (read_up_to >= 0),
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;

-- What is said in a room, as state: the newest page is read from here, never from the log.
CREATE TABLE messages (
    room_id   INTEGER NOT NULL REFERENCES rooms (id),
    seq       INTEGER NOT NULL CHECK (seq > 0),
    author_id INTEGER NOT NULL REFERENCES users (id),
    at        INTEGER NOT NULL CHECK (at >= 0),
    command   BLOB    NOT NULL CHECK (length(command) = 16),
    text      TEXT    NOT NULL CHECK (length(text) > 0),
    PRIMARY KEY (room_id, seq)
) STRICT, WITHOUT ROWID;

-- Counts what is unread without a look at the texts.
CREATE INDEX messages_unread ON messages (room_id, seq, author_id);

-- One row per durable topic. The epoch is drawn once, with the row, and stays: the position of a
-- client that was away during a restart goes on being good.
CREATE TABLE topics (
    id    INTEGER PRIMARY KEY,
    name  TEXT    NOT NULL UNIQUE CHECK (length(name) > 0),
    epoch INTEGER NOT NULL DEFAULT (1 + abs(random() % 9007199254740991))
                  CHECK (epoch BETWEEN 1 AND 9007199254740991),
    -- The place of the last event; 0 before the first.
    head  INTEGER NOT NULL DEFAULT 0 CHECK (head BETWEEN 0 AND 9007199254740991)
) STRICT;

-- The events of every durable topic, as they go to the wire: 1, 2, 3 … up to the topic's head.
CREATE TABLE log (
    topic_id INTEGER NOT NULL REFERENCES topics (id),
    seq      INTEGER NOT NULL CHECK (seq > 0),
    at       INTEGER NOT NULL CHECK (at >= 0),
    content  TEXT    NOT NULL CHECK (json_valid(content)),
    PRIMARY KEY (topic_id, seq)
) STRICT, WITHOUT ROWID;

-- Every command that took effect, for ever, so that a resend is answered as the first sending was,
-- however late. Place and topic are null where a command found nothing to change.
CREATE TABLE commands (
    author_id INTEGER NOT NULL REFERENCES users (id),
    command   BLOB    NOT NULL CHECK (length(command) = 16),
    topic_id  INTEGER REFERENCES topics (id),
    seq       INTEGER CHECK (seq > 0),
    PRIMARY KEY (author_id, command),
    CHECK ((topic_id IS NULL) = (seq IS NULL))
) STRICT, WITHOUT ROWID;

-- Its row is written to find out whether writing works.
CREATE TABLE readiness (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    checks INTEGER NOT NULL
) STRICT;

INSERT INTO readiness (id, checks) VALUES (1, 0);
