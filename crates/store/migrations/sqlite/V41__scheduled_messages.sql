-- Messages that wait for their time. `id` is the command that scheduled the message, `seq` the only event of the user's topic
-- `later` with its text. `refusal` tells why the message was not sent at its time.
CREATE TABLE scheduled_messages (
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id       BLOB    NOT NULL CHECK (length(id) = 16),
    room_id  INTEGER NOT NULL,
    text     TEXT    NOT NULL CHECK (length(text) > 0),
    at       INTEGER NOT NULL CHECK (at >= 0),
    seq      INTEGER NOT NULL CHECK (seq > 0),
    reply_to INTEGER CHECK (reply_to > 0),
    refusal  TEXT    CHECK (length(refusal) > 0),
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX scheduled_messages_next ON scheduled_messages (at) WHERE refusal IS NULL;
