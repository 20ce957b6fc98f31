//! Runs, crashes, compaction and readers of a lake.

use polars::prelude::*;

use super::*;

fn batch(positions: std::ops::RangeInclusive<i64>) -> Batch {
    let event = |position| pb::Event { epoch: "e1".into(), position, id: format!("id{position}"), ..pb::Event::default() };
    Batch { source: "network".into(), cursor: format!("c{}", positions.end()), events: positions.map(event).collect() }
}

#[test]
fn a_crash_between_file_and_manifest_keeps_the_old_manifest_and_open_removes_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lake = Lake::open(folder.path()).expect("a lake");
    lake.append(&[batch(1..=3)], Instant::from_micros(0)).expect("a run");
    // The file of run 2 is written, its manifest is half written, and the process crashes.
    lake.stage(2, &batch(4..=5)).expect("a file");
    fs::write(folder.path().join("manifest.json.tmp"), "{\"for").expect("half a manifest");
    drop(lake);
    let orphan = folder.path().join("events/network/000002.parquet");
    assert!(orphan.exists());
    assert_eq!(Manifest::load(folder.path()).expect("a manifest").sources["network"].last_position, 3);

    let mut lake = Lake::open(folder.path()).expect("a lake");
    assert!(!orphan.exists());
    lake.append(&[batch(4..=6)], Instant::from_micros(1)).expect("the run again");
    let manifest = Manifest::load(folder.path()).expect("a manifest");
    let network = &manifest.sources["network"];
    assert_eq!((network.last_position, network.rows_count, network.cursor.as_str()), (6, 6, "c6"));
    assert_eq!(manifest.runs.len(), 2);
    let rows: Vec<i64> = read_verified(folder.path(), &network.files[1]).expect("rows").iter().map(|e| e.position).collect();
    assert_eq!(rows, [4, 5, 6]);
}

#[test]
fn a_crash_in_the_first_run_is_cleaned_up_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = Lake::open(folder.path()).expect("a lake");
    lake.stage(1, &batch(1..=3)).expect("a file");
    drop(lake);
    Lake::open(folder.path()).expect("the lake again");
    assert!(!folder.path().join("events/network/000001.parquet").exists());
}

#[test]
fn events_without_a_manifest_are_not_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let foreign = folder.path().join("events/network/000001.parquet");
    fs::create_dir_all(folder.path().join("events/network")).expect("a folder");
    fs::write(&foreign, "somebody else's").expect("a file");
    let error = Lake::open(folder.path()).expect_err("it is no lake");
    assert!(error.to_string().contains("contains events without a manifest.json"), "{error}");
    assert!(foreign.exists() && !folder.path().join(MANIFEST).exists());
}

#[test]
fn only_the_owner_of_a_lake_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("reports/lake");
    Lake::open(&root).expect("a lake").append(&[batch(1..=3)], Instant::from_micros(0)).expect("a run");
    let mode = |name: &str| root.join(name).metadata().expect("it was made").permissions().mode() & 0o777;
    for private in ["..", ".", "events", "events/network"] {
        assert_eq!(mode(private), 0o700, "{private}");
    }
    for private in [".lock", MANIFEST, "events/network/000001.parquet"] {
        assert_eq!(mode(private), 0o600, "{private}");
    }
}

/// Every file that the manifest lists has the rows of its entry.
fn assert_whole(root: &Path) -> Manifest {
    let manifest = Manifest::load(root).expect("a manifest");
    for source in manifest.sources.values() {
        let mut last = 0;
        for file in &source.files {
            for event in read_verified(root, file).expect("the file's events") {
                assert_eq!(event.position, last + 1);
                last = event.position;
            }
            for table in &file.tables {
                table::verify(root, table).expect("the table's file");
            }
        }
        assert_eq!(last, source.last_position);
    }
    manifest
}

