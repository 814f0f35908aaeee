-- Moderation: deleted messages, silences, bans and reports. Names are those of madang_shared::moderation.

-- The person who deleted the message. Its text is a space then, which nothing shows, because a text may not be empty.
ALTER TABLE messages ADD COLUMN deleted_by TEXT CHECK (deleted_by IN ('author', 'moderator'));

-- The notices that quote a message: deleting it takes the quotes out of the inboxes.
CREATE TABLE message_quotes (
    room_id    INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL CHECK (seq > 0),
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    notice_seq INTEGER NOT NULL CHECK (notice_seq > 0),
    PRIMARY KEY (room_id, seq, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_quotes_by_user ON message_quotes (user_id);

INSERT OR IGNORE INTO message_quotes (room_id, seq, user_id, notice_seq)
SELECT json_extract(content, '$.inbox.told.what.mentioned.room'),
    json_extract(content, '$.inbox.told.what.mentioned.message'),
    CAST(substr(topics.name, 7) AS INTEGER), log.seq
FROM log JOIN topics ON topics.id = log.topic_id
WHERE topics.name LIKE 'inbox:%' AND json_valid(content)
    AND typeof(json_extract(content, '$.inbox.told.what.mentioned.message')) = 'integer'
    AND json_extract(content, '$.inbox.told.what.mentioned.message') > 0
    AND json_extract(content, '$.inbox.told.what.mentioned.room') IN (SELECT id FROM rooms)
    AND CAST(substr(topics.name, 7) AS INTEGER) IN (SELECT id FROM users);

-- Users who may not write until a time. The room 0 stands for the whole workspace.
CREATE TABLE silences (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    room_id INTEGER NOT NULL CHECK (room_id >= 0),
    ends_at INTEGER NOT NULL CHECK (ends_at >= 0),
    reason  TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 300),
    PRIMARY KEY (user_id, room_id)
) STRICT, WITHOUT ROWID;

-- Banned accounts. A ban without an end has no `ends_at`.
CREATE TABLE account_bans (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    ends_at INTEGER CHECK (ends_at >= 0),
    reason  TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 300)
) STRICT;

-- Banned networks, as `address/bits`.
CREATE TABLE address_bans (
    network TEXT    NOT NULL PRIMARY KEY CHECK (length(network) > 0),
    ends_at INTEGER CHECK (ends_at >= 0),
    reason  TEXT    NOT NULL CHECK (length(reason) BETWEEN 1 AND 300),
    made_at INTEGER NOT NULL CHECK (made_at >= 0)
) STRICT, WITHOUT ROWID;

-- Reports of messages. The quoted text and the words of the reporter are kept while the report is open.
CREATE TABLE reports (
    id          INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    room_id     INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq         INTEGER NOT NULL CHECK (seq > 0),
    author_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reporter_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    category    TEXT    NOT NULL CHECK (length(category) > 0),
    words       TEXT    NOT NULL DEFAULT '' CHECK (length(words) <= 1000),
    text        TEXT    NOT NULL DEFAULT '',
    made_at     INTEGER NOT NULL CHECK (made_at >= 0),
    decided_at  INTEGER CHECK (decided_at >= 0),
    decided_by  INTEGER REFERENCES users (id) ON DELETE SET NULL,
    outcome     TEXT    CHECK (length(outcome) > 0),
    CHECK ((decided_at IS NULL) = (outcome IS NULL)),
    CHECK (decided_at IS NULL OR (words = '' AND text = ''))
) STRICT;

CREATE UNIQUE INDEX reports_by_message ON reports (room_id, seq, reporter_id);
CREATE INDEX reports_by_reporter ON reports (reporter_id, made_at);
CREATE INDEX reports_by_author ON reports (author_id);
CREATE INDEX reports_by_decider ON reports (decided_by);

-- The notices of open reports in the inboxes of moderators.
CREATE TABLE report_notices (
    report_id  INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE,
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    notice_seq INTEGER NOT NULL CHECK (notice_seq > 0),
    PRIMARY KEY (report_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_notices_by_user ON report_notices (user_id);
