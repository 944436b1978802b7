-- Schema 4. Experiments.

CREATE TABLE experiments (
    name        TEXT    PRIMARY KEY,
    layer       TEXT    NOT NULL,
    experiment  TEXT    NOT NULL,
    -- Secret, and therefore no part of any event; that of all experiments of a layer that run at a time.
    salt        BLOB    NOT NULL,
    -- Its part of the layer.
    part        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    report      TEXT,
    created_seq INTEGER NOT NULL REFERENCES events (seq),
    ended_at    INTEGER
) STRICT;
CREATE INDEX experiments_not_ended ON experiments (layer) WHERE ended_at IS NULL;

-- The applications that take part, each with the first span that can hold evidence.
CREATE TABLE experiment_parts (
    experiment  TEXT    NOT NULL REFERENCES experiments (name),
    application TEXT    NOT NULL REFERENCES applications (name),
    first_epoch INTEGER NOT NULL,
    PRIMARY KEY (experiment, application)
) STRICT, WITHOUT ROWID;
CREATE INDEX experiments_by_application ON experiment_parts (application);

CREATE TABLE experiment_orders (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment TEXT    NOT NULL REFERENCES experiments (name),
    instruction TEXT   NOT NULL,
    at         INTEGER NOT NULL,
    answered   INTEGER REFERENCES events (seq)
) STRICT;
CREATE INDEX experiment_orders_pending ON experiment_orders (experiment) WHERE answered IS NULL;
