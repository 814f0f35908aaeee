-- The description of a room, and the key under which a search finds it. Another program that changes the description
-- leaves the key as it is.
ALTER TABLE rooms ADD COLUMN description TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 200);
ALTER TABLE rooms ADD COLUMN description_key TEXT NOT NULL DEFAULT '';

-- The time at which a member joined; NULL if the log does not tell.
ALTER TABLE members ADD COLUMN joined_at INTEGER CHECK (joined_at >= 0);

UPDATE members SET joined_at = (
    SELECT max(log.at) FROM topics JOIN log ON log.topic_id = topics.id
    WHERE topics.name = 'memberships:' || members.user_id
        AND json_extract(log.content, '$.membership.joined.room') = members.room_id);

-- Each room has a topic with its details.
INSERT INTO topics (name) SELECT 'details:' || id FROM rooms;
