-- On whose behalf a part of the server passed a message on; both or none.
ALTER TABLE messages ADD COLUMN guest_name TEXT;
ALTER TABLE messages ADD COLUMN guest_connection TEXT
    CHECK ((guest_connection IS NULL) = (guest_name IS NULL));

-- The users in whose names parts of the server speak. They have no sessions.
CREATE TABLE services (
    key     TEXT    PRIMARY KEY CHECK (length(key) > 0),
    user_id INTEGER NOT NULL UNIQUE REFERENCES users (id)
) STRICT, WITHOUT ROWID;
