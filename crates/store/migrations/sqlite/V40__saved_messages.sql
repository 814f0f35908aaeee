-- Messages that users have saved, without their texts. `is_due` tells that the notice of the reminder was sent.
CREATE TABLE saved_messages (
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    room_id   INTEGER NOT NULL,
    message   INTEGER NOT NULL,
    saved_at  INTEGER NOT NULL CHECK (saved_at >= 0),
    remind_at INTEGER CHECK (remind_at >= 0),
    is_due    INTEGER NOT NULL DEFAULT 0 CHECK (is_due IN (0, 1) AND (is_due = 0 OR remind_at IS NOT NULL)),
    PRIMARY KEY (user_id, room_id, message),
    FOREIGN KEY (room_id, message) REFERENCES messages (room_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX saved_messages_by_message ON saved_messages (room_id, message);
CREATE INDEX saved_messages_next ON saved_messages (remind_at) WHERE remind_at IS NOT NULL AND is_due = 0;

INSERT INTO topics (name) SELECT 'later:' || id FROM users;
