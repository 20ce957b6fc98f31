//! Two hundred and fifty-six concurrent acceptances for the last places.

use futures::future::join_all;
use proto::enrolment::v1::{Application, ApplicationState, PlaceOrder};
use rand::{RngExt as _, SeedableRng, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use stories::{
    places,
    register::{self, SHEFFIELD},
    round,
};
use tonic::Code;

const ACCEPTORS: usize = 256;
const FIRST_URN: i32 = 100_001;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_acceptors_get_exactly_the_available_places() {
    let seeds = db::testing::number_from_environment("MATHSHUBS_TEST_SEEDS", 2);
    for seed in 0..u64::from(seeds) {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        // The edge cases first: one place, and more places than acceptors.
        let places_count = match seed {
            0 => 1,
            1 => 300,
            _ => chance.random_range(1..=300),
        };
        stories::on_each_database("2018-03-01", async |suite| {
            let ncetm = suite.ncetm();
            let urns = FIRST_URN..FIRST_URN + i32::try_from(ACCEPTORS).unwrap();
            ncetm.import(&register::as_of("2018-03-01").primaries(urns.clone(), SHEFFIELD).done()).await.unwrap();
            let hub = ncetm.create_hub("north", FIRST_URN).await.unwrap();
            let announced = round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
            let round = ncetm.announce("2018", announced).await.unwrap();
            ncetm.set_places(&round, places(&hub, places_count)).await.unwrap();
            suite.caught_up().await;
            let retrying = ncetm.with_retries();
            for answer in join_all(urns.map(|urn| retrying.apply(&round, urn, &hub))).await {
                answer.unwrap();
            }
            let mut offered = ncetm.offer(&round, &hub, 1000).await.unwrap();
            assert_eq!(offered.len(), ACCEPTORS);
            offered.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));

            let accept = async |application: &Application| {
                suite.school(&application.school).with_retries().accept(&application.name).await
            };
            let answers = join_all(offered.iter().map(accept)).await;
            let granted = answers.iter().filter(|answer| answer.is_ok()).count();
            assert_eq!(granted, ACCEPTORS.min(usize::try_from(places_count).unwrap()), "seed {seed}");
            for answer in answers.into_iter().filter(Result::is_err) {
                stories::assert_refused(answer, Code::FailedPrecondition, "NO_PLACE_LEFT");
            }
            let accepted = i32::try_from(granted).unwrap();
            assert_eq!(ncetm.all_places(&round).await.unwrap()[0].accepted_count, accepted);
            let applications = ncetm.all_applications(&round).await.unwrap();
            assert_eq!(applications.iter().filter(|one| one.state() == ApplicationState::Accepted).count(), granted);
            assert_eq!(ncetm.all_participations(&hub).await.unwrap().len(), granted);
        })
        .await;
    }
}
