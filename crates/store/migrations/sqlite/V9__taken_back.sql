-- Where in the log a post was written, and where its text was last changed: the only events that have a
-- text of it, and both have the one that it has now.
ALTER TABLE posts ADD COLUMN first_seq INTEGER CHECK (first_seq > 0);
ALTER TABLE posts ADD COLUMN last_seq INTEGER CHECK (last_seq >= first_seq);

CREATE TEMP TABLE told AS
SELECT seq,
    coalesce(json_extract(content, '$.posts.created.post.id'), json_extract(content, '$.posts.edited.post.id')) AS post,
    coalesce(json_extract(content, '$.posts.created.post.author'), json_extract(content, '$.posts.edited.post.author')) AS by,
    coalesce(json_extract(content, '$.posts.created.command'), json_extract(content, '$.posts.edited.command')) AS command
FROM log WHERE topic_id = (SELECT id FROM topics WHERE name = 'posts');

UPDATE posts SET
    first_seq = (SELECT min(seq) FROM told WHERE post = posts.id),
    last_seq = (SELECT max(seq) FROM told WHERE post = posts.id);

-- What was taken back before this.
UPDATE log SET content = (
    SELECT json_object('posts', json_object('redacted', json_object(
        'post', post, 'by', json(by), 'command', command)))
    FROM told WHERE told.seq = log.seq)
WHERE topic_id = (SELECT id FROM topics WHERE name = 'posts')
    AND seq IN (SELECT seq FROM told WHERE post IS NOT NULL)
    AND seq NOT IN (SELECT first_seq FROM posts WHERE first_seq IS NOT NULL)
    AND seq NOT IN (SELECT last_seq FROM posts WHERE last_seq IS NOT NULL);

UPDATE log SET content = (
    SELECT json_set(log.content, '$.posts.created.post', json_extract(now.content, '$.posts.edited.post'))
    FROM posts JOIN log AS now ON now.topic_id = log.topic_id AND now.seq = posts.last_seq
    WHERE posts.first_seq = log.seq)
WHERE topic_id = (SELECT id FROM topics WHERE name = 'posts')
    AND seq IN (SELECT first_seq FROM posts WHERE first_seq < last_seq);

DROP TABLE told;
