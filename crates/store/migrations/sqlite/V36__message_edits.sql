-- Changed messages. The text in `messages` is the newest one.
ALTER TABLE messages ADD COLUMN edited_at INTEGER CHECK (edited_at >= 0);

-- The changes of each message. `seq` is the position of the event in the room, which gets the text of every later change. `text`
-- is what the message had before, written at `at`; only the last ones are kept.
CREATE TABLE message_edits (
    room_id INTEGER NOT NULL,
    message INTEGER NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq > message),
    at      INTEGER NOT NULL CHECK (at >= 0),
    text    TEXT    CHECK (length(text) > 0),
    PRIMARY KEY (room_id, message, seq),
    FOREIGN KEY (room_id, message) REFERENCES messages (room_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
