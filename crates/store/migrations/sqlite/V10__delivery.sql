-- To tell whom a message was for.

-- Where the room stood when the member joined: what is up to there was said to others, though it
-- counts as read.
ALTER TABLE members ADD COLUMN joined_after INTEGER NOT NULL DEFAULT 0 CHECK (joined_after >= 0);

CREATE INDEX members_by_room ON members (room_id);

-- Who has left a room and not come back.
CREATE TABLE departures (
    room_id      INTEGER NOT NULL REFERENCES rooms (id),
    user_id      INTEGER NOT NULL REFERENCES users (id),
    at           INTEGER NOT NULL CHECK (at >= 0),
    -- As it was in `members`; and where the room stood when the member left.
    joined_after INTEGER NOT NULL CHECK (joined_after >= 0),
    left_after   INTEGER NOT NULL CHECK (left_after >= joined_after),
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;

-- Those of before, from the log.
CREATE TEMP TABLE crossings AS
SELECT users.id AS user_id, log.seq AS seq, log.at AS at,
    json_extract(content, '$.membership.joined.room') AS joined,
    json_extract(content, '$.membership.joined.head') AS head,
    json_extract(content, '$.membership.left.room') AS gone
FROM users JOIN topics ON topics.name = 'memberships:' || users.id JOIN log ON log.topic_id = topics.id;

UPDATE members SET joined_after = coalesce((
    SELECT head FROM crossings WHERE crossings.user_id = members.user_id AND joined = members.room_id
    ORDER BY seq DESC LIMIT 1), 0);

INSERT INTO departures (room_id, user_id, at, joined_after, left_after)
SELECT gone, user_id, at, head, max(head, coalesce((
    SELECT max(seq) FROM messages WHERE messages.room_id = gone AND messages.at <= departed.at), 0))
FROM (
    SELECT gone, user_id, max(at) AS at, coalesce((
        SELECT head FROM crossings AS before WHERE before.user_id = crossings.user_id
            AND before.joined = crossings.gone ORDER BY before.seq DESC LIMIT 1), 0) AS head
    FROM crossings
    WHERE gone IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM members WHERE members.user_id = crossings.user_id AND members.room_id = crossings.gone)
    GROUP BY gone, user_id) AS departed;

DROP TABLE crossings;
