-- A hash of the command, so that its id cannot be used again for another one. NULL for commands of
-- earlier versions, and for those that a part of the server makes.
ALTER TABLE commands ADD COLUMN fingerprint INTEGER;
