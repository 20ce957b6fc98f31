//! The demo from end to end on a small register: the same seed gives the same report, byte for byte, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use encoding_rs::WINDOWS_1252;
use mathshubs::register::generate;
use time::Date;

/// A tenth of a register, so that the test is fast: the rows whose URN ends in 3.
fn small_register(folder: &Path) -> (PathBuf, PathBuf) {
    let day = Date::parse("2018-09-01").unwrap();
    let national = generate(7, day);
    let extract = national.extract(day);
    let (text, _, _) = WINDOWS_1252.decode(&extract);
    let kept = |(row, line): &(usize, &str)| *row == 0 || line.split(',').next().is_some_and(|urn| urn.ends_with('3'));
    let lines: Vec<&str> = text.lines().enumerate().filter(kept).map(|(_, line)| line).collect();
    let register = folder.join("edubasealldata20180901.csv");
    fs::write(&register, WINDOWS_1252.encode(&(lines.join("\r\n") + "\r\n")).0).unwrap();
    let links = folder.join("links.csv");
    fs::write(&links, national.links(day).unwrap()).unwrap();
    (register, links)
}

fn demo(arguments: &[&str], out: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mathshubs"));
    command.arg("demo").args(arguments).arg("--out").arg(out);
    if let Some((_, password)) = postgres() {
        command.env("PGPASSWORD", password);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The URL of the tests' PostgreSQL without its password, and the password.
fn postgres() -> Option<(String, String)> {
    let url = db::testing::environment(db::testing::POSTGRES_URL)?;
    let (user, host) = url.split_once('@')?;
    let (user, password) = user.rsplit_once(':')?;
    Some((format!("{user}@{}", host.trim_end_matches('/')), password.to_owned()))
}

/// All files of a report, by path, except the lake's and `provenance.json`, which has positions and hashes of the run's own events.
fn files(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("lake")).then_some(path));
            } else if path.ends_with("provenance.json") {
                let text = fs::read_to_string(&path).unwrap();
                let hash = text.split("\"hash\": \"").nth(1).unwrap().split('"').next().unwrap();
                assert_eq!(hash.len(), 64, "{text}");
            } else {
                files.insert(path.strip_prefix(out).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn same(one: &Path, other: &Path) {
    let (one, other) = (files(one), files(other));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(other[path] == *bytes, "{} differs", path.display());
    }
}

/// The numbers of the line that begins with `first`, in the table after `after`; thousands separators and pound signs are dropped.
fn numbers(printed: &str, after: &str, first: &str) -> Vec<usize> {
    let table = printed.split_once(after).unwrap_or_else(|| panic!("{after} is not printed: {printed}")).1;
    let line = table.lines().find(|line| line.starts_with(first)).unwrap_or_else(|| panic!("no line {first}: {table}"));
    line.split_whitespace().filter_map(|word| word.replace(',', "").parse().ok()).collect()
}

/// Each region that got money paid some, a withdrawal released some, and the regions add up to England.
fn payments_are_printed(printed: &str) {
    const TABLE: &str = "Release subsidies of £1,000 for a school's first year, by region";
    let england = numbers(printed, TABLE, "England");
    let [arisen, released, held, paid, pounds] = england[..] else { panic!("{england:?}") };
    assert!(released >= 1 && paid >= 1, "{england:?}");
    assert_eq!((arisen, pounds), (released + held + paid, paid * 1_000));
    let regions = [
        "North East",
        "North West",
        "Yorkshire and The Humber",
        "East Midlands",
        "West Midlands",
        "East of England",
        "London",
        "South East",
        "South West",
    ];
    let mut sum = [0; 5];
    for region in regions {
        for (sum, number) in sum.iter_mut().zip(numbers(printed, TABLE, region)) {
            *sum += number;
        }
    }
    assert_eq!(sum.to_vec(), england);
    assert!(printed.contains("accounts sum to zero"), "{printed}");
    assert!(printed.contains(&format!("was paid: £1,000 for each of the {paid} schools with a right to it")), "{printed}");
}

/// A cohort is selected by the published reach, and the coldest authorities are printed.
fn specialists_are_printed(printed: &str) {
    let line = printed.lines().find(|line| line.contains(" of secondary specialists")).unwrap();
    let counts: Vec<usize> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(line.ends_with("nominated were selected, by the reach published for 2018/19"), "{line}");
    let [cohort, selected, nominated] = counts[..] else { panic!("{line}") };
    assert!(cohort > 1, "earlier cohorts lead the secondary groups: {line}");
    assert!(selected >= 1 && selected < nominated, "{line}");
    assert!(printed.contains("Coldest authorities"), "{printed}");
}

/// The coldest fifth of authorities is printed with its share of the places, and places that are kept for it give it no fewer offers.
fn levers_are_printed(printed: &str) {
    const TABLE: &str =
        "Demonstration, made-up data. Places of 2018/19 for the coldest fifth of authorities, primary teaching for mastery";
    let table = printed.split_once(TABLE).unwrap_or_else(|| panic!("{printed}")).1;
    assert!(table.contains("% of the new places."), "{table}");
    let offers = |first: &str| {
        let [coldest, all, coldest_proposed, all_proposed] = numbers(printed, TABLE, first)[..] else { panic!("{table}") };
        assert!(coldest <= all && coldest_proposed <= all_proposed && all > 0, "{table}");
        [coldest, coldest_proposed]
    };
    let [by_submission, kept] = ["by submission  ", "by submission, a quarter kept"].map(offers);
    assert!(kept[0] >= by_submission[0] && kept[1] >= by_submission[1], "{table}");
    offers("as the round: by coldness");
}

/// Each page, meta file and manifest says that it is a demonstration; reports of approved years are called approved, and none is called final.
fn demonstration_is_marked(files: &BTreeMap<PathBuf, Vec<u8>>) {
    let text = |path: &Path| String::from_utf8_lossy(&files[path]).to_lowercase();
    for path in files.keys() {
        let describes =
            path.ends_with("index.html") || path.ends_with("manifest.json") || path.to_string_lossy().ends_with(".meta.csv");
        assert_eq!(text(path).contains("demonstration"), describes, "{}", path.display());
        assert!(!describes || !text(path).contains("final"), "{}", path.display());
    }
    assert!(text(Path::new("2016-17/manifest.json")).contains("\"state\": \"demonstration, approved\""));
    assert!(text(Path::new("2016-17/index.html")).contains("approved by the department for education on "));
    assert!(text(Path::new("manifest.json")).contains("\"state\": \"demonstration, provisional\""));
}

#[tokio::test]
async fn one_seed_gives_the_same_report_on_every_database() {
    let folder = tempfile::tempdir().unwrap();
    let (register, links) = small_register(folder.path());
    let arguments = |seed: &'static str| -> Vec<String> {
        let files = ["--register", register.to_str().unwrap(), "--links", links.to_str().unwrap()];
        files.into_iter().chain(["--years", "3", "--scale", "80", "--seed", seed]).map(str::to_owned).collect()
    };
    let run = |seed, more: &[&str], out: &Path| {
        let arguments = arguments(seed);
        demo(&arguments.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>(), out)
    };
    let [one, two, three] = ["one", "two", "three"].map(|name| folder.path().join(name));
    // Files of an earlier demo with more years than this one.
    fs::create_dir_all(one.join("2014-15")).unwrap();
    fs::write(one.join("2014-15/manifest.json"), "{}").unwrap();
    let printed = run("1", &[], &one);
    assert!(printed.contains("Reach by region in 2018/19"), "{printed}");
    for programme in ["primary", "secondary"] {
        let heading = format!(
            "Areas with least historic engagement: Teaching for mastery in {programme} schools, {programme} schools, 2018/19"
        );
        assert!(printed.contains(&heading), "{printed}");
    }
    for table in
        ["Reach by region", "Areas with least", "Work Groups of ", "of secondary specialists", "Release subsidies", "Places of "]
    {
        let titles: Vec<&str> = printed.lines().filter(|line| line.contains(table)).collect();
        assert!(
            !titles.is_empty() && titles.iter().all(|title| title.starts_with("Demonstration, made-up data. ")),
            "{titles:?}"
        );
    }
    payments_are_printed(&printed);
    specialists_are_printed(&printed);
    levers_are_printed(&printed);
    demonstration_is_marked(&files(&one));
    assert!(!one.join("2014-15").exists(), "a year that was not played has no report");
    let names: Vec<String> = files(&one).keys().map(|path| path.display().to_string()).collect();
    for name in ["index.html", "manifest.json", "reach_by_region.csv", "reach_post_16_by_region.csv", "2016-17/manifest.json"] {
        assert!(names.iter().any(|each| each == name), "{name} is missing from {names:?}");
    }
    let databases = folder.path().join("databases");
    run("1", &["--database-url", &format!("sqlite:{}", databases.display())], &two);
    same(&one, &two);
    run("2", &[], &three);
    assert!(files(&one)[Path::new("reach_by_region.csv")] != files(&three)[Path::new("reach_by_region.csv")]);

    let Some((url, _)) = postgres() else { return };
    let base = format!("{url}/demo_{}", std::process::id());
    let postgres = folder.path().join("postgres");
    run("1", &["--database-url", &base], &postgres);
    same(&one, &postgres);
}
