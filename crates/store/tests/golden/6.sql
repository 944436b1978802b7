PRAGMA foreign_keys = OFF;
PRAGMA application_id = 1448232014;
PRAGMA user_version = 6;
CREATE TABLE fence (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    term INTEGER NOT NULL
) STRICT;
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
, phase TEXT NOT NULL DEFAULT '') STRICT;
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
CREATE TABLE routing_tables (
    application  TEXT    PRIMARY KEY REFERENCES applications (name),
    generation   INTEGER NOT NULL,
    routing      TEXT    NOT NULL,
    published_at INTEGER NOT NULL
, settled TEXT) STRICT;
CREATE TABLE epochs (
    application TEXT    NOT NULL REFERENCES applications (name),
    id          INTEGER NOT NULL,
    -- What served as the baseline during it: only its own outcomes calibrate.
    baseline    TEXT    NOT NULL REFERENCES releases (name),
    started_at  INTEGER NOT NULL,
    epoch       TEXT    NOT NULL,
    PRIMARY KEY (application, id)
) STRICT;
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
, elsewhere INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    rollout TEXT    NOT NULL REFERENCES rollouts (name),
    effect  TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
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
CREATE TABLE gateways (
    node     TEXT    PRIMARY KEY,
    boot     INTEGER NOT NULL,
    -- The controller that let it in.
    term     INTEGER NOT NULL,
    came_at  INTEGER NOT NULL,
    heard_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rollouts_by_phase ON rollouts (phase);
CREATE INDEX rollouts_by_application ON rollouts (application, created_seq);
CREATE INDEX rollouts_not_ended ON rollouts (application, created_seq) WHERE ended_at IS NULL;
CREATE INDEX rollouts_waiting ON rollouts (waits_for) WHERE waits_for IS NOT NULL;
CREATE INDEX releases_in_order ON releases (registered_at, name);
CREATE INDEX feedback_by_age ON feedback (application, epoch, issued_at);
CREATE TABLE folded_groups (
    application TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    arm         TEXT    NOT NULL,
    node        TEXT    NOT NULL,
    boot        INTEGER NOT NULL,
    PRIMARY KEY (application, epoch, arm, node, boot)
) STRICT, WITHOUT ROWID;
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
    level       INTEGER NOT NULL, elsewhere INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (request, score)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_by_age ON scores (application, epoch, issued_at);
CREATE INDEX experiments_in_order ON experiments (created_seq);
INSERT INTO fence VALUES (1, 1);
INSERT INTO events VALUES (1, 'application/support-chat', 1, 1790000000000, 'applied', '{"environments":{"blue":{"endpoints":["http://127.0.0.1:8000"],"name":"blue","platform":"static"}},"guards":[],"name":"support-chat","protocol":"openai","timeouts":{"connect":{"nanos":0,"secs":2},"firstByte":{"nanos":0,"secs":60},"idle":{"nanos":0,"secs":60}},"unit":"user"}');
INSERT INTO events VALUES (2, 'release/v1', 1, 1790000000000, 'registered', '{"application":"support-chat","digest":"sha256:v1","name":"v1","version":"v1"}');
INSERT INTO events VALUES (3, 'release/v2', 1, 1790000000000, 'registered', '{"application":"support-chat","digest":"sha256:v2","name":"v2","version":"v2"}');
INSERT INTO events VALUES (4, 'release/v3', 1, 1790000000000, 'registered', '{"application":"support-chat","digest":"sha256:v3","name":"v3","version":"v3"}');
INSERT INTO events VALUES (5, 'application/support-chat', 2, 1790000000000, 'baselineSet', '{"release":"v1"}');
INSERT INTO events VALUES (6, 'rollout/r1', 1, 1790000000000, 'started', '{"plan":{"guards":[],"policy":{"maxHold":{"nanos":0,"secs":86400},"onInsufficient":"hold","patience":{"nanos":0,"secs":600},"rejection":"reject","riskBudget":500,"warmup":10},"steps":[{"weight":1000},{"bake":{"duration":{"nanos":0,"secs":600},"holdback":200,"minSamples":100}}]},"proposal":{"application":"support-chat","candidate":"v2","name":"r1","policy":{"maxHold":{"nanos":0,"secs":86400},"onInsufficient":"hold","patience":{"nanos":0,"secs":600},"rejection":"reject","riskBudget":500,"warmup":10},"strategy":{"canary":{"steps":[{"weight":1000}]}}}}');
INSERT INTO events VALUES (7, 'rollout/r1', 2, 1790000000000, 'moved', '{"effects":[{"notify":{"message":"look","severity":"critical"}}],"epoch":1,"generation":1,"next":{"phase":{"progressing":{"enteredAt":1790000000000,"step":0,"weight":0}},"sequence":1},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":"began","sentence":"so it goes"}}');
INSERT INTO events VALUES (8, 'rollout/r1', 3, 1790000000000, 'moved', '{"next":{"phase":{"progressing":{"clock":{"seen":{"baseline":900,"candidate":100},"startedAt":1790000000000},"enteredAt":1790000000000,"step":1,"weight":1000}},"sequence":2},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":{"shifted":{"from":0,"to":1000}},"sentence":"so it goes"}}');
INSERT INTO events VALUES (9, 'rollout/r1', 4, 1790000000000, 'moved', '{"next":{"phase":{"held":{"at":{"clock":{"seen":{"baseline":900,"candidate":100},"startedAt":1790000000000},"enteredAt":1790000000000,"step":1,"weight":1000},"reason":{"paused":{"by":"ann"}},"since":1790000000000}},"sequence":3},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":"held","sentence":"so it goes"}}');
INSERT INTO events VALUES (10, 'rollout/r1', 5, 1790000000000, 'moved', '{"next":{"phase":{"held":{"at":{"clock":{"seen":{"baseline":900,"candidate":100},"startedAt":1790000000000},"enteredAt":1790000000000,"step":1,"weight":1000},"reason":{"waiting":{"gateways":{"acknowledged":1,"known":2}}},"since":1790000000000}},"sequence":4},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":{"waiting":{"waiting":{"gateways":{"acknowledged":1,"known":2}}}},"sentence":"so it goes"}}');
INSERT INTO events VALUES (11, 'rollout/r1', 6, 1790000000000, 'moved', '{"next":{"phase":{"baking":{"clock":{"seen":{"baseline":900,"candidate":100},"startedAt":1790000000000},"enteredAt":1790000000000,"step":1,"weight":1000}},"sequence":5},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":{"passed":{"step":2}},"sentence":"so it goes"}}');
INSERT INTO events VALUES (12, 'rollout/r1', 7, 1790000000000, 'moved', '{"next":{"phase":{"rollingBack":{"cause":{"regression":{"metric":"latency.p95"}},"since":1790000000000}},"sequence":6},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":{"rollingBack":{"cause":{"regression":{"metric":"latency.p95"}}}},"sentence":"so it goes"}}');
INSERT INTO events VALUES (13, 'rollout/r1', 8, 1790000000000, 'ordered', '{"command":{"pause":{"by":"ann"}},"id":1}');
INSERT INTO events VALUES (14, 'rollout/r1', 9, 1790000000000, 'ordered', '{"command":{"resume":{"by":"ann"}},"id":2}');
INSERT INTO events VALUES (15, 'rollout/r1', 10, 1790000000000, 'ordered', '{"command":{"promote":{"by":"ann","reach":"full"}},"id":3}');
INSERT INTO events VALUES (16, 'rollout/r1', 11, 1790000000000, 'ordered', '{"command":{"abort":{"by":"ann"}},"id":4}');
INSERT INTO events VALUES (17, 'rollout/r1', 12, 1790000000000, 'ordered', '{"command":{"rollback":{"by":"ann","reason":"a bad feeling"}},"id":5}');
INSERT INTO events VALUES (18, 'rollout/r1', 13, 1790000000000, 'ordered', '{"command":{"supersede":{"by":"r2"}},"id":6}');
INSERT INTO events VALUES (19, 'rollout/r2', 1, 1790000000000, 'started', '{"plan":{"guards":[],"policy":{"maxHold":{"nanos":0,"secs":86400},"onInsufficient":"hold","patience":{"nanos":0,"secs":600},"rejection":"reject","riskBudget":500,"warmup":10},"steps":[{"weight":1000},{"bake":{"duration":{"nanos":0,"secs":600},"holdback":200,"minSamples":100}}]},"proposal":{"application":"support-chat","candidate":"v3","name":"r2","policy":{"maxHold":{"nanos":0,"secs":86400},"onInsufficient":"hold","patience":{"nanos":0,"secs":600},"rejection":"reject","riskBudget":500,"warmup":10},"strategy":{"canary":{"steps":[{"weight":1000}]}}},"waitsFor":"r1"}');
INSERT INTO events VALUES (20, 'rollout/r1', 14, 1790000000000, 'moved', '{"effects":["rejectCandidate"],"next":{"phase":{"rolledBack":{"cause":"insufficient"}},"sequence":7},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":"began","sentence":"errors got worse"}}');
INSERT INTO events VALUES (21, 'release/v2', 2, 1790000000000, 'rejected', '{"because":"the evidence never sufficed","rollout":"r1"}');
INSERT INTO events VALUES (22, 'rollout/r2', 2, 1790000000000, 'moved', '{"effects":["makeBaseline"],"epoch":2,"next":{"phase":"promoted","sequence":1},"report":{"analysis":{"candidateUnits":0,"guards":[],"harmBound":0.30000000000000004,"seen":{"baseline":0,"candidate":0},"split":"sound","validity":"exact"},"at":1790000000000,"finding":"began","sentence":"errors got worse"}}');
INSERT INTO events VALUES (23, 'application/support-chat', 3, 1790000000000, 'baselineMoved', '{"release":"v3","rollout":"r2"}');
INSERT INTO events VALUES (24, 'application/support-chat', 4, 1790000000000, 'tablePublished', '{"because":"so it is","epoch":1,"generation":2}');
INSERT INTO events VALUES (25, 'experiment/tone', 1, 1790000000000, 'experimentStarted', '{"experiment":{"aim":{"application":"support-chat","better":"lower","metric":"feedback","minimumEffect":{"points":200}},"allocation":"fixed","arms":[{"name":"arm-v3","releases":{"support-chat":"v3"},"share":3000},{"name":"arm-v1","releases":{"support-chat":"v1"},"share":3000}],"guards":[],"holdout":500,"layer":"answers","leadIn":{"nanos":0,"secs":0},"name":"tone","stop":{"maxDuration":{"nanos":0,"secs":3600},"winner":"byRule"},"traffic":6000,"unit":"user"},"part":{"start":0,"width":6000}}');
INSERT INTO events VALUES (26, 'experiment/tone', 2, 1790000000000, 'experimentOrdered', '{"by":"ann","id":1,"order":{"stopArm":{"arm":1}}}');
INSERT INTO events VALUES (27, 'experiment/tone', 3, 1790000000000, 'experimentOrdered', '{"by":"ann","id":2,"order":{"name":{"arm":1}}}');
INSERT INTO events VALUES (28, 'experiment/tone', 4, 1790000000000, 'experimentOrdered', '{"by":"ann","id":3,"order":"stop"}');
INSERT INTO events VALUES (29, 'experiment/tone', 5, 1790000000000, 'experimentMoved', '{"next":{"phase":{"running":{"stopped":[]}},"sequence":1,"startedAt":1790000000000},"report":{"analysis":{"arms":[{"counts":{"n":0,"x":0,"xs":0},"isStopped":false,"units":0},{"counts":{"n":0,"x":0,"xs":0},"isStopped":false,"units":0}],"exposure":{"finding":"once","twice":0,"units":0},"split":"sound","validity":"asymptotic","verdict":{"wait":{"tooFewUnits":{"arm":0,"groups":0,"units":0}}}},"at":1790000000000,"sentences":["so it goes"]}}');
INSERT INTO events VALUES (30, 'experiment/tone', 6, 1790000000000, 'experimentMoved', '{"next":{"phase":{"ended":{"winner":{"arm":1,"by":"byPerson"}}},"sequence":2,"startedAt":1790000000000},"report":{"analysis":{"arms":[{"counts":{"n":0,"x":0,"xs":0},"isStopped":false,"units":0},{"counts":{"n":0,"x":0,"xs":0},"isStopped":false,"units":0}],"exposure":{"finding":"once","twice":0,"units":0},"split":"sound","validity":"asymptotic","verdict":{"wait":{"tooFewUnits":{"arm":0,"groups":0,"units":0}}}},"at":1790000000000,"sentences":["so it goes"]}}');
INSERT INTO applications VALUES ('support-chat', '{"name":"support-chat","protocol":"openai","unit":"user","environments":{"blue":{"name":"blue","platform":"static","endpoints":["http://127.0.0.1:8000"]}},"guards":[],"timeouts":{"connect":{"secs":2,"nanos":0},"firstByte":{"secs":60,"nanos":0},"idle":{"secs":60,"nanos":0}}}', 1790000000000, 'v3', 101, 2, 1790087900000);
INSERT INTO releases VALUES ('v1', 'support-chat', 'sha256:v1', '{"name":"v1","application":"support-chat","version":"v1","digest":"sha256:v1"}', 1790000000000, NULL);
INSERT INTO releases VALUES ('v2', 'support-chat', 'sha256:v2', '{"name":"v2","application":"support-chat","version":"v2","digest":"sha256:v2"}', 1790000000000, '{"at":1790000000000,"rollout":"r1","because":"the evidence never sufficed"}');
INSERT INTO releases VALUES ('v3', 'support-chat', 'sha256:v3', '{"name":"v3","application":"support-chat","version":"v3","digest":"sha256:v3"}', 1790000000000, NULL);
INSERT INTO rollouts VALUES ('r1', 'support-chat', 'v2', 'v1', '{"name":"r1","application":"support-chat","candidate":"v2","strategy":{"canary":{"steps":[{"weight":1000}]}},"policy":{"onInsufficient":"hold","maxHold":{"secs":86400,"nanos":0},"patience":{"secs":600,"nanos":0},"riskBudget":500,"warmup":10,"rejection":"reject"}}', '{"steps":[{"weight":1000},{"bake":{"duration":{"secs":600,"nanos":0},"holdback":200,"minSamples":100}}],"guards":[],"policy":{"onInsufficient":"hold","maxHold":{"secs":86400,"nanos":0},"patience":{"secs":600,"nanos":0},"riskBudget":500,"warmup":10,"rejection":"reject"}}', X'09090909090909090909090909090909', '{"sequence":7,"phase":{"rolledBack":{"cause":"insufficient"}}}', 7, '{"at":1790000000000,"finding":"began","analysis":{"validity":"exact","seen":{"baseline":0,"candidate":0},"candidateUnits":0,"split":"sound","guards":[],"harmBound":0.30000000000000004},"sentence":"errors got worse"}', 2, 6, 1790000000000, 1790000000000, NULL, 'RolledBack');
INSERT INTO rollouts VALUES ('r2', 'support-chat', 'v3', 'v1', '{"name":"r2","application":"support-chat","candidate":"v3","strategy":{"canary":{"steps":[{"weight":1000}]}},"policy":{"onInsufficient":"hold","maxHold":{"secs":86400,"nanos":0},"patience":{"secs":600,"nanos":0},"riskBudget":500,"warmup":10,"rejection":"reject"}}', '{"steps":[{"weight":1000},{"bake":{"duration":{"secs":600,"nanos":0},"holdback":200,"minSamples":100}}],"guards":[],"policy":{"onInsufficient":"hold","maxHold":{"secs":86400,"nanos":0},"patience":{"secs":600,"nanos":0},"riskBudget":500,"warmup":10,"rejection":"reject"}}', X'09090909090909090909090909090909', '{"sequence":1,"phase":"promoted"}', 1, '{"at":1790000000000,"finding":"began","analysis":{"validity":"exact","seen":{"baseline":0,"candidate":0},"candidateUnits":0,"split":"sound","guards":[],"harmBound":0.30000000000000004},"sentence":"errors got worse"}', 2, 19, 1790000000000, 1790000000000, NULL, 'Promoted');
INSERT INTO commands VALUES (1, 'r1', '{"pause":{"by":"ann"}}', 1790000000000, 20);
INSERT INTO commands VALUES (2, 'r1', '{"resume":{"by":"ann"}}', 1790000000000, 20);
INSERT INTO commands VALUES (3, 'r1', '{"promote":{"by":"ann","reach":"full"}}', 1790000000000, 20);
INSERT INTO commands VALUES (4, 'r1', '{"abort":{"by":"ann"}}', 1790000000000, 20);
INSERT INTO commands VALUES (5, 'r1', '{"rollback":{"by":"ann","reason":"a bad feeling"}}', 1790000000000, 20);
INSERT INTO commands VALUES (6, 'r1', '{"supersede":{"by":"r2"}}', 1790000000000, 20);
INSERT INTO routing_tables VALUES ('support-chat', 2, '{"application":"support-chat","generation":2,"term":1,"protocol":"openai","unit":"user","timeouts":{"connect":{"secs":2,"nanos":0},"firstByte":{"secs":60,"nanos":0},"idle":{"secs":60,"nanos":0}},"epoch":1,"thresholds":{},"baseline":{"release":"v1","version":"v1","digest":"sha256:v1","environment":"blue","endpoints":["http://127.0.0.1:8000"]},"comparison":{"rollout":"r1","candidate":{"release":"v2","version":"v2","digest":"sha256:v2","environment":"blue","endpoints":["http://127.0.0.1:8000"]},"split":2000,"salt":[9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9],"warmup":10}}', 1790000000000, '{"application":"support-chat","generation":1,"term":1,"protocol":"openai","unit":"user","timeouts":{"connect":{"secs":2,"nanos":0},"firstByte":{"secs":60,"nanos":0},"idle":{"secs":60,"nanos":0}},"epoch":1,"thresholds":{},"baseline":{"release":"v1","version":"v1","digest":"sha256:v1","environment":"blue","endpoints":["http://127.0.0.1:8000"]},"comparison":{"rollout":"r1","candidate":{"release":"v2","version":"v2","digest":"sha256:v2","environment":"blue","endpoints":["http://127.0.0.1:8000"]},"split":1000,"salt":[9,9,9,9,9,9,9,9,9,9,9,9,9,9,9,9],"warmup":10}}');
INSERT INTO epochs VALUES ('support-chat', 1, 'v1', 1790000000000, '{"id":1,"weight":1000,"thresholds":{},"centres":[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0],"startedAt":1790000000000}');
INSERT INTO epochs VALUES ('support-chat', 2, 'v3', 1790000600000, '{"id":2,"weight":9800,"thresholds":{},"centres":[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0],"startedAt":1790000600000}');
INSERT INTO totals VALUES ('support-chat', 1, 'candidate', '{"classes":[7,1,1,1,0,0,0,2],"exempt":[0,0,0,4,0,0,0,0,0],"metrics":[{"n":12,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":1,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}],"latency":{"first":162,"counts":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]}}', '{"metrics":[[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":12,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}],[],[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":1,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]],"units":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,9223372036854775808]}');
INSERT INTO totals VALUES ('support-chat', 2, 'candidate', '{"classes":[7,1,1,1,0,0,0,2],"exempt":[0,0,0,4,0,0,0,0,0],"metrics":[{"n":12,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":2,"x":2,"xs":2},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}],"scores":{"score/helpful/0000000000000007/1-5":[[20,2],[75,1]]},"latency":{"first":162,"counts":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]}}', '{"metrics":[[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":12,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}],[],[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":2,"x":2,"xs":2},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]],"scores":{"score/helpful/0000000000000007/1-5":[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":3,"x":115,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}]},"units":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,9223372036854775808],"cells":[{"c":1,"a":2,"m":"feedback","g":[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":1,"x":1,"xs":1},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}]},{"c":1,"a":2,"m":"score/helpful/0000000000000007/1-5","g":[{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":1,"x":20,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0},{"n":0,"x":0,"xs":0}]}]}');
INSERT INTO feedback VALUES ('elsewhere-1470', 'support-chat', 2, 'candidate', 5, 1, 1790088200000, 1790088260000, 1, 48);
INSERT INTO outbox VALUES (1, 'r1', '{"notify":{"severity":"critical","message":"look"}}', 1790000000000);
INSERT INTO answers VALUES ('key', 'fingerprint', 'response', 1790000000000);
INSERT INTO signing_keys VALUES (1, X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO gateways VALUES ('gateway-1', -1, 1, 1790000000000, 1790000000000);
INSERT INTO folded_groups VALUES ('support-chat', 2, 'candidate', 'gateway-1', -1);
INSERT INTO experiments VALUES ('tone', 'answers', '{"name":"tone","layer":"answers","traffic":6000,"unit":"user","arms":[{"name":"arm-v3","share":3000,"releases":{"support-chat":"v3"}},{"name":"arm-v1","share":3000,"releases":{"support-chat":"v1"}}],"holdout":500,"aim":{"application":"support-chat","metric":"feedback","better":"lower","minimumEffect":{"points":200}},"guards":[],"allocation":"fixed","leadIn":{"secs":0,"nanos":0},"stop":{"winner":"byRule","maxDuration":{"secs":3600,"nanos":0}}}', X'09090909090909090909090909090909', '{"start":0,"width":6000}', '{"sequence":2,"startedAt":1790000000000,"phase":{"ended":{"winner":{"arm":1,"by":"byPerson"}}}}', 2, '{"at":1790000000000,"sentences":["so it goes"],"analysis":{"validity":"asymptotic","arms":[{"counts":{"n":0,"x":0,"xs":0},"units":0,"isStopped":false},{"counts":{"n":0,"x":0,"xs":0},"units":0,"isStopped":false}],"verdict":{"wait":{"tooFewUnits":{"arm":0,"units":0,"groups":0}}},"split":"sound","exposure":{"units":0,"twice":0,"finding":"once"}}}', 25, 1790000000000);
INSERT INTO experiment_parts VALUES ('tone', 'support-chat', 3);
INSERT INTO experiment_orders VALUES (1, 'tone', '{"order":{"stopArm":{"arm":1}},"by":"ann"}', 1790000000000, 30);
INSERT INTO experiment_orders VALUES (2, 'tone', '{"order":{"name":{"arm":1}},"by":"ann"}', 1790000000000, 30);
INSERT INTO experiment_orders VALUES (3, 'tone', '{"order":"stop","by":"ann"}', 1790000000000, 30);
INSERT INTO scores VALUES ('elsewhere-1470', 'score/helpful/0000000000000007/1-5', 'support-chat', 2, 'candidate', 5, 1, 1790088200000, 1790088260000, 20, 48);
