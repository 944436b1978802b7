-- Schema 5. Scores of answers, each with feedback on its request: one row for each score of a request.

CREATE TABLE scores (
    request     TEXT    NOT NULL,
    -- With its meaning, so that what another judge says is another row.
    score       TEXT    NOT NULL,
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    unit_group  INTEGER NOT NULL,
    measured    INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- How far below the top of its scale, in hundredths.
    level       INTEGER NOT NULL,
    PRIMARY KEY (request, score)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_by_age ON scores (application, epoch, issued_at);
