-- How people show themselves. A user without a row has set nothing.
CREATE TABLE profiles (
    user_id      INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Shown instead of the name of the user; it may repeat. The key finds it in searches.
    display_name TEXT    NOT NULL DEFAULT '' CHECK (length(display_name) <= 48),
    display_key  TEXT    NOT NULL DEFAULT '',
    emoji        TEXT    NOT NULL DEFAULT '' CHECK (length(emoji) <= 16),
    status       TEXT    NOT NULL DEFAULT '' CHECK (length(status) <= 80),
    -- The time from which emoji and status are not shown any more.
    status_until INTEGER CHECK (status_until >= 0),
    time_zone    TEXT    NOT NULL DEFAULT '' CHECK (length(time_zone) <= 64),
    language     TEXT    NOT NULL DEFAULT '' CHECK (length(language) <= 35),
    -- Minutes of the day, in the time zone. Equal ones mean that there are no quiet hours.
    quiet_from   INTEGER NOT NULL DEFAULT 0 CHECK (quiet_from BETWEEN 0 AND 1439),
    quiet_to     INTEGER NOT NULL DEFAULT 0 CHECK (quiet_to BETWEEN 0 AND 1439),
    changed_at   INTEGER NOT NULL CHECK (changed_at >= 0)
) STRICT;

-- The time at which an account was erased. Its row stays, because the log and the audit log name the id; it holds no
-- personal data any more. Its messages have no text: `messages.text` is '-' there, because a text may not be empty.
ALTER TABLE users ADD COLUMN erased_at INTEGER CHECK (erased_at >= 0);

-- The list of erased accounts, which is applied to restored copies of the database. A copy may have given the id to another
-- user, who signed up at another time.
CREATE TABLE erasures (
    user_id INTEGER NOT NULL CHECK (user_id > 0),
    made_at INTEGER NOT NULL CHECK (made_at >= 0),
    -- Hashes of the name, as a JSON array.
    names   TEXT    NOT NULL CHECK (json_valid(names)),
    -- The receipt, as JSON. It holds no personal data.
    receipt TEXT    NOT NULL CHECK (json_valid(receipt)),
    PRIMARY KEY (user_id, made_at)
) STRICT, WITHOUT ROWID;

-- The names of erased accounts by their hashes. Nobody gets them again.
CREATE TABLE erased_names (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64)
) STRICT, WITHOUT ROWID;
