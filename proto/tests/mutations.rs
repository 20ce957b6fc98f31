//! The generated trait tells what the fields of a request say.

use proto::{
    Mutation,
    enrolment::v1::{AcceptOfferRequest, OfferPlacesRequest},
    network::v1::PublishReachHeader,
};

#[test]
fn a_mutation_knows_its_request_id_and_whether_it_is_a_dry_run() {
    let accept = AcceptOfferRequest { request_id: "a".to_owned(), ..AcceptOfferRequest::default() };
    assert_eq!((accept.request_id(), accept.validate_only()), ("a", false));
    let offer = OfferPlacesRequest { request_id: "b".to_owned(), validate_only: true, ..OfferPlacesRequest::default() };
    assert_eq!((offer.request_id(), offer.validate_only()), ("b", true));
    let header = PublishReachHeader { request_id: "c".to_owned(), validate_only: true, ..PublishReachHeader::default() };
    assert_eq!((header.request_id(), header.validate_only()), ("c", true));
}
