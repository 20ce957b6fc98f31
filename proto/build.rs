//! Compiles every contract with a compiler written in Rust, so that no protoc is needed.

#[path = "build/event_payloads.rs"]
mod event_payloads;
#[path = "build/lists.rs"]
mod lists;
#[path = "build/mutations.rs"]
mod mutations;
#[path = "build/reasons.rs"]
mod reasons;
#[path = "build/roles.rs"]
mod roles;

use std::path::PathBuf;

#[expect(clippy::disallowed_methods, reason = "cargo passes a build script its folders in the environment")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo::rerun-if-changed=mathshubs");
    println!("cargo::rerun-if-changed=reasons.csv");
    let mut files = Vec::new();
    for package in ["access", "approval", "audit", "feed", "person", "network", "enrolment", "funding", "specialists", "meeting"]
    {
        for entry in std::fs::read_dir(root.join("mathshubs").join(package).join("v1"))? {
            files.push(entry?.path());
        }
    }
    files.sort();
    // Comments stay in the descriptors: reflection shows them, and a test reads them.
    let mut compiler = protox::Compiler::new([&root])?;
    let compiler = compiler.include_source_info(true).include_imports(true).open_files(&files)?;
    let descriptors = compiler.encode_file_descriptor_set();
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), &descriptors)?;
    std::fs::write(out.join("role.rs"), roles::code(&compiler.descriptor_pool()))?;
    std::fs::write(out.join("event_payload.rs"), event_payloads::code(&compiler.descriptor_pool()))?;
    std::fs::write(out.join("list_request.rs"), lists::code(&compiler.descriptor_pool()))?;
    std::fs::write(out.join("mutation.rs"), mutations::code(&compiler.descriptor_pool()))?;
    std::fs::write(out.join("reason.rs"), reasons::code(&std::fs::read_to_string(root.join("reasons.csv"))?))?;
    let set = <prost_types::FileDescriptorSet as prost::Message>::decode(descriptors.as_slice())?;
    // A message knows its full name, because an event carries it.
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    // Equal messages have equal bytes.
    config.btree_map(["."]);
    // Files of many megabytes pass through these fields: they are cut and put together without copying.
    config.bytes([".mathshubs.network.v1.ImportRegisterRequest"]);
    tonic_prost_build::configure().compile_fds_with_config(set, config)?;
    Ok(())
}
