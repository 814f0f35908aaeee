-- The audit log: one row per act, and nothing changes or deletes one. `id` is the seq of the act's event in the topic
-- `administration`. Names are those of madang_shared::administration.
CREATE TABLE audit_entries (
    id         INTEGER PRIMARY KEY CHECK (id > 0),
    at         INTEGER NOT NULL CHECK (at >= 0),
    source     TEXT    NOT NULL CHECK (source IN ('user', 'command_line', 'server')),
    actor_id   INTEGER REFERENCES users (id),
    act        TEXT    NOT NULL CHECK (length(act) > 0),
    user_id    INTEGER REFERENCES users (id),
    room_id    INTEGER CHECK (room_id > 0),
    invitation INTEGER CHECK (invitation > 0),
    detail     TEXT    NOT NULL DEFAULT '',
    network    TEXT,
    reason     TEXT    NOT NULL DEFAULT '' CHECK (length(reason) <= 300),
    CHECK ((actor_id IS NULL) = (source <> 'user'))
) STRICT;

CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, id);
CREATE INDEX audit_entries_by_user ON audit_entries (user_id, id);

CREATE TRIGGER audit_entries_before_update BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only; nothing changes an entry');
END;

CREATE TRIGGER audit_entries_before_delete BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only; nothing deletes an entry');
END;

-- The invitations to the workspace. The token itself is never stored.
CREATE TABLE invitations (
    id         INTEGER PRIMARY KEY CHECK (id > 0),
    token_hash BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    role       TEXT    NOT NULL CHECK (role IN ('guest', 'member', 'administrator', 'owner')),
    uses       INTEGER NOT NULL CHECK (uses > 0),
    note       TEXT    NOT NULL DEFAULT '' CHECK (length(note) <= 100),
    made_by    INTEGER REFERENCES users (id),
    made_at    INTEGER NOT NULL CHECK (made_at >= 0),
    expires_at INTEGER CHECK (expires_at >= 0),
    revoked_at INTEGER CHECK (revoked_at >= 0),
    -- The server made it for the first owner, and it is useless once there is one.
    is_setup   INTEGER NOT NULL DEFAULT 0 CHECK (is_setup IN (0, 1))
) STRICT;

CREATE TABLE invitation_rooms (
    invitation_id INTEGER NOT NULL REFERENCES invitations (id),
    room_id       INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    PRIMARY KEY (invitation_id, room_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE invitation_uses (
    invitation_id INTEGER NOT NULL REFERENCES invitations (id),
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    at            INTEGER NOT NULL CHECK (at >= 0),
    PRIMARY KEY (invitation_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitation_uses_by_user ON invitation_uses (user_id);

-- The settings that were changed while the server ran. A setting without a row is that of the configuration. The value
-- is JSON.
CREATE TABLE workspace_settings (
    name  TEXT NOT NULL PRIMARY KEY CHECK (length(name) > 0),
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

INSERT INTO topics (name) VALUES ('administration');
