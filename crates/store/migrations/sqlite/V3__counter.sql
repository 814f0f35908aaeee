-- The shared number: one row.
CREATE TABLE counter (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL CHECK (value BETWEEN -9007199254740992 AND 9007199254740992)
) STRICT;

INSERT INTO counter (id, value) VALUES (1, 0);
INSERT INTO topics (name) VALUES ('counter');
