//! The folder that a demo reports into, and what an earlier demo left there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use time::AcademicYear;

/// Where everything is that was collected.
pub(super) fn lake(out: &Path) -> PathBuf {
    out.join("lake")
}

/// Where the report on an earlier year is: `2014-15`.
pub(super) fn of_year(out: &Path, year: AcademicYear) -> PathBuf {
    out.join(year.to_string().replace('/', "-"))
}

/// Makes the folder, and sees that it can be written and holds no lake of somebody else's. Nothing in it changes.
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
        bail!("{} holds what no report collected; name another folder with --out", lake.display());
    }
    Ok(())
}

/// Removes what an earlier demo collected and reported: that was another history. What is not of a report stays.
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
            // It stays where something else is in it.
            let _removed = fs::remove_dir(&folder);
        }
    }
    Ok(analytics::remove_report(out)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_demo_left_goes_and_everything_else_stays() {
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
    fn the_folder_itself_stays_whatever_it_is_called() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("index.html"), "").expect("a file");
        clear(&folder.path().join(".")).expect("it is cleared");
        assert!(fs::read_dir(folder.path()).expect("it is there").next().is_none());
    }

    #[test]
    fn a_lake_that_is_none_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("lake")).expect("a folder");
        fs::write(folder.path().join("lake/photograph.jpg"), "").expect("a file");
        let error = check(folder.path()).expect_err("it is somebody's");
        assert!(error.to_string().contains("holds what no report collected"), "{error}");
    }
}