/// Events with a payload that has a table.
fn typed_batch(positions: std::ops::RangeInclusive<i64>) -> Batch {
    use prost::Name as _;
    let mut batch = batch(positions);
    batch.events.iter_mut().for_each(|event| event.r#type = proto::network::v1::HubCreated::full_name());
    batch
}

#[test]
fn a_write_that_fails_at_any_step_leaves_a_whole_lake_and_the_next_one_goes_on() {
    for step in 0..100 {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let write = || -> Result<(), Error> {
            let mut lake = Lake::open(root)?;
            lake.append(&[typed_batch(1..=3)], Instant::from_micros(0))?;
            lake.append(&[typed_batch(4..=5)], Instant::from_micros(1))?;
            drop(lake);
            compact(root).map(|_| ())
        };
        fault::after(Some(step));
        let written = write();
        fault::after(None);
        if written.is_ok() {
            assert!(step >= 20, "{step} steps");
            return;
        }
        let last = if root.join(MANIFEST).exists() {
            assert_whole(root).sources.get("network").map_or(0, |network| network.last_position)
        } else {
            0
        };
        let mut lake = Lake::open(root).expect("the lake again");
        if last < 7 {
            lake.append(&[typed_batch(last + 1..=7)], Instant::from_micros(2)).expect("the next run");
        }
        drop(lake);
        compact(root).expect("a compaction");
        let network = &assert_whole(root).sources["network"];
        assert_eq!((network.last_position, network.files.len(), network.files[0].tables[0].rows_count), (7, 1, 7));
        assert_eq!(files_below(&root.join("events")).expect("files").len(), 1, "after step {step}");
        assert_eq!(files_below(&root.join("tables")).expect("files").len(), 1, "after step {step}");
    }
    panic!("the write fails for ever");
}

#[test]
fn a_reader_keeps_the_files_with_which_it_began() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let mut lake = Lake::open(root).expect("a lake");
    lake.append(&[typed_batch(1..=3)], Instant::from_micros(0)).expect("a run");
    lake.append(&[typed_batch(4..=5)], Instant::from_micros(1)).expect("a run");
    drop(lake);
    let known = reader::Known { on: time::Date::parse("2020-01-01").expect("a day"), positions: None };
    let rows = |reader: &mut Reader| reader.scan("network_hub_created", known).expect("rows").collect().expect("rows").height();
    let mut reader = Reader::open(root, std::collections::HashSet::new()).expect("a reader");
    let compaction = compact(root).expect("a compaction");
    assert_eq!((compaction.files_before_count, compaction.files_after_count, compaction.events_count), (4, 2, 5));
    assert!(!compaction.replaced_files_removed, "somebody reads");
    assert_eq!(rows(&mut reader), 5);
    assert_eq!(rows(&mut Reader::open(root, std::collections::HashSet::new()).expect("another reader")), 5);
    drop(reader);
    assert!(compact(root).expect("another compaction").replaced_files_removed);
    assert_eq!(files_below(&root.join("tables")).expect("files").len(), 1);
}

#[test]
fn a_column_that_an_older_file_lacks_is_null() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let mut lake = Lake::open(root).expect("a lake");
    lake.append(&[typed_batch(1..=3)], Instant::from_micros(0)).expect("a run");
    lake.append(&[typed_batch(4..=5)], Instant::from_micros(1)).expect("a run");
    // As a version wrote it whose events did not say which resource they are about.
    let mut older = lake.manifest().clone();
    let file = &mut older.sources.get_mut("network").expect("the feed").files[0].tables[0];
    let path = root.join(&file.path);
    let rows = ParquetReader::new(File::open(&path).expect("the file")).finish().expect("its rows");
    file.sha256 = table::write(&path, &mut rows.drop("event_resource").expect("the column")).expect("it is written");
    lake.commit(older).expect("the manifest of then");
    drop(lake);
    let known = reader::Known { on: time::Date::parse("2020-01-01").expect("a day"), positions: None };
    let mut reader = Reader::open(root, std::collections::HashSet::new()).expect("a reader");
    let rows = reader.scan("network_hub_created", known).expect("rows").collect().expect("rows");
    assert_eq!((rows.height(), rows.column("event_resource").expect("the column").null_count()), (5, 3));
}

#[test]
fn typed_tables_are_made_again_from_the_raw_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let mut unknown = typed_batch(1..=2);
    unknown.events[1].r#type = "mathshubs.network.v1.TypeOfALaterVersion".into();
    let mut lake = Lake::open(root).expect("a lake");
    lake.append(&[typed_batch(1..=3), Batch { source: "funding".into(), ..unknown }], Instant::from_micros(0)).expect("a run");
    let collected = lake.manifest().clone();
    assert_eq!(collected.sources["funding"].files[0].unknown_types, ["mathshubs.network.v1.TypeOfALaterVersion"]);
    // As a version without typed tables wrote it.
    let mut old = collected.clone();
    old.format = manifest::FORMAT_WITHOUT_TABLES;
    old.sources.values_mut().flat_map(|source| &mut source.files).for_each(|file| file.tables.clear());
    lake.commit(old).expect("an old manifest");
    drop(lake);
    assert!(matches!(Reader::open(root, std::collections::HashSet::new()), Err(Error::NoTables { .. })));
    let lake = Lake::open(root).expect("the lake again");
    let bytes = |manifest: &Manifest| -> Vec<(String, u64, String)> {
        let files = manifest.sources.values().flat_map(|source| &source.files).flat_map(|file| &file.tables);
        files.map(|file| (file.table.clone(), file.rows_count, file.sha256.clone())).collect()
    };
    assert_eq!(bytes(lake.manifest()), bytes(&collected));
    assert_eq!(bytes(&collected).len(), 2);
    assert_whole(root);
}

#[test]
fn concurrent_collects_on_one_lake_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let _first = Lake::open(folder.path()).expect("a lake");
    assert!(matches!(Lake::open(folder.path()), Err(Error::LakeBusy { .. })));
}

#[test]
fn a_file_that_was_replaced_after_its_commit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lake = Lake::open(folder.path()).expect("a lake");
    lake.append(&[batch(1..=3)], Instant::from_micros(0)).expect("a run");
    let mut other = batch(1..=3);
    other.events[1].actor = Some(pb::Actor { id: "somebody else".into(), ..pb::Actor::default() });
    lake.stage(1, &other).expect("another file in its place");
    let entry = lake.manifest().sources["network"].files[0].clone();
    let error = read_verified(folder.path(), &entry).expect_err("it differs from the commit");
    assert!(error.to_string().contains("differs from the lake's manifest"), "{error}");
}
