-- Pinned messages. `seq` is the position of the event in the room; the messages are in this order.
CREATE TABLE pins (
    room_id   INTEGER NOT NULL,
    message   INTEGER NOT NULL,
    pinned_by INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    pinned_at INTEGER NOT NULL CHECK (pinned_at >= 0),
    seq       INTEGER NOT NULL CHECK (seq > message),
    PRIMARY KEY (room_id, message),
    FOREIGN KEY (room_id, message) REFERENCES messages (room_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
