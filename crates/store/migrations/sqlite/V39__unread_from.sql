-- The first of the read messages that a member has marked as unread; 0 if there is none. `marked` is the seq of the event in the
-- member's memberships that set it, or that began a further membership.
ALTER TABLE members ADD COLUMN unread_from INTEGER NOT NULL DEFAULT 0 CHECK (unread_from >= 0 AND unread_from <= read_up_to);
ALTER TABLE members ADD COLUMN marked INTEGER NOT NULL DEFAULT 0 CHECK (marked >= 0);
