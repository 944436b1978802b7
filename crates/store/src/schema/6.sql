-- Schema 6. The arms that a unit has in other experiments, with what its callers say: four bits for each of them.

ALTER TABLE feedback ADD COLUMN elsewhere INTEGER NOT NULL DEFAULT 0;
ALTER TABLE scores ADD COLUMN elsewhere INTEGER NOT NULL DEFAULT 0;

-- An experiment is known by the place of its first event.
CREATE INDEX experiments_in_order ON experiments (created_seq);
