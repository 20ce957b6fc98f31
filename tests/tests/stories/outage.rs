//! A service goes on working while the other is down, and catches up.

use proto::enrolment::v1::PlaceOrder;
use stories::{
    places,
    register::{self, SHEFFIELD},
    round,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enrolment_works_while_the_network_is_down_and_catches_up() {
    stories::on_each_database("2018-03-01", async |mut suite| {
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-03-01").primaries(100_001..100_004, SHEFFIELD).done()).await.unwrap();
        let north = ncetm.found_hub("north", 100_001).await.unwrap();
        suite.caught_up().await;

        suite.stop_network().await;
        ncetm.register().get_register(proto::network::v1::GetRegisterRequest { name: "register".to_owned() }).await.unwrap_err();
        let announced = round("2018/19", ["2018-03-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&north, 2)).await.unwrap();
        let application = ncetm.apply(&round, 100_002, &north).await.unwrap();
        ncetm.offer(&round, &north, 0).await.unwrap();
        ncetm.accept(&application).await.unwrap();

        // What happens in the network from now on reaches enrolment too.
        suite.start_network().await;
        let ncetm = suite.ncetm();
        let south = ncetm.found_hub("south", 100_003).await.unwrap();
        suite.caught_up().await;
        ncetm.set_places(&round, places(&south, 2)).await.unwrap();
        ncetm.apply(&round, 100_003, &south).await.unwrap();
    })
    .await;
}
