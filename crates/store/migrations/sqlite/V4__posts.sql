-- The feed as it is now: an edited post has its last text, a deleted one is gone. AUTOINCREMENT, because
-- a larger id is a newer post, and because an id must never be given out twice.
CREATE TABLE posts (
    id        INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 1 AND 9007199254740991),
    author_id INTEGER NOT NULL REFERENCES users (id),
    at        INTEGER NOT NULL CHECK (at >= 0),
    -- None for a post that is as it was first written.
    edited_at INTEGER CHECK (edited_at >= 0),
    text      TEXT    NOT NULL CHECK (length(text) > 0)
) STRICT;

INSERT INTO topics (name) VALUES ('posts');
