-- The notices of an app are for the users who may use it. Each app has a topic of notices, and not everybody follows it.

-- The last notices of each topic. `seq` is the position in the topic's log, and identifies the notice.
CREATE TABLE app_notices (
    topic   TEXT    NOT NULL CHECK (topic IN ('order_notices', 'post_notices')),
    seq     INTEGER NOT NULL CHECK (seq > 0),
    at      INTEGER NOT NULL CHECK (at >= 0),
    content TEXT    NOT NULL CHECK (json_valid(content)),
    PRIMARY KEY (topic, seq)
) STRICT, WITHOUT ROWID;

-- The notices move out of the notices for everybody, and with them what users have read of them.
CREATE TEMP TABLE moved (topic TEXT NOT NULL, old_seq INTEGER NOT NULL, at INTEGER NOT NULL, content TEXT NOT NULL,
    seq INTEGER NOT NULL);

INSERT INTO moved (topic, old_seq, at, content, seq)
SELECT topic, seq, at, content, row_number() OVER (PARTITION BY topic ORDER BY seq)
FROM (SELECT seq, at, content,
        CASE WHEN json_type(content, '$.ordered') IS NOT NULL THEN 'order_notices'
            WHEN json_type(content, '$.posted') IS NOT NULL THEN 'post_notices' END AS topic
    FROM notices)
WHERE topic IS NOT NULL;

INSERT INTO app_notices (topic, seq, at, content) SELECT topic, seq, at, content FROM moved;

INSERT INTO topics (name, head)
SELECT name, (SELECT count(*) FROM moved WHERE topic = name)
FROM (SELECT 'order_notices' AS name UNION ALL SELECT 'post_notices');

INSERT INTO log (topic_id, seq, at, content)
SELECT topics.id, moved.seq, moved.at,
    json_object(topic, json_object('seq', moved.seq, 'at', moved.at, 'what', json(moved.content)))
FROM moved JOIN topics ON topics.name = moved.topic;

UPDATE inboxes SET marks = json_set(marks,
    '$.orders', json_object('up_to', (SELECT count(*) FROM moved
        WHERE topic = 'order_notices' AND old_seq <= json_extract(marks, '$.everybody.up_to')), 'beyond', json_array()),
    '$.posts', json_object('up_to', (SELECT count(*) FROM moved
        WHERE topic = 'post_notices' AND old_seq <= json_extract(marks, '$.everybody.up_to')), 'beyond', json_array()));

DELETE FROM notices WHERE seq IN (SELECT old_seq FROM moved);

-- The positions stay; a client counts them as events that it does not know.
UPDATE log SET content = 'null'
WHERE topic_id = (SELECT id FROM topics WHERE name = 'notices')
    AND (json_type(content, '$.notices.told.what.ordered') IS NOT NULL
        OR json_type(content, '$.notices.told.what.posted') IS NOT NULL);

DROP TABLE moved;

-- INSERT INTO notices_of_apps appends a notice to a topic of notices. Without a time it is dated now.
CREATE VIEW notices_of_apps (topic, at, content) AS SELECT topic, at, content FROM app_notices;

CREATE TRIGGER notices_of_apps_instead_of_insert INSTEAD OF INSERT ON notices_of_apps
BEGIN
    INSERT INTO app_notices (topic, seq, at, content)
    SELECT NEW.topic, head + 1,
        coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = NEW.topic;
    DELETE FROM app_notices WHERE topic = NEW.topic AND seq <= (
        SELECT seq FROM app_notices WHERE topic = NEW.topic ORDER BY seq DESC LIMIT 1 OFFSET 50);
    INSERT INTO append_event (topic, at, event)
    SELECT topic, at, json_object(topic, json_object('seq', seq, 'at', at, 'what', json(content)))
    FROM app_notices WHERE topic = NEW.topic ORDER BY seq DESC LIMIT 1;
END;

DROP TRIGGER orders_after_insert_notice;

CREATE TRIGGER orders_after_insert_notice AFTER INSERT ON orders
BEGIN
    INSERT INTO notices_of_apps (topic, content) VALUES ('order_notices', json_object('ordered', json_object(
        'order', NEW.id,
        'by', json_object(
            'id', NEW.customer_id,
            'name', coalesce((SELECT name FROM users WHERE id = NEW.customer_id), '?')))));
END;
