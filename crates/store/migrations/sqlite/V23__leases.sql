-- The work that one node does for all nodes. `holder` is the start of a node, `expires_at` the time at which another
-- node may take the work over, in milliseconds since 1970.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
