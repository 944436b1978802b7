-- Schema 1. Never edited once released: a change is a new file beside this one.
--
-- Names are text, moments are milliseconds since 1970, everything with a shape of its own is JSON of a core type.

-- Who may write: the latest start of a controller.
CREATE TABLE fence (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    term INTEGER NOT NULL
) STRICT;
INSERT INTO fence (one, term) VALUES (1, 0);

-- What happened. The other tables are what follows from it, and what is too much to be told event by event.
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    stream     TEXT    NOT NULL,
    stream_seq INTEGER NOT NULL CHECK (stream_seq > 0),
    at         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    payload    TEXT    NOT NULL CHECK (json_valid(payload)),
    UNIQUE (stream, stream_seq)
) STRICT;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;

CREATE TABLE applications (
    name            TEXT    PRIMARY KEY,
    application     TEXT    NOT NULL,
    applied_at      INTEGER NOT NULL,
    baseline        TEXT    REFERENCES releases (name),
    next_generation INTEGER NOT NULL DEFAULT 1,
    -- Evidence of earlier epochs and slots is kept as totals only, and takes no more rows.
    folded_before   INTEGER NOT NULL DEFAULT 0,
    slots_before    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE releases (
    name          TEXT    PRIMARY KEY,
    application   TEXT    NOT NULL REFERENCES applications (name),
    digest        TEXT    NOT NULL,
    release       TEXT    NOT NULL,
    registered_at INTEGER NOT NULL,
    rejection     TEXT
) STRICT;
CREATE INDEX releases_by_application ON releases (application, registered_at);

CREATE TABLE rollouts (
    name        TEXT    PRIMARY KEY,
    application TEXT    NOT NULL REFERENCES applications (name),
    candidate   TEXT    NOT NULL REFERENCES releases (name),
    baseline    TEXT    NOT NULL REFERENCES releases (name),
    proposal    TEXT    NOT NULL,
    plan        TEXT    NOT NULL,
    -- Secret, and therefore no part of any event.
    salt        BLOB    NOT NULL,
    state       TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    report      TEXT,
    first_epoch INTEGER NOT NULL,
    created_seq INTEGER NOT NULL REFERENCES events (seq),
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER,
    -- The rollout that has to end before this one begins.
    waits_for   TEXT    REFERENCES rollouts (name)
) STRICT;
CREATE UNIQUE INDEX one_active_rollout ON rollouts (application) WHERE ended_at IS NULL AND waits_for IS NULL;
CREATE INDEX rollouts_in_order ON rollouts (created_seq);

CREATE TABLE commands (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout  TEXT    NOT NULL REFERENCES rollouts (name),
    command  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    answered INTEGER REFERENCES events (seq)
) STRICT;
CREATE INDEX commands_pending ON commands (rollout) WHERE answered IS NULL;

-- The latest table of each application.
CREATE TABLE routing_tables (
    application  TEXT    PRIMARY KEY REFERENCES applications (name),
    generation   INTEGER NOT NULL,
    routing      TEXT    NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;

CREATE TABLE epochs (
    application TEXT    NOT NULL REFERENCES applications (name),
    id          INTEGER NOT NULL,
    -- What served as the baseline during it: only its own outcomes calibrate.
    baseline    TEXT    NOT NULL REFERENCES releases (name),
    started_at  INTEGER NOT NULL,
    epoch       TEXT    NOT NULL,
    PRIMARY KEY (application, id)
) STRICT;

-- Running totals of gateways. `progress` tells an older copy of a row from a newer one.
CREATE TABLE tallies (
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    slot        INTEGER NOT NULL,
    node        TEXT    NOT NULL,
    boot        INTEGER NOT NULL,
    progress    INTEGER NOT NULL,
    tally       TEXT    NOT NULL,
    PRIMARY KEY (application, epoch, arm, slot, node, boot)
) STRICT;
CREATE TABLE group_tallies (
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    node        TEXT    NOT NULL,
    boot        INTEGER NOT NULL,
    progress    INTEGER NOT NULL,
    groups      TEXT    NOT NULL,
    PRIMARY KEY (application, epoch, arm, node, boot)
) STRICT;
-- What the rows of old slots came to and, once an epoch is folded, all its rows and its feedback.
CREATE TABLE totals (
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    tally       TEXT    NOT NULL,
    groups      TEXT    NOT NULL,
    PRIMARY KEY (application, epoch, arm)
) STRICT;

CREATE TABLE feedback (
    request     TEXT    PRIMARY KEY,
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    unit_group  INTEGER NOT NULL,
    measured    INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    bad         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_by_epoch ON feedback (application, epoch);

-- What transitions asked the world for and the world has not confirmed.
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout TEXT    NOT NULL REFERENCES rollouts (name),
    effect  TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

-- Answers to requests that may be sent again.
CREATE TABLE answers (
    key         TEXT    PRIMARY KEY,
    fingerprint TEXT    NOT NULL,
    response    TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX answers_by_age ON answers (at);

CREATE TABLE signing_keys (
    id     INTEGER PRIMARY KEY,
    secret BLOB    NOT NULL CHECK (length(secret) = 32)
) STRICT;
