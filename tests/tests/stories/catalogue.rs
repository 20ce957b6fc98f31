//! The catalogue in network, and what the other services have recorded of its programmes.

use proto::{
    enrolment::v1::PlaceOrder,
    network::v1::{AddProgrammeTermsRequest, GetProgrammeRequest, ProgrammeTerms},
};
use stories::{Caller, PROGRAMME, reason, round};
use tonic::Status;
use tonic_types::StatusExt as _;

/// Adds terms like the first ones from another 1 September on.
async fn add_terms(caller: &Caller, start_date: &str) -> Result<ProgrammeTerms, Status> {
    let parent = format!("programmes/{PROGRAMME}");
    let programme = caller.catalogue().get_programme(GetProgrammeRequest { name: parent.clone() }).await?.into_inner().programme;
    let first = programme.unwrap_or_default().terms.swap_remove(0);
    let terms = ProgrammeTerms { name: String::new(), start_date: start_date.to_owned(), ..first };
    let request = AddProgrammeTermsRequest { request_id: format!("from-{start_date}"), parent, terms: Some(terms) };
    Ok(caller.catalogue().add_programme_terms(request).await?.into_inner().terms.unwrap_or_default())
}

/// A schools' round rests on the terms of its year. NCETM, who wants other terms for that year after it has begun, is refused as soon as network has read of the
/// round. Network needs enrolment neither to start nor to answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terms_of_a_year_that_has_begun_stay_when_a_round_names_the_programme_also_while_enrolment_is_down() {
    stories::on_each_database("2018-09-03", async |mut suite| {
        let ncetm = suite.ncetm();
        ncetm.catalogue_programme().await.unwrap();
        add_terms(&ncetm, "2017-09-01").await.expect("nothing refers to the programme yet");
        let announced = round("2018/19", ["2018-09-01", "2018-10-31"], PlaceOrder::Submission);
        ncetm.announce("2018", announced).await.unwrap();
        suite.network_caught_up().await;
        let refused = add_terms(&ncetm, "2018-09-01").await.unwrap_err();
        let metadata = refused.get_details_error_info().unwrap().metadata;
        assert_eq!((reason(&refused).as_str(), metadata["resource"].as_str()), ("TERMS_IN_USE", "rounds/2018"));
        add_terms(&ncetm, "2015-09-01").await.expect("they end before the year of the round");

        suite.stop_enrolment().await;
        add_terms(&ncetm, "2019-09-01").await.expect("a year to come");
        suite.stop_network().await;
        suite.start_network().await;
        let ncetm = suite.ncetm();
        assert_eq!(reason(&add_terms(&ncetm, "2018-09-01").await.unwrap_err()), "TERMS_IN_USE");
        add_terms(&ncetm, "2020-09-01").await.expect("network serves without enrolment");
    })
    .await;
}
