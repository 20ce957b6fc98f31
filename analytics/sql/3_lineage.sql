-- Lineage: the schools that descend from others.

-- A row is a current link from a school to one that descends from it, and the first academic year on whose 1 September it holds; 0 for a link without a day,
-- which always holds. In one batch all removals come before all additions.
-- materialise
CREATE OR REPLACE TEMP VIEW link AS
SELECT
    predecessor_urn AS predecessor,
    successor_urn AS successor,
    COALESCE(
        CAST(EXTRACT(YEAR FROM established_date) AS INT)
            + CASE WHEN established_date > MAKE_DATE(CAST(EXTRACT(YEAR FROM established_date) AS INT), 9, 1) THEN 1 ELSE 0 END,
        0
    ) AS from_year
FROM (
    SELECT
        change.*,
        ROW_NUMBER() OVER (
            PARTITION BY predecessor_urn, successor_urn
            ORDER BY batch.end_position DESC, is_added DESC, change.event_position DESC, number_in_list DESC
        ) AS newest_first
    FROM (
        SELECT event_position, removed_school_links_number_in_list AS number_in_list, predecessor_urn, successor_urn, established_date, 0 AS is_added
        FROM network_school_links_recorded_removed_school_links
        UNION ALL
        SELECT event_position, school_links_number_in_list AS number_in_list, predecessor_urn, successor_urn, established_date, 1 AS is_added
        FROM network_school_links_recorded_school_links
        -- A link of another kind is no descent.
        WHERE kind NOT IN ('LINK_KIND_OTHER', 'LINK_KIND_UNSPECIFIED')
    ) AS change
    JOIN batch ON change.event_position > batch.after_position AND change.event_position <= batch.end_position
) AS ranked
WHERE newest_first = 1 AND is_added = 1 AND predecessor_urn <> successor_urn;

-- A row of `descent_N` is a school and one that descends from it by at most N links, and the first year in which all links of one path hold. Each view has the paths
-- of the one before, and all joins of two of them. (Spark's recursion cannot drop duplicates, and links of real registers form cycles.)
-- materialise
CREATE OR REPLACE TEMP VIEW descent_2 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM link
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM link AS older JOIN link AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- materialise
CREATE OR REPLACE TEMP VIEW descent_4 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM descent_2
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM descent_2 AS older JOIN descent_2 AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- materialise
CREATE OR REPLACE TEMP VIEW descent_8 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM descent_4
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM descent_4 AS older JOIN descent_4 AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- materialise
CREATE OR REPLACE TEMP VIEW descent_16 AS
SELECT predecessor, successor, MIN(from_year) AS from_year
FROM (
    SELECT predecessor, successor, from_year FROM descent_8
    UNION ALL
    SELECT older.predecessor, newer.successor, GREATEST(older.from_year, newer.from_year)
    FROM descent_8 AS older JOIN descent_8 AS newer ON newer.predecessor = older.successor
) AS path
GROUP BY predecessor, successor;

-- A row is a path of more than 16 links that leads to another school, or to one in an earlier year. Then the lineage needs one view more.
-- must be empty
CREATE OR REPLACE TEMP VIEW descent_too_long AS
SELECT path.predecessor, link.successor, GREATEST(path.from_year, link.from_year) AS from_year
FROM descent_16 AS path
JOIN link ON link.predecessor = path.successor
LEFT JOIN descent_16 AS known ON known.predecessor = path.predecessor AND known.successor = link.successor
WHERE known.from_year IS NULL OR known.from_year > GREATEST(path.from_year, link.from_year);
