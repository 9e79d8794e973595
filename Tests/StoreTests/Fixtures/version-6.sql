-- A whole database of schema version 6, as the program of that version wrote it: every kind of claim,
-- of debt in every state, of hold, request and end of a run, and live runs. Loaded by
-- OldDatabaseTests. Never edited: today's program cannot write these bytes any more.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1');
INSERT INTO grdb_migrations VALUES('2');
INSERT INTO grdb_migrations VALUES('3');
INSERT INTO grdb_migrations VALUES('4');
INSERT INTO grdb_migrations VALUES('5');
INSERT INTO grdb_migrations VALUES('6');
CREATE TABLE fact (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO fact VALUES('clock_offset','1 clockOffset');
INSERT INTO fact VALUES('last_poll','1 lastPoll');
INSERT INTO fact VALUES('last_tick','1 lastTick');
INSERT INTO fact VALUES('marked_folders','1 markedFolders');
INSERT INTO fact VALUES('salt','1 salt');
INSERT INTO fact VALUES('tracker_problem','1 trackerProblem');
INSERT INTO fact VALUES('workflow_path','1 workflowPath');
CREATE TABLE policy (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  workflow TEXT NOT NULL
) STRICT;
INSERT INTO policy VALUES(1,'1 lastGoodWorkflow');
CREATE TABLE item (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  key TEXT NOT NULL,
  workspace TEXT NOT NULL UNIQUE,
  repository_owner TEXT NOT NULL,
  repository_name TEXT NOT NULL,
  number INTEGER,
  title TEXT NOT NULL,
  url TEXT NOT NULL,
  first_seen INTEGER NOT NULL
, status TEXT) STRICT, WITHOUT ROWID;
INSERT INTO item VALUES('c10','acme/app#c10','acme_app_c10-6c919bc0','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c11','acme/app#c11','acme_app_c11-69c703c5','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c12','acme/app#c12','acme_app_c12-fe4bbff2','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c13','acme/app#c13','acme_app_c13-24c427b6','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c14','acme/app#c14','acme_app_c14-a07bc3e4','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c15','acme/app#c15','acme_app_c15-9bfe2bea','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c16','acme/app#c16','acme_app_c16-0715709b','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c17','acme/app#c17','acme_app_c17-abe7f8e8','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c18','acme/app#c18','acme_app_c18-a7ff0c8d','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c19','acme/app#c19','acme_app_c19-4e42e497','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c20','acme/app#c20','acme_app_c20-db9a4e62','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('c21','acme/app#c21','acme_app_c21-354ff858','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('l0','acme/app#l0','acme_app_l0-62e14214','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('l1','acme/app#l1','acme_app_l1-ddc4711c','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('l2','acme/app#l2','acme_app_l2-f342c024','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('l3','acme/app#l3','acme_app_l3-b6a1c32d','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('l4','acme/app#l4','acme_app_l4-57a06df3','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('m0','acme/app#m0','acme_app_m0-e38c4049','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p10','acme/app#p10','acme_app_p10-b15c5616','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p11','acme/app#p11','acme_app_p11-64accd47','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p12','acme/app#p12','acme_app_p12-da214119','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p13','acme/app#p13','acme_app_p13-cc801913','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p14','acme/app#p14','acme_app_p14-fa09263c','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p15','acme/app#p15','acme_app_p15-5920ddef','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p16','acme/app#p16','acme_app_p16-4b3c0a4a','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p17','acme/app#p17','acme_app_p17-948ce240','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p18','acme/app#p18','acme_app_p18-4d80f43d','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p19','acme/app#p19','acme_app_p19-6bdb3c74','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p20','acme/app#p20','acme_app_p20-8d3a2bb6','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p21','acme/app#p21','acme_app_p21-84a0e5fd','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p22','acme/app#p22','acme_app_p22-c898a006','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p23','acme/app#p23','acme_app_p23-7f5c4a10','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p24','acme/app#p24','acme_app_p24-f0fe8308','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p25','acme/app#p25','acme_app_p25-e7221ddd','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p26','acme/app#p26','acme_app_p26-5710d6d5','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('p27','acme/app#p27','acme_app_p27-0e4180df','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('r0','acme/app#r0','acme_app_r0-348d0a6b','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('r1','acme/app#r1','acme_app_r1-f79a8173','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('r2','acme/app#r2','acme_app_r2-a454185b','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('r3','acme/app#r3','acme_app_r3-1f1c5363','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('z0','acme/app#z0','acme_app_z0-5954d222','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('z1','acme/app#z1','acme_app_z1-1c61c92b','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('z2','acme/app#z2','acme_app_z2-b2dcc011','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
INSERT INTO item VALUES('z3','acme/app#z3','acme_app_z3-2ddafb19','acme','app',42,'Ünïcode ''quotes'' "and" 🎼','https://example.test/issues/42',1800000000000,'In Progress');
CREATE TABLE claim (
  item TEXT NOT NULL PRIMARY KEY REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
  state TEXT NOT NULL CHECK (state IN
    ('unclaimed', 'running', 'retrying', 'handed_off', 'parked', 'released')),
  payload TEXT,
  failures INTEGER NOT NULL,
  continuations INTEGER NOT NULL,
  idle_runs INTEGER NOT NULL,
  vanishes INTEGER NOT NULL,
  early_vanishes INTEGER NOT NULL,
  launches INTEGER NOT NULL,
  generation INTEGER NOT NULL CHECK (generation >= 0),
  runs INTEGER NOT NULL CHECK (runs >= 0),
  branch TEXT NOT NULL,
  owns_branch INTEGER NOT NULL CHECK (owns_branch IN (0, 1)),
  fence_head TEXT,
  pull_request_number INTEGER,
  pull_request_url TEXT,
  epoch INTEGER NOT NULL,
  unpushed TEXT,
  has_workspace INTEGER NOT NULL CHECK (has_workspace IN (0, 1)),
  take_over INTEGER NOT NULL CHECK (take_over IN (0, 1)),
  input_tokens INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  verdict TEXT NOT NULL,
  last_launch INTEGER,
  clean_up_set_at INTEGER,
  clean_up_delay INTEGER,
  cache_path TEXT,
  workspace_path TEXT,
  starts_fresh INTEGER NOT NULL CHECK (starts_fresh IN (0, 1)),
  clean_up_failures INTEGER NOT NULL CHECK (clean_up_failures >= 0),
  clean_up_problem TEXT, transients INTEGER NOT NULL DEFAULT 0 CHECK (transients >= 0), sentence TEXT NOT NULL DEFAULT '', crashed_on TEXT, resume_failures INTEGER NOT NULL DEFAULT 0
  CHECK (resume_failures >= 0), left_behind TEXT,
  CHECK ((cache_path IS NULL) = (workspace_path IS NULL)),
  CHECK ((clean_up_set_at IS NULL) = (clean_up_delay IS NULL)),
  CHECK ((state = 'unclaimed') = (payload IS NULL)),
  CHECK ((pull_request_number IS NULL) = (pull_request_url IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO claim VALUES('c10','unclaimed',NULL,1,2,3,4,5,6,8,7,'symphony/c10',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/0',1,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c11','unclaimed',NULL,1,2,3,4,5,6,8,7,'symphony/c11',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/1',0,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c12','retrying','{"because":"the remote did not answer: \"x\"","deadline":{"delay":90000,"setAt":1800000000000},"kind":"push"}',1,2,3,4,5,6,8,7,'symphony/c12',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/2',1,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c13','handed_off','{"labelled":false,"pullRequest":{"number":7,"url":"https://example.test/pull/7"},"pushedOnly":false,"status":"In Review"}',1,2,3,4,5,6,8,7,'symphony/c13',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/3',0,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c14','handed_off','{"labelled":true,"pushedOnly":true}',1,2,3,4,5,6,8,7,'symphony/c14',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/4',1,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c15','handed_off','{"elsewhere":true,"labelled":true,"pullRequest":{"number":7,"url":"https://example.test/pull/7"},"pushedOnly":false,"status":"In Review","statusAt":1799999997000}',1,2,3,4,5,6,8,7,'symphony/c15',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/5',0,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c16','parked','{"detail":"","labelled":true,"reason":"no_progress","since":1800000000000}',1,2,3,4,5,6,8,7,'symphony/c16',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/6',1,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c17','parked','{"detail":"why\nnot","fingerprint":"ab","reason":"agent_blocked","since":1800000000000}',1,2,3,4,5,6,8,7,'symphony/c17',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/7',0,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c18','parked','{"detail":"","reason":"run_limit","since":1800000000000}',1,2,3,4,5,6,8,7,'symphony/c18',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/8',1,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c19','released','{"at":1800000000000,"pullRequest":{"number":7,"url":"https://example.test/pull/7"},"reason":"merged"}',1,2,3,4,5,6,8,7,'symphony/c19',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/9',0,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c20','released','{"at":1800000000000,"reason":"gone"}',1,2,3,4,5,6,8,7,'symphony/c20',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/10',1,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('c21','released','{"at":1800000000000,"note":"moved to Done","reason":"terminal"}',1,2,3,4,5,6,8,7,'symphony/c21',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/11',0,2,'no space',9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('l0','running','"l0-r8"',1,2,3,4,5,6,8,7,'symphony/l0',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/l0',0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('l1','running','"l1-r8"',1,2,3,4,5,6,8,7,'symphony/l1',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/l1',0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('l2','running','"l2-r8"',1,2,3,4,5,6,8,7,'symphony/l2',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/l2',0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('l3','running','"l3-r8"',1,2,3,4,5,6,8,7,'symphony/l3',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/l3',0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('l4','running','"l4-r8"',1,2,3,4,5,6,8,7,'symphony/l4',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/l4',0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('m0','released','{"at":1800000000000,"pullRequest":{"number":7,"url":"https://example.test/pull/7"},"reason":"merged"}',1,2,3,4,5,6,8,7,'symphony/m0',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,'/c','/w/m0',0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p10','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"no_progress","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p10',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p11','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"continuations_exhausted","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p11',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p12','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"attempts_exhausted","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p12',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p13','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"run_limit","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p13',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p14','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"vanished_repeatedly","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p14',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p15','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"agent_blocked","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p15',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p16','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"agent_misconfigured","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p16',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p17','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"stopped_by_operator","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p17',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p18','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"branch_taken","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p18',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p19','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"branch_moved","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p19',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p20','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"push_refused","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p20',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p21','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"pull_request_rejected","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p21',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p22','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"pull_request_refused","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p22',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p23','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"pull_request_foreign","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p23',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p24','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"draft_refused","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p24',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p25','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"item_over_budget","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p25',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p26','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"figures_in_doubt","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p26',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('p27','parked','{"detail":"d","fingerprint":"f","judged":"j","labelled":true,"readAt":1800000000000,"reason":"edited_after_label","since":1800000000000,"status":"Todo"}',1,2,3,4,5,6,8,7,'symphony/p27',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('r0','retrying','{"because":"because continuation","deadline":{"delay":90000,"setAt":1800000000000},"kind":"continuation"}',1,2,3,4,5,6,8,7,'symphony/r0',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('r1','retrying','{"because":"because failure","deadline":{"delay":90000,"setAt":1800000000000},"kind":"failure"}',1,2,3,4,5,6,8,7,'symphony/r1',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('r2','retrying','{"because":"because push","deadline":{"delay":90000,"setAt":1800000000000},"kind":"push","remarks":["a remark"],"words":"last words"}',1,2,3,4,5,6,8,7,'symphony/r2',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('r3','retrying','{"because":"because resume","deadline":{"delay":90000,"setAt":1800000000000},"kind":"resume"}',1,2,3,4,5,6,8,7,'symphony/r3',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('z0','released','{"at":1800000000000,"note":"n","pullRequest":{"number":7,"url":"https://example.test/pull/7"},"reason":"merged"}',1,2,3,4,5,6,8,7,'symphony/z0',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('z1','released','{"at":1800000000000,"note":"n","pullRequest":{"number":7,"url":"https://example.test/pull/7"},"reason":"closed"}',1,2,3,4,5,6,8,7,'symphony/z1',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('z2','released','{"at":1800000000000,"note":"n","pullRequest":{"number":7,"url":"https://example.test/pull/7"},"reason":"gone"}',1,2,3,4,5,6,8,7,'symphony/z2',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
INSERT INTO claim VALUES('z3','released','{"at":1800000000000,"note":"n","pullRequest":{"number":7,"url":"https://example.test/pull/7"},"reason":"terminal"}',1,2,3,4,5,6,8,7,'symphony/z3',1,'f00d',7,'https://example.test/pull/7',1800000001000,'beef',1,1,11,12,13,1.5,'running',1799999995000,1800000000000,90000,NULL,NULL,0,0,NULL,9,'an agent is at work','codex',1,'{"commit":"cafe","isUnknown":true,"kept":["commit f00 is kept as refs/x"]}');
CREATE TABLE session (
  item TEXT NOT NULL PRIMARY KEY REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
  agent TEXT NOT NULL,
  id TEXT NOT NULL,
  cost_usd REAL NOT NULL
, counted TEXT) STRICT, WITHOUT ROWID;
INSERT INTO session VALUES('c10','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c11','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c12','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c13','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c14','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c15','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c16','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c17','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c18','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c19','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c20','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('c21','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('l0','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('l1','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('l2','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('l3','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('l4','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('m0','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p10','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p11','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p12','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p13','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p14','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p15','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p16','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p17','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p18','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p19','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p20','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p21','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p22','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p23','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p24','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p25','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p26','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('p27','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('r0','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('r1','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('r2','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('r3','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('z0','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('z1','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('z2','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
INSERT INTO session VALUES('z3','claude_code','s-1',1.5,'{"haiku":{"cachedInputTokens":0,"costUSD":0,"inputTokens":0,"outputTokens":0},"opus":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}');
CREATE TABLE run (
  id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
  item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
  generation INTEGER NOT NULL CHECK (generation > 0),
  purpose TEXT NOT NULL CHECK (purpose IN ('work', 'clean_up')),
  phase TEXT NOT NULL CHECK (phase IN ('launching', 'launched', 'settled')),
  nonce TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  launched_at INTEGER NOT NULL,
  outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'timedOut', 'stalled', 'cancelled',
    'vanished', 'blocked')),
  settled_at INTEGER,
  summary TEXT NOT NULL,
  stop TEXT, agent TEXT NOT NULL DEFAULT '', model TEXT, budget_usd REAL, spent TEXT NOT NULL DEFAULT '[]',
  UNIQUE (item, generation),
  CHECK (phase <> 'settled' OR outcome IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO run VALUES('l0-r1','l0',1,'work','settled','n1','boot',1800000000000,'succeeded',1800000009000,'it succeeded',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r2','l0',2,'work','settled','n2','boot',1800000000000,'failed',1800000009000,'it failed',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r3','l0',3,'work','settled','n3','boot',1800000000000,'timedOut',1800000009000,'it timedOut',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r4','l0',4,'work','settled','n4','boot',1800000000000,'stalled',1800000009000,'it stalled',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r5','l0',5,'work','settled','n5','boot',1800000000000,'cancelled',1800000009000,'it cancelled',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r6','l0',6,'work','settled','n6','boot',1800000000000,'vanished',1800000009000,'it vanished',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r7','l0',7,'work','settled','n7','boot',1800000000000,'blocked',1800000009000,'it blocked',NULL,'',NULL,NULL,'[{"model":"opus","turn":1,"usage":{"cachedInputTokens":12,"costUSD":1.5,"inputTokens":11,"outputTokens":13}}]');
INSERT INTO run VALUES('l0-r8','l0',8,'work','launching','n8','boot',1800000000000,NULL,NULL,'',NULL,'claude_code','opus',2.5,'[]');
INSERT INTO run VALUES('l1-r8','l1',8,'work','launching','n8','boot',1800000000000,NULL,NULL,'','{"at":1800000000000,"by":"operator","why":"o"}','claude_code','opus',2.5,'[]');
INSERT INTO run VALUES('l2-r8','l2',8,'work','launching','n8','boot',1800000000000,NULL,NULL,'','{"at":1800000000000,"by":"reconcile","why":"r"}','claude_code','opus',2.5,'[]');
INSERT INTO run VALUES('l3-r8','l3',8,'work','launching','n8','boot',1800000000000,NULL,NULL,'','{"at":1800000000000,"by":"watchdog","why":"w"}','claude_code','opus',2.5,'[]');
INSERT INTO run VALUES('l4-r8','l4',8,'work','launching','n8','boot',1800000000000,NULL,NULL,'','{"at":1800000000000,"by":"budget","why":"b"}','claude_code','opus',2.5,'[]');
INSERT INTO run VALUES('m0-r8','m0',8,'clean_up','launching','n8','boot',1800000000000,NULL,NULL,'',NULL,'',NULL,NULL,'[]');
CREATE TABLE request (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('stop', 'retry')),
  item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
  asked_by TEXT NOT NULL,
  why TEXT NOT NULL,
  take_over INTEGER NOT NULL CHECK (take_over IN (0, 1)),
  at INTEGER NOT NULL
) STRICT;
INSERT INTO request VALUES(1,'stop','p10','me','w',0,1800000000000);
INSERT INTO request VALUES(2,'retry','p10','me','w',1,1800000000000);
CREATE TABLE ledger (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
  at INTEGER NOT NULL,
  code TEXT NOT NULL,
  sentence TEXT NOT NULL
) STRICT;
INSERT INTO ledger VALUES(1,'l0',1800000000000,'running','s');
CREATE TABLE http_cache (
  url TEXT NOT NULL PRIMARY KEY,
  used_at INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  etag TEXT NOT NULL,
  next TEXT,
  token_fingerprint TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "outbox" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item TEXT NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED,
  dedupe_key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('ensure_pull_request', 'comment', 'set_status',
    'set_labels', 'convert_draft', 'close_issue')),
  payload TEXT NOT NULL,
  nonce TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'refused', 'superseded')),
  tries INTEGER NOT NULL CHECK (tries >= 0),
  next_set_at INTEGER NOT NULL,
  next_delay INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_error TEXT NOT NULL
) STRICT;
INSERT INTO outbox VALUES(1,'c13','pending ensure_pull_request','ensure_pull_request','{"ensurePullRequest":{"_0":{"body":"B","draft":true,"head":"symphony/a","key":"acme/app#1","repository":{"name":"app","owner":"acme"},"reuse":false,"title":"T"}}}','nonce pending ensure_pull_request','pending',0,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(2,'c13','pending comment','comment','{"comment":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"},"text":"done: {pull_request_url}"}}}','nonce pending comment','pending',0,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(3,'c13','pending set_status','set_status','{"setStatus":{"_0":{"branch":"symphony/a","checks":["build \"all\""],"expected":["Todo","In Progress"],"key":"acme/app#1","needsPullRequest":true,"repository":{"name":"app","owner":"acme"},"value":"In Review"}}}','nonce pending set_status','pending',0,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(4,'c13','pending set_labels','set_labels','{"setLabels":{"_0":{"key":"acme/app#1","move":{"add":["wip"],"remove":["agent"]},"needsPullRequest":false,"number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce pending set_labels','pending',0,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(5,'c13','pending convert_draft','convert_draft','{"convertDraft":{"_0":{"repository":{"name":"app","owner":"acme"}}}}','nonce pending convert_draft','pending',0,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(6,'c13','pending close_issue','close_issue','{"closeIssue":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce pending close_issue','pending',0,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(7,'c13','delivered ensure_pull_request','ensure_pull_request','{"ensurePullRequest":{"_0":{"body":"B","draft":true,"head":"symphony/a","key":"acme/app#1","repository":{"name":"app","owner":"acme"},"reuse":false,"title":"T"}}}','nonce delivered ensure_pull_request','delivered',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(8,'c13','delivered comment','comment','{"comment":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"},"text":"done: {pull_request_url}"}}}','nonce delivered comment','delivered',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(9,'c13','delivered set_status','set_status','{"setStatus":{"_0":{"branch":"symphony/a","checks":["build \"all\""],"expected":["Todo","In Progress"],"key":"acme/app#1","needsPullRequest":true,"repository":{"name":"app","owner":"acme"},"value":"In Review"}}}','nonce delivered set_status','delivered',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(10,'c13','delivered set_labels','set_labels','{"setLabels":{"_0":{"key":"acme/app#1","move":{"add":["wip"],"remove":["agent"]},"needsPullRequest":false,"number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce delivered set_labels','delivered',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(11,'c13','delivered convert_draft','convert_draft','{"convertDraft":{"_0":{"repository":{"name":"app","owner":"acme"}}}}','nonce delivered convert_draft','delivered',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(12,'c13','delivered close_issue','close_issue','{"closeIssue":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce delivered close_issue','delivered',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(13,'c13','refused ensure_pull_request','ensure_pull_request','{"ensurePullRequest":{"_0":{"body":"B","draft":true,"head":"symphony/a","key":"acme/app#1","repository":{"name":"app","owner":"acme"},"reuse":false,"title":"T"}}}','nonce refused ensure_pull_request','refused',2,1800000000000,90000,1800000000000,'locked');
INSERT INTO outbox VALUES(14,'c13','refused comment','comment','{"comment":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"},"text":"done: {pull_request_url}"}}}','nonce refused comment','refused',2,1800000000000,90000,1800000000000,'locked');
INSERT INTO outbox VALUES(15,'c13','refused set_status','set_status','{"setStatus":{"_0":{"branch":"symphony/a","checks":["build \"all\""],"expected":["Todo","In Progress"],"key":"acme/app#1","needsPullRequest":true,"repository":{"name":"app","owner":"acme"},"value":"In Review"}}}','nonce refused set_status','refused',2,1800000000000,90000,1800000000000,'locked');
INSERT INTO outbox VALUES(16,'c13','refused set_labels','set_labels','{"setLabels":{"_0":{"key":"acme/app#1","move":{"add":["wip"],"remove":["agent"]},"needsPullRequest":false,"number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce refused set_labels','refused',2,1800000000000,90000,1800000000000,'locked');
INSERT INTO outbox VALUES(17,'c13','refused convert_draft','convert_draft','{"convertDraft":{"_0":{"repository":{"name":"app","owner":"acme"}}}}','nonce refused convert_draft','refused',2,1800000000000,90000,1800000000000,'locked');
INSERT INTO outbox VALUES(18,'c13','refused close_issue','close_issue','{"closeIssue":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce refused close_issue','refused',2,1800000000000,90000,1800000000000,'locked');
INSERT INTO outbox VALUES(19,'c13','superseded ensure_pull_request','ensure_pull_request','{"ensurePullRequest":{"_0":{"body":"B","draft":true,"head":"symphony/a","key":"acme/app#1","repository":{"name":"app","owner":"acme"},"reuse":false,"title":"T"}}}','nonce superseded ensure_pull_request','superseded',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(20,'c13','superseded comment','comment','{"comment":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"},"text":"done: {pull_request_url}"}}}','nonce superseded comment','superseded',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(21,'c13','superseded set_status','set_status','{"setStatus":{"_0":{"branch":"symphony/a","checks":["build \"all\""],"expected":["Todo","In Progress"],"key":"acme/app#1","needsPullRequest":true,"repository":{"name":"app","owner":"acme"},"value":"In Review"}}}','nonce superseded set_status','superseded',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(22,'c13','superseded set_labels','set_labels','{"setLabels":{"_0":{"key":"acme/app#1","move":{"add":["wip"],"remove":["agent"]},"needsPullRequest":false,"number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce superseded set_labels','superseded',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(23,'c13','superseded convert_draft','convert_draft','{"convertDraft":{"_0":{"repository":{"name":"app","owner":"acme"}}}}','nonce superseded convert_draft','superseded',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(24,'c13','superseded close_issue','close_issue','{"closeIssue":{"_0":{"key":"acme/app#1","number":1,"repository":{"name":"app","owner":"acme"}}}}','nonce superseded close_issue','superseded',2,1800000000000,90000,1800000000000,'');
INSERT INTO outbox VALUES(25,'c13','base','ensure_pull_request','{"ensurePullRequest":{"_0":{"base":"main","body":"a/b \\ c","draft":false,"head":"symphony/a","key":"acme/app#1","repository":{"name":"app","owner":"acme"},"reuse":true,"title":"Ünïcode \"q\"\n"}}}','nonce base','pending',0,1800000000000,0,1800000000000,'');
CREATE TABLE IF NOT EXISTS "total" (
  day TEXT NOT NULL,
  agent TEXT NOT NULL,
  model TEXT NOT NULL,
  input_tokens INTEGER NOT NULL,
  cached_input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (day, agent, model)
) STRICT, WITHOUT ROWID;
INSERT INTO total VALUES('2027-01-15','claude_code','opus',11,12,13,1.5);
CREATE TABLE IF NOT EXISTS "hold" (
  kind TEXT NOT NULL CHECK (kind IN ('pause', 'tracker', 'agent', 'remote')),
  scope TEXT NOT NULL,
  why TEXT NOT NULL,
  until_set_at INTEGER,
  until_delay INTEGER,
  set_at INTEGER NOT NULL,
  needs_operator INTEGER NOT NULL DEFAULT 0 CHECK (needs_operator IN (0, 1)),
  PRIMARY KEY (kind, scope),
  CHECK ((until_set_at IS NULL) = (until_delay IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO hold VALUES('agent','s','w agent',1800000000000,90000,1800000000000,1);
INSERT INTO hold VALUES('pause','','w pause',NULL,NULL,1800000000000,0);
INSERT INTO hold VALUES('remote','s','w remote',1800000000000,90000,1800000000000,0);
INSERT INTO hold VALUES('tracker','s','w tracker',1800000000000,90000,1800000000000,0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('outbox',25);
INSERT INTO sqlite_sequence VALUES('request',2);
INSERT INTO sqlite_sequence VALUES('ledger',1);
CREATE UNIQUE INDEX run_live ON run(item) WHERE phase IN ('launching', 'launched');
CREATE INDEX ledger_item ON ledger(item, id);
CREATE INDEX outbox_pending ON outbox(id) WHERE state = 'pending';
CREATE INDEX outbox_item ON outbox(item);
COMMIT;
PRAGMA user_version = 6;
