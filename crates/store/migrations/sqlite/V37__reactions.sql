-- Reactions to messages. `seq` is the position of the event in the room; reactions are in this order.
CREATE TABLE reactions (
    room_id INTEGER NOT NULL,
    message INTEGER NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    emoji   TEXT    NOT NULL CHECK (length(emoji) > 0),
    seq     INTEGER NOT NULL CHECK (seq > message),
    PRIMARY KEY (room_id, message, user_id, emoji),
    FOREIGN KEY (room_id, message) REFERENCES messages (room_id, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX reactions_by_user ON reactions (user_id);
