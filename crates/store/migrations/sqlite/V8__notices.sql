-- Notices: for everybody, and for one user each. Any program may write one, and so may a person at the
-- shell, through the views `tell_all` and `tell_one`:
--     INSERT INTO tell_all (content) VALUES (json_object('scheduled', json_object('ko', '쉬어요', 'en', 'A break')));

-- The last of those for everybody. `seq` is the place in the log, and names the notice.
CREATE TABLE notices (
    seq     INTEGER PRIMARY KEY CHECK (seq > 0),
    at      INTEGER NOT NULL CHECK (at >= 0),
    content TEXT    NOT NULL CHECK (json_valid(content))
) STRICT;

-- The last of those for one user.
CREATE TABLE inbox_notices (
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq     INTEGER NOT NULL CHECK (seq > 0),
    at      INTEGER NOT NULL CHECK (at >= 0),
    content TEXT    NOT NULL CHECK (json_valid(content)),
    PRIMARY KEY (user_id, seq)
) STRICT, WITHOUT ROWID;

-- What a user has read of both, and does not want to hear of.
CREATE TABLE inboxes (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    marks   TEXT NOT NULL CHECK (json_valid(marks)),
    muted   TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(muted))
) STRICT;

-- How far each schedule of the operator's has been told; it only ever grows.
CREATE TABLE notice_schedules (
    schedule   TEXT    PRIMARY KEY CHECK (length(schedule) > 0),
    told_up_to INTEGER NOT NULL CHECK (told_up_to >= 0)
) STRICT, WITHOUT ROWID;

-- The demonstration: a row while it runs.
CREATE TABLE notice_demo (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    started_by INTEGER NOT NULL REFERENCES users (id),
    started_at INTEGER NOT NULL CHECK (started_at >= 0),
    told       INTEGER NOT NULL DEFAULT 0 CHECK (told >= 0)
) STRICT;

-- Who changes an order at this moment: there is a row within such a transaction only, so that nobody is
-- told of what they did themselves. Whoever writes at the shell is nobody in particular.
CREATE TABLE orders_actor (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    user_id INTEGER NOT NULL REFERENCES users (id)
) STRICT;

INSERT INTO topics (name) VALUES ('notices');
INSERT INTO topics (name) SELECT 'inbox:' || id FROM users;
INSERT INTO inboxes (user_id, marks)
SELECT id, '{"everybody":{"up_to":0,"beyond":[]},"own":{"up_to":0,"beyond":[]}}' FROM users;

-- Places in the log that the server has not handed out yet, in the order in which they were taken; it
-- removes those that it has. AUTOINCREMENT, because the order must not begin anew when it is empty.
CREATE TABLE notices_told (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    topic_id INTEGER NOT NULL,
    seq      INTEGER NOT NULL
) STRICT;

-- To be inserted into: takes the next place of a topic, and fills it.
CREATE VIEW notices_log (topic, at, event) AS SELECT NULL, at, content FROM log;

CREATE TRIGGER notices_log_grows INSTEAD OF INSERT ON notices_log
BEGIN
    UPDATE topics SET head = head + 1 WHERE name = NEW.topic;
    INSERT INTO log (topic_id, seq, at, content)
    SELECT id, head, NEW.at, NEW.event FROM topics WHERE name = NEW.topic;
    INSERT INTO notices_told (topic_id, seq) SELECT id, head FROM topics WHERE name = NEW.topic;
END;

-- To be inserted into: a notice for everybody. Without a time it is now.
CREATE VIEW tell_all (at, content) AS SELECT at, content FROM notices;

CREATE TRIGGER tell_all_is_told INSTEAD OF INSERT ON tell_all
BEGIN
    INSERT INTO notices (seq, at, content)
    SELECT head + 1, coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = 'notices';
    DELETE FROM notices WHERE seq <= (SELECT seq FROM notices ORDER BY seq DESC LIMIT 1 OFFSET 50);
    INSERT INTO notices_log (topic, at, event)
    SELECT 'notices', at, json_object('notices', json_object('told',
        json_object('seq', seq, 'at', at, 'what', json(content))))
    FROM notices ORDER BY seq DESC LIMIT 1;
END;

-- To be inserted into: a notice for one user.
CREATE VIEW tell_one (user_id, at, content) AS SELECT user_id, at, content FROM inbox_notices;

CREATE TRIGGER tell_one_is_told INSTEAD OF INSERT ON tell_one
BEGIN
    SELECT RAISE(ABORT, 'there is no such user') WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id);
    INSERT INTO inbox_notices (user_id, seq, at, content)
    SELECT NEW.user_id, head + 1,
        coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = 'inbox:' || NEW.user_id;
    DELETE FROM inbox_notices WHERE user_id = NEW.user_id AND seq <= (
        SELECT seq FROM inbox_notices WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1 OFFSET 50);
    INSERT INTO notices_log (topic, at, event)
    SELECT 'inbox:' || user_id, at, json_object('inbox', json_object('told',
        json_object('seq', seq, 'at', at, 'what', json(content))))
    FROM inbox_notices WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1;
END;

-- Whoever changes the orders causes the notices too.
CREATE TRIGGER orders_are_noticed_when_made AFTER INSERT ON orders
BEGIN
    INSERT INTO tell_all (content) VALUES (json_object('ordered', json_object('order', NEW.id, 'by', json_object(
        'id', NEW.customer_id,
        'name', coalesce((SELECT name FROM users WHERE id = NEW.customer_id), '?')))));
END;

CREATE TRIGGER orders_are_noticed_when_moved AFTER UPDATE ON orders
WHEN NEW.status <> OLD.status AND NOT EXISTS (SELECT 1 FROM orders_actor WHERE user_id = NEW.customer_id)
BEGIN
    INSERT INTO tell_one (user_id, content) VALUES (NEW.customer_id, json_object('order_moved',
        json_object('order', NEW.id, 'was', OLD.status, 'now', NEW.status)));
END;

CREATE TRIGGER orders_are_noticed_when_removed AFTER DELETE ON orders
WHEN OLD.status NOT IN ('delivered', 'cancelled')
BEGIN
    INSERT INTO tell_one (user_id, content) VALUES (OLD.customer_id, json_object('order_moved',
        json_object('order', OLD.id, 'was', OLD.status, 'now', NULL)));
END;
