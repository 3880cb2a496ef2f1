-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A database in memory: a million rows written, indexed, joined and changed. No disk, whose time would hide all else.
PRAGMA temp_store = MEMORY;
CREATE TABLE item(id INTEGER PRIMARY KEY, kind INTEGER, name TEXT, weight REAL);
BEGIN;
INSERT INTO item WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
    SELECT i, (i * 7919) % 1000, printf('item %08d', (i * 104729) % 1000003), i * 0.5 FROM n;
COMMIT;
CREATE INDEX by_name ON item(name);
CREATE INDEX by_kind ON item(kind, weight);
SELECT kind, count(*), sum(weight) FROM item GROUP BY kind ORDER BY 3 DESC LIMIT 10;
SELECT count(*) FROM item a JOIN item b ON b.id = (a.id * 48271) % 1000000 + 1 WHERE a.kind < 200 AND b.kind < 200;
UPDATE item SET weight = weight + 1 WHERE kind BETWEEN 100 AND 300;
DELETE FROM item WHERE id % 3 = 0;
SELECT count(*), min(name), max(name) FROM item;
