//! The checksum of published figures: network computes it of what it received, analytics of what it measured.

use std::fmt::Write;

use prost::Message;
use sha2::{Digest, Sha256};

use crate::network::v1::{ColdArea, ReachFigure};

/// `ReachPublication.figures_sha256` of figures and areas, in the order in which they are published.
pub fn figures_sha256(figures: impl IntoIterator<Item = ReachFigure>, cold_areas: impl IntoIterator<Item = ColdArea>) -> String {
    let mut checksum = Sha256::new();
    figures.into_iter().for_each(|figure| checksum.update(figure.encode_length_delimited_to_vec()));
    cold_areas.into_iter().for_each(|area| checksum.update(area.encode_length_delimited_to_vec()));
    checksum.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
