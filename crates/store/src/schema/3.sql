-- Schema 3. What has ended costs nothing at a start, and what is old can be taken away a little at a time.

-- The word for what a rollout does, so that rollouts can be counted without reading them.
ALTER TABLE rollouts ADD COLUMN phase TEXT NOT NULL DEFAULT '';
UPDATE rollouts SET phase = (
    SELECT upper(substr(word, 1, 1)) || substr(word, 2)
    FROM (SELECT CASE json_type(state, '$.phase')
        WHEN 'text' THEN json_extract(state, '$.phase')
        ELSE (SELECT key FROM json_each(state, '$.phase'))
    END AS word)
);
CREATE INDEX rollouts_by_phase ON rollouts (phase);
CREATE INDEX rollouts_by_application ON rollouts (application, created_seq);
CREATE INDEX rollouts_not_ended ON rollouts (application, created_seq) WHERE ended_at IS NULL;
CREATE INDEX rollouts_waiting ON rollouts (waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX releases_in_order ON releases (registered_at, name);

DROP INDEX feedback_by_epoch;
CREATE INDEX feedback_by_age ON feedback (application, epoch, issued_at);

-- Starts of gateways whose groups became part of a total: they are not taken any more in that epoch.
CREATE TABLE folded_groups (
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    node        TEXT    NOT NULL,
    boot        INTEGER NOT NULL,
    PRIMARY KEY (application, epoch, arm, node, boot)
) STRICT, WITHOUT ROWID;
