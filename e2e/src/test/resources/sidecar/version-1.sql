CREATE TABLE "things"("id" TEXT NOT NULL, "number" REAL, "is_true" BOOLEAN, PRIMARY KEY("id"));
INSERT INTO things VALUES ('1', NULL, 1);
INSERT INTO things VALUES ('2', NULL, NULL);
INSERT INTO things VALUES ('3', 1.5, 0);
CREATE TABLE "waybill_sidecar_schema"("collection" TEXT NOT NULL, "dialect" TEXT NOT NULL, "definition" TEXT NOT NULL, PRIMARY KEY("collection"));
INSERT INTO waybill_sidecar_schema VALUES ('things', 'memory-document', 'waybill-plan: 2
from: ""
to: ""
stores:
  from: "memory, document"
  to: SQLite 3.54.1
fingerprints:
  from: ""
  to: ""
  to-collections:
    - things
    - things
options:
  verify:
    level: full
  on-failure: rollback
  connections: 2
  batch-size: 5000
  max-quarantined: 0
  max-rate: 0
  on-loss:
    - ''*=sidecar''
  sidecar: true
  settings: {}
  lock-timeout: 0s
  statement-timeout: 0s
  analyze: true
  backup:
    enabled: true
    keep: 30d
estimate:
  records: -1
  bytes: -1
  seconds: -1
  target-bytes: -1
collections:
  - source: things
    target: things
    create: true
    records: 3
    bytes: -1
    filter: ""
    on-conflict: fail
    triggers: fire
    visibility: in-place
    key:
      - id
    fields:
      - source: id
        from: text
        target: id
        to: text
        stored: text
        native: TEXT
        nullable: false
      - source: number
        from: float64
        target: number
        to: float64
        stored: float64
        native: REAL
        nullable: true
      - source: is_true
        from: boolean
        target: is_true
        to: int64
        stored: int64
        native: BOOLEAN
        nullable: true
    target-key:
      - id
    unique: []
    foreign-keys: []
    indexes: []
    checks: []
    target-triggers: []
  - source: things
    target: things
    create: true
    records: -1
    bytes: -1
    filter: ""
    on-conflict: fail
    triggers: fire
    visibility: in-place
    key:
      - id
    fields:
      - source: id
        from: text
        target: id
        to: text
        stored: text
        native: text
        nullable: false
      - source: number
        from: float64
        target: number
        to: float64
        stored: float64
        native: float64
        nullable: true
      - source: is_true
        from: boolean
        target: is_true
        to: boolean
        stored: boolean
        native: boolean
        nullable: true
    target-key:
      - id
    unique: []
    foreign-keys: []
    indexes: []
    checks: []
    target-triggers: []
left-out: []
losses: []
risks: []
rollback: ""
');
CREATE TABLE "waybill_sidecar_values"("collection" TEXT NOT NULL, "record" TEXT NOT NULL, "field" TEXT NOT NULL, "written" TEXT NOT NULL, "original" BLOB NOT NULL, PRIMARY KEY("collection", "record", "field"));
INSERT INTO waybill_sidecar_values VALUES ('things', 'ff820d3eef8f3f602e8c1ef7343f30f3', 'number', '6e340b9cffb37a989ca544e6bb780a2c', X'067FF8000000000000');
INSERT INTO waybill_sidecar_values VALUES ('things', '083a9fe220c213336dca908953f4ea9b', 'number', '6e340b9cffb37a989ca544e6bb780a2c', X'068000000000000000');
