-- Times are RFC 3339 text. Digests are `sha256:<64 hex digits>`. JSON columns hold canonical JSON.

CREATE TABLE captures (
    digest    TEXT NOT NULL PRIMARY KEY,
    text      BLOB NOT NULL,
    stored_at TEXT NOT NULL
) STRICT;

CREATE TABLE libraries (
    digest    TEXT NOT NULL PRIMARY KEY,
    version   TEXT NOT NULL,
    files     TEXT NOT NULL,
    stored_at TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
    id              INTEGER NOT NULL PRIMARY KEY,
    run_key         TEXT NOT NULL,
    capture_digest  TEXT NOT NULL REFERENCES captures (digest),
    library_digest  TEXT NOT NULL REFERENCES libraries (digest),
    scope           TEXT NOT NULL,
    model           TEXT NOT NULL,
    prompts         TEXT NOT NULL,
    prepared_by     TEXT NOT NULL,
    started_at      TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'finished', 'abandoned')),
    ended_at        TEXT,
    journal_entries INTEGER NOT NULL,
    journal_head    TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX runs_one_running_per_key ON runs (run_key) WHERE state = 'running';

CREATE TABLE journal (
    run_id INTEGER NOT NULL REFERENCES runs (id),
    seq    INTEGER NOT NULL,
    at     TEXT NOT NULL,
    entry  TEXT NOT NULL,
    hash   TEXT NOT NULL,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE packets (
    id              TEXT NOT NULL PRIMARY KEY,
    cycle           TEXT NOT NULL,
    revision        INTEGER NOT NULL CHECK (revision >= 1),
    as_of           TEXT NOT NULL,
    as_of_defaulted INTEGER NOT NULL CHECK (as_of_defaulted IN (0, 1)),
    posture         TEXT NOT NULL CHECK (posture IN ('approve', 'remediate', 'escalate')),
    state           TEXT NOT NULL CHECK (state IN ('queued', 'accepted', 'overridden', 'returned', 'superseded')),
    digest          TEXT NOT NULL,
    content_key     TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    prepared_by     TEXT NOT NULL,
    capture_digest  TEXT NOT NULL REFERENCES captures (digest),
    library_digest  TEXT NOT NULL REFERENCES libraries (digest),
    scope           TEXT NOT NULL,
    draft           TEXT,
    rejected_drafts TEXT NOT NULL,
    outcome         TEXT NOT NULL CHECK (outcome IN ('accepted', 'rules-only')),
    rounds          INTEGER NOT NULL,
    reason          TEXT,
    provenance      TEXT NOT NULL,
    run_id          INTEGER REFERENCES runs (id),
    UNIQUE (cycle, revision)
) STRICT;

CREATE INDEX packets_by_inputs ON packets (cycle, capture_digest, library_digest);

CREATE TABLE decisions (
    packet_id     TEXT NOT NULL PRIMARY KEY REFERENCES packets (id),
    packet_digest TEXT NOT NULL,
    reviewer      TEXT NOT NULL,
    verdict       TEXT NOT NULL CHECK (verdict IN ('accept', 'override', 'return')),
    posture       TEXT CHECK (posture IN ('approve', 'remediate', 'escalate')),
    corrections   TEXT NOT NULL,
    reason        TEXT,
    decided_at    TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      TEXT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    prev    TEXT NOT NULL,
    hash    TEXT NOT NULL
) STRICT;

-- The last entry of the log, so that a cut tail shows.
CREATE TABLE audit_head (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;

INSERT INTO audit_head (id, seq, hash)
VALUES (1, 0, 'sha256:0000000000000000000000000000000000000000000000000000000000000000');

CREATE TRIGGER captures_no_update BEFORE UPDATE ON captures
BEGIN SELECT RAISE(ABORT, 'captures never change'); END;
CREATE TRIGGER captures_no_delete BEFORE DELETE ON captures
BEGIN SELECT RAISE(ABORT, 'captures are never deleted'); END;

CREATE TRIGGER libraries_no_update BEFORE UPDATE ON libraries
BEGIN SELECT RAISE(ABORT, 'libraries never change'); END;
CREATE TRIGGER libraries_no_delete BEFORE DELETE ON libraries
BEGIN SELECT RAISE(ABORT, 'libraries are never deleted'); END;

CREATE TRIGGER runs_fixed_columns
BEFORE UPDATE OF id, run_key, capture_digest, library_digest, scope, model, prompts, prepared_by, started_at ON runs
BEGIN SELECT RAISE(ABORT, 'what a run was started with never changes'); END;
CREATE TRIGGER runs_end_once BEFORE UPDATE ON runs WHEN OLD.state <> 'running'
BEGIN SELECT RAISE(ABORT, 'an ended run never changes'); END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs
BEGIN SELECT RAISE(ABORT, 'runs are never deleted'); END;

CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER packets_fixed_columns
BEFORE UPDATE OF id, cycle, revision, as_of, as_of_defaulted, posture, digest, content_key, created_at, prepared_by,
    capture_digest, library_digest, scope, draft, rejected_drafts, outcome, rounds, reason, provenance, run_id ON packets
BEGIN SELECT RAISE(ABORT, 'what a packet holds never changes'); END;
CREATE TRIGGER packets_decided_once BEFORE UPDATE OF state ON packets WHEN OLD.state <> 'queued'
BEGIN SELECT RAISE(ABORT, 'only a queued packet changes its state'); END;
CREATE TRIGGER packets_no_delete BEFORE DELETE ON packets
BEGIN SELECT RAISE(ABORT, 'packets are never deleted'); END;

CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.seq <> OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'the head of the audit log moves by one'); END;
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the head of the audit log is never deleted'); END;
