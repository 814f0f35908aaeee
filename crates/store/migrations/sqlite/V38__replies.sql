-- The message of the same room that a message answers.
ALTER TABLE messages ADD COLUMN reply_to INTEGER CHECK (reply_to > 0 AND reply_to < seq);
