//! Compiles every contract with a compiler written in Rust, so that no protoc is needed.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=mathshubs");
    let mut files = Vec::new();
    for package in ["feed", "network", "enrolment", "funding", "specialists"] {
        for entry in std::fs::read_dir(root.join("mathshubs").join(package).join("v1"))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    // Comments stay in the descriptors: reflection shows them, and a test reads them.
    let descriptors = protox::Compiler::new([&root])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(&files)?
        .encode_file_descriptor_set();
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("descriptors.bin"), &descriptors)?;
    let set = <prost_types::FileDescriptorSet as prost::Message>::decode(descriptors.as_slice())?;
    // A message knows its full name, because an event carries it.
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    // Files of many megabytes pass through these fields: they are cut and put together without copying.
    config.bytes([".mathshubs.network.v1.ImportRegisterRequest"]);
    tonic_prost_build::configure().compile_fds_with_config(set, config)?;
    Ok(())
}
