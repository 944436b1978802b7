-- Schema 2. Never edited once released: a change is a new file beside this one.

-- Gateways elsewhere that may hold a table with a candidate: written down before the first table leaves for them, taken
-- out when they have said farewell or their lease on candidates is over.
CREATE TABLE gateways (
    node     TEXT    PRIMARY KEY,
    boot     INTEGER NOT NULL,
    -- The controller that let it in.
    term     INTEGER NOT NULL,
    came_at  INTEGER NOT NULL,
    heard_at INTEGER NOT NULL
) STRICT;

-- The table that every gateway has, while the latest one has not reached all of them.
ALTER TABLE routing_tables ADD COLUMN settled TEXT;
