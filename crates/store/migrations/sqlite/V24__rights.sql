-- The roles of users and members, and the kinds of rooms. Names are those of madang_shared::roles.
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'member'
    CHECK (role IN ('guest', 'member', 'administrator', 'owner'));
ALTER TABLE users ADD COLUMN deactivated_at INTEGER CHECK (deactivated_at >= 0);
ALTER TABLE rooms ADD COLUMN kind TEXT NOT NULL DEFAULT 'public' CHECK (kind IN ('public', 'private'));
ALTER TABLE rooms ADD COLUMN posting TEXT NOT NULL DEFAULT 'members' CHECK (posting IN ('members', 'managers'));
ALTER TABLE rooms ADD COLUMN archived_at INTEGER CHECK (archived_at >= 0);
ALTER TABLE members ADD COLUMN role TEXT NOT NULL DEFAULT 'member'
    CHECK (role IN ('reader', 'member', 'manager'));
UPDATE members SET role = 'manager'
    WHERE user_id = (SELECT made_by FROM rooms WHERE rooms.id = members.room_id);
