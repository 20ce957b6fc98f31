//! Compresses the line tables of the released program: they are half of it otherwise, and backtraces read them compressed.

#[expect(clippy::disallowed_methods, reason = "cargo passes a build script its settings in the environment")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var_os(name).is_some_and(|found| found == value);
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        println!("cargo::rustc-link-arg-bins=-Wl,--compress-debug-sections=zlib");
    }
}
