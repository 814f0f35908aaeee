-- Whether a power cut may have taken back events that clients know: 1 while a server runs whose
-- commits do not wait for the disk, and after it was killed. The next opening then gives every topic
-- a new epoch, so that no client goes on from a place that another event has taken since.
CREATE TABLE tail_risk (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    at_risk INTEGER NOT NULL CHECK (at_risk IN (0, 1))
) STRICT;

INSERT INTO tail_risk (id, at_risk) VALUES (1, 0);
