//! The fields of every request for a page, generated from the fields `page_size` and `page_token` of the contracts.

/// A request for a page of a list.
pub trait ListRequest: prost::Message + prost::Name + Clone {
    /// Most rows of the page; 0 for the default.
    fn page_size(&self) -> i32;

    /// The token of the page; empty for the first.
    fn page_token_mut(&mut self) -> &mut String;

    /// Most rows of the page; 0 for the default.
    fn page_size_mut(&mut self) -> &mut i32;
}

include!(concat!(env!("OUT_DIR"), "/list_request.rs"));
