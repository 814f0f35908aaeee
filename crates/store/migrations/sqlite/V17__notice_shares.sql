-- Each kind of notice keeps a share: beyond the limit, the oldest notice of the most frequent kind is dropped. So the
-- notices that one user causes do not drop those of the operator. The kind is the key of the content.

DROP TRIGGER broadcast_notices_instead_of_insert;

CREATE TRIGGER broadcast_notices_instead_of_insert INSTEAD OF INSERT ON broadcast_notices
BEGIN
    INSERT INTO notices (seq, at, content)
    SELECT head + 1, coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = 'notices';
    DELETE FROM notices WHERE (SELECT count(*) FROM notices) > 50 AND seq = (
        SELECT min(seq) FROM (
            SELECT seq, (SELECT key FROM json_each(content) LIMIT 1) AS kind FROM notices)
        GROUP BY kind ORDER BY count(*) DESC, min(seq) LIMIT 1);
    INSERT INTO append_event (topic, at, event)
    SELECT 'notices', at, json_object('notices', json_object('told',
        json_object('seq', seq, 'at', at, 'what', json(content))))
    FROM notices ORDER BY seq DESC LIMIT 1;
END;

DROP TRIGGER user_notices_instead_of_insert;

CREATE TRIGGER user_notices_instead_of_insert INSTEAD OF INSERT ON user_notices
BEGIN
    SELECT RAISE(ABORT, 'the user does not exist; user_id must be the id of a user')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.user_id);
    INSERT INTO inbox_notices (user_id, seq, at, content)
    SELECT NEW.user_id, head + 1,
        coalesce(NEW.at, CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)), NEW.content
    FROM topics WHERE name = 'inbox:' || NEW.user_id;
    DELETE FROM inbox_notices
    WHERE (SELECT count(*) FROM inbox_notices WHERE user_id = NEW.user_id) > 50
        AND user_id = NEW.user_id AND seq = (
            SELECT min(seq) FROM (
                SELECT seq, (SELECT key FROM json_each(content) LIMIT 1) AS kind
                FROM inbox_notices WHERE user_id = NEW.user_id)
            GROUP BY kind ORDER BY count(*) DESC, min(seq) LIMIT 1);
    INSERT INTO append_event (topic, at, event)
    SELECT 'inbox:' || user_id, at, json_object('inbox', json_object('told',
        json_object('seq', seq, 'at', at, 'what', json(content))))
    FROM inbox_notices WHERE user_id = NEW.user_id ORDER BY seq DESC LIMIT 1;
END;
