//! `mathshubs compact-lake`: rewrites the files of a lake into few, and makes its typed tables from the raw events again.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The lake of `mathshubs report`.
    #[arg(long, value_name = "DIR", default_value = "./maths-hubs-lake")]
    lake: PathBuf,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let lake = arguments.lake;
    check_lake(&lake)?;
    let compacting = tokio::task::spawn_blocking(move || analytics::lake::compact(&lake));
    let compaction = compacting.await.context("the compaction was interrupted")??;
    println!(
        "{} events in {} files, {} before.",
        compaction.events_count, compaction.files_after_count, compaction.files_before_count
    );
    if !compaction.replaced_files_removed {
        println!(
            "A report is being measured, so that the files of before remain beside the new ones, and a query over all files of a folder counts rows twice. \
             The next report, or this command once more, removes them."
        );
    }
    Ok(())
}

/// Errors when a folder is no lake.
pub(super) fn check_lake(lake: &Path) -> anyhow::Result<()> {
    let manifest = analytics::lake::MANIFEST;
    anyhow::ensure!(
        lake.join(manifest).exists(),
        "{} is no lake: it has no {manifest}; name the lake of `mathshubs report`",
        lake.display()
    );
    Ok(())
}
