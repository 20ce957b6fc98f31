//! The reach of the programme: **collect → measure → publish**.
//!
//! - [`collect`] reads the feeds of the services into a lake of Parquet files, each with its range and checksum in one atomic manifest.
//! - [`measure`] computes all figures from the lake, true on a day and known on a day. It is pure: the same facts give the same figures.
//! - [`write_report`] writes DfE's open data files, a manifest and a page that shows the main figures.
//! - [`publish`] sends figures and cold areas to the network service, as provisional; [`find_published`] finds out if they are approved.
//!
//! The services never depend on this crate; it knows them by their events only (`proto/mathshubs/*/v1/events.proto`).

mod collect;
mod error;
pub mod lake;
mod measure;
mod publish;
mod report;

pub use collect::{Collected, CollectedSource, Source, collect};
pub use error::Error;
pub use measure::{
    Authority, COLDEST_COUNT, Cause, Cells, Change, ColdArea, Coverage, Decided, FactKind, Figure, FigureState, Level, Measure,
    Measurer, NEAREST_DAYS_MAX, Phase, Programme, REGIONS, Reach, ReachPolicy, Region, RegisterUsed, SchoolState, Stability,
    Stage, TeacherFigure, YearNote, measure,
};
pub use publish::{figures_sha256, find_measured, find_positions, find_published, publish};
pub use report::{
    Approval, Draft, EarlierReport, Report, ReportFile, ReportState, percent, percent_of_hundredths, permille, remove_report,
    write_changes, write_report,
};
