//! All services have one layout: who knows one of them finds everything in the others.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

const SERVICES: [&str; 4] = ["network", "enrolment", "specialists", "funding"];
/// Files of a service's `src`; everything else is a folder of a resource.
const FILES: [&str; 4] = ["config.rs", "lib.rs", "main.rs", "service.rs"];
/// Files of some services only: feeds of other services, periodic jobs and streams that several resources share, and tests of private items.
const FURTHER_FILES: [&str; 5] = ["concurrency.rs", "follow.rs", "stream.rs", "sweep.rs", "testing.rs"];

fn source(service: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(service).join("src")
}

fn names(folder: &Path) -> BTreeSet<String> {
    folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn resources(service: &str) -> Vec<PathBuf> {
    let source = source(service);
    names(&source).into_iter().filter(|name| !name.ends_with(".rs")).map(|name| source.join(name)).collect()
}

#[test]
fn a_service_is_four_files_and_a_folder_for_each_resource() {
    for service in SERVICES {
        let files: BTreeSet<String> = names(&source(service)).into_iter().filter(|name| name.ends_with(".rs")).collect();
        let missing: Vec<_> = FILES.iter().filter(|file| !files.contains(**file)).collect();
        assert!(missing.is_empty(), "{service} lacks {missing:?}");
        let further: Vec<_> =
            files.iter().filter(|file| ![&FILES[..], &FURTHER_FILES].concat().contains(&file.as_str())).collect();
        assert!(further.is_empty(), "{service}/src has {further:?}; a resource's files belong into its folder");
        for folder in resources(service) {
            assert!(folder.join("mod.rs").is_file(), "{} has no mod.rs", folder.display());
        }
    }
}

#[test]
fn every_rpc_has_a_file_of_its_name() {
    for service in SERVICES {
        let files: Vec<String> = resources(service).iter().flat_map(|folder| names(folder)).collect();
        let contracts = access::contracts();
        let own = contracts.services().filter(|grpc| grpc.package_name() == format!("mathshubs.{service}.v1"));
        let methods: Vec<String> =
            own.flat_map(|grpc| grpc.methods().map(|method| snake(method.name())).collect::<Vec<_>>()).collect();
        assert!(methods.len() > 5, "the contracts of {service} are not found");
        for method in methods {
            let count = files.iter().filter(|file| **file == format!("{method}.rs")).count();
            assert_eq!(count, 1, "{service} has {count} files {method}.rs in the folders of its resources");
        }
    }
}

#[test]
fn statements_are_in_files_of_rows() {
    for service in SERVICES {
        for folder in resources(service) {
            for file in ["mod.rs", "rules.rs", "wire.rs"].map(|file| folder.join(file)) {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                assert!(!text.contains("sql!"), "{} has a statement; it belongs into store.rs", file.display());
            }
        }
    }
}

#[test]
fn every_service_has_one_program_of_stories() {
    for service in SERVICES {
        let tests = source(service).join("../tests");
        assert_eq!(names(&tests), BTreeSet::from(["stories".to_owned()]), "{service}/tests");
        let has_fixture = ["stories/fixture.rs", "stories/fixture/mod.rs"].iter().any(|file| tests.join(file).is_file());
        assert!(tests.join("stories/main.rs").is_file() && has_fixture, "{service}/tests/stories");
    }
}

/// The architecture shows code of the services; each block is in one of the files that the text before it names.
#[test]
fn the_patterns_of_the_architecture_are_those_of_the_sources() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let text = std::fs::read_to_string(project.join("services/README.md")).unwrap();
    let files = text.split('`').filter(|part| part.starts_with("services/") && part.ends_with(".rs"));
    let sources: String = files.map(|file| unindented(&std::fs::read_to_string(project.join(file)).unwrap())).collect();
    let blocks: Vec<&str> = text.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 4);
    for block in blocks {
        assert!(sources.contains(&unindented(block)), "services/README.md shows code that its sources do not have:\n{block}");
        assert!(block.lines().count() <= 50, "a pattern has more than 50 lines:\n{block}");
    }
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}

/// `AcceptOffer` as `accept_offer`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
