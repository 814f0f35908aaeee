-- How a message feels, as it was judged when it was stored; none for messages of before.
ALTER TABLE messages ADD COLUMN mood TEXT CHECK (mood IN ('positive', 'neutral', 'negative'));
ALTER TABLE messages ADD COLUMN mood_score INTEGER
    CHECK (mood_score BETWEEN -1000 AND 1000 AND (mood_score IS NULL) = (mood IS NULL));
