-- The skeletons of names; names with a common skeleton look alike. SQL cannot compute a skeleton, so the server adds the
-- missing ones when it opens the database.
CREATE TABLE user_skeletons (
    user_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    skeleton TEXT    NOT NULL,
    PRIMARY KEY (user_id, skeleton)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_skeletons_by_skeleton ON user_skeletons (skeleton);

CREATE TABLE room_skeletons (
    room_id  INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    skeleton TEXT    NOT NULL,
    PRIMARY KEY (room_id, skeleton)
) STRICT, WITHOUT ROWID;

CREATE INDEX room_skeletons_by_skeleton ON room_skeletons (skeleton);

-- Another program may change a name. The skeletons of the old name then go.
CREATE TRIGGER users_after_update_skeletons AFTER UPDATE OF name ON users
BEGIN
    DELETE FROM user_skeletons WHERE user_id = NEW.id;
END;

CREATE TRIGGER rooms_after_update_skeletons AFTER UPDATE OF name ON rooms
BEGIN
    DELETE FROM room_skeletons WHERE room_id = NEW.id;
END;
