//! The output folder of a demo, and the files of an earlier demo in it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use time::AcademicYear;

/// Folder of the collected events.
pub(super) fn lake(out: &Path) -> PathBuf {
    out.join("lake")
}

/// Folder of the report on an earlier year: `2014-15`.
pub(super) fn of_year(out: &Path, year: AcademicYear) -> PathBuf {
    out.join(year.to_string().replace('/', "-"))
}

/// Creates the folder, and checks that it is writable and that its folder `lake` was made by a report. Changes nothing else.
pub(super) fn check(out: &Path) -> anyhow::Result<()> {
    let writable = || -> std::io::Result<()> {
        fs::create_dir_all(out)?;
        let probe = out.join(".writable");
        fs::write(&probe, b"")?;
        fs::remove_file(probe)
    };
    writable().with_context(|| format!("cannot write into {}; name another folder with --out", out.display()))?;
    let lake = lake(out);
    if lake.exists() && !lake.join(analytics::lake::MANIFEST).exists() && fs::read_dir(&lake)?.next().is_some() {
        bail!("{} contains files that no report made; name another folder with --out", lake.display());
    }
    Ok(())
}

/// Removes the events and reports of an earlier demo, which belong to another history. Other files remain.
pub(super) fn clear(out: &Path) -> anyhow::Result<()> {
    let lake = lake(out);
    if lake.exists() {
        fs::remove_dir_all(&lake).with_context(|| format!("cannot remove {}, which an earlier demo made", lake.display()))?;
    }
    for entry in fs::read_dir(out).with_context(|| format!("cannot read {}", out.display()))? {
        let folder = entry?.path();
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if folder.is_dir() && AcademicYear::parse(&name.replace('-', "/")).is_ok() {
            analytics::remove_report(&folder)?;
            // Fails if the folder contains other files; it then remains.
            let _removed = fs::remove_dir(&folder);
        }
    }
    Ok(analytics::remove_report(out)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_removes_the_files_of_an_earlier_demo_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path();
        for file in
            ["lake/manifest.json", "2014-15/index.html", "2015-16/manifest.json", "2015-16/notes.txt", "index.html", "mine.csv"]
        {
            let path = out.join(file);
            fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        check(out).expect("it may be reported into");
        clear(out).expect("it is cleared");
        let left = |file: &str| out.join(file).exists();
        assert_eq!(["lake", "2014-15", "2015-16/manifest.json", "index.html"].map(left), [false; 4]);
        assert_eq!(["2015-16/notes.txt", "mine.csv"].map(left), [true; 2]);
    }

    #[test]
    fn clear_keeps_the_folder_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("index.html"), "").expect("a file");
        clear(&folder.path().join(".")).expect("it is cleared");
        assert!(fs::read_dir(folder.path()).expect("it is there").next().is_none());
    }

    #[test]
    fn a_lake_folder_without_a_manifest_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("lake")).expect("a folder");
        fs::write(folder.path().join("lake/photograph.jpg"), "").expect("a file");
        let error = check(folder.path()).expect_err("the folder contains other files");
        assert!(error.to_string().contains("contains files that no report made"), "{error}");
    }
}
