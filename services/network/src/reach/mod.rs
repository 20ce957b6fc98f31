//! Reach: publications of the analytics job's figures and cold areas.

mod api;
mod approve_reach;
mod check;
mod figure;
mod figure_store;
mod get_reach_publication;
mod list_cold_areas;
mod list_reach_figures;
mod list_reach_publications;
mod parts;
mod publish_reach;
mod rules;
mod store;
mod wire;

use figure::{ColdArea, Figure, FigureState, Level, ReachProgramme, Stage};
use rules::{
    Approval, ApprovingBody, FeedPosition, FeedPositions, Publication, PublicationHeader, PublicationId, PublicationRef,
    ReachViolation,
};
