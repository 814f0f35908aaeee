-- Direct conversations and deleted names need other constraints than those of the first schema, so the table is made again.
-- Its rows come back under the same ids before the references are checked, at the end of the transaction.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE rooms_before AS SELECT * FROM rooms;
CREATE TABLE skeletons_before AS SELECT * FROM room_skeletons;
CREATE TABLE sequence_before AS SELECT seq FROM sqlite_sequence WHERE name = 'rooms';
DROP TABLE rooms;

CREATE TABLE rooms (
    id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    -- Empty in a direct conversation, which screens name after its people.
    name     TEXT    NOT NULL CHECK ((length(name) = 0) = (kind = 'direct')),
    -- Unique among public rooms: a name must not reveal a private room.
    name_key TEXT    NOT NULL,
    -- None for the room that every server starts with.
    made_by  INTEGER REFERENCES users (id),
    made_at  INTEGER NOT NULL CHECK (made_at >= 0),
    -- A search finds a room by the key. Another program that changes the description leaves the key as it is.
    description     TEXT NOT NULL DEFAULT '' CHECK (length(description) <= 200),
    description_key TEXT NOT NULL DEFAULT '',
    -- The names are those of madang_shared::roles.
    kind     TEXT    NOT NULL DEFAULT 'public' CHECK (kind IN ('public', 'private', 'direct')),
    posting  TEXT    NOT NULL DEFAULT 'members' CHECK (posting IN ('members', 'managers')),
    -- Whether new members see the earlier messages.
    history  TEXT    NOT NULL DEFAULT 'all' CHECK (history IN ('all', 'joined')),
    archived_at INTEGER CHECK (archived_at >= 0),
    -- The ids of the people of a direct conversation, ascending: the same people have one conversation.
    direct_key  TEXT UNIQUE CHECK ((direct_key IS NOT NULL) = (kind = 'direct')),
    -- Whether new users become members.
    is_default  INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1) AND (is_default = 0 OR kind = 'public')),
    -- The seq of the last change of name, kind, posting, history or archive in the room's timeline.
    revision    INTEGER NOT NULL DEFAULT 0 CHECK (revision >= 0)
) STRICT;

INSERT INTO rooms (id, name, name_key, made_by, made_at, description, description_key, kind, posting, archived_at, is_default)
SELECT id, name, name_key, made_by, made_at, description, description_key, kind, posting, archived_at, id = 1 AND kind = 'public'
FROM rooms_before;
UPDATE sqlite_sequence SET seq = max(seq, (SELECT seq FROM sequence_before)) WHERE name = 'rooms';
INSERT INTO room_skeletons SELECT * FROM skeletons_before;

DROP TABLE rooms_before;
DROP TABLE skeletons_before;
DROP TABLE sequence_before;

CREATE UNIQUE INDEX rooms_by_public_name ON rooms (name_key) WHERE kind = 'public';
CREATE INDEX rooms_by_maker ON rooms (made_by);

-- The member sees the messages after this one.
ALTER TABLE members ADD COLUMN sees_after INTEGER NOT NULL DEFAULT 0 CHECK (sees_after >= 0);

-- Another program may change a name. The skeletons of the old name then go.
CREATE TRIGGER rooms_after_update_skeletons AFTER UPDATE OF name ON rooms
BEGIN
    DELETE FROM room_skeletons WHERE room_id = NEW.id;
END;

-- The topic `rooms` listed the rooms for everybody. Users read them from their memberships, and in pages of the directory.
-- The stamp beside the database names the epoch of `rooms`, which becomes that of the notices.
UPDATE topics SET epoch = (SELECT epoch FROM topics WHERE name = 'rooms')
WHERE name = 'notices' AND EXISTS (SELECT 1 FROM topics WHERE name = 'rooms');
UPDATE commands SET topic_id = NULL, seq = NULL WHERE topic_id = (SELECT id FROM topics WHERE name = 'rooms');
DELETE FROM log WHERE topic_id = (SELECT id FROM topics WHERE name = 'rooms');
DELETE FROM pending_events WHERE topic_id = (SELECT id FROM topics WHERE name = 'rooms');
DELETE FROM topics WHERE name = 'rooms';
