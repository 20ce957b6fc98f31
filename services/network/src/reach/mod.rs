//! Reach: publications of the analytics job's figures and cold areas.

mod api;
mod approve_reach;
mod check;
mod get_reach_publication;
mod list_cold_areas;
mod list_reach_figures;
mod list_reach_publications;
mod parts;
mod publish_reach;
mod rows_store;
mod rules;
mod store;
mod wire;

use rules::{
    Approval, ApprovingBody, ColdArea, FeedPosition, FeedPositions, Figure, FigureState, Level, Publication, PublicationHeader,
    PublicationId, PublicationRef, ReachProgramme, ReachViolation, Stage,
};
