//! An import cannot give a school's case, or its money, to another school on the word of one account.

use proto::{enrolment::v1::PlaceOrder, funding::v1 as pb, network::v1 as network};
use stories::{
    Caller, SUBSIDY_PENCE, places,
    register::{self, SHEFFIELD},
    round,
};
use time::Date;
use tonic::Code;

use crate::outage::create_batch;

const SCHOOL: i32 = 100_001;
/// The school to which the forged link leads.
const SUCCESSOR: i32 = 100_002;

async fn payee(ncetm: &Caller) -> (String, pb::EntitlementReview) {
    let entitlement = ncetm.all_entitlements().await.unwrap().remove(0);
    let payee = entitlement.payee.clone().unwrap();
    (payee.reference, entitlement.review())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_import_gives_neither_the_case_nor_the_money_before_another_account_confirms_it() {
    stories::on_each_database("2018-07-02", async |mut suite| {
        suite.start_funding().await;
        let ncetm = suite.ncetm();
        ncetm.import(&register::as_of("2018-07-02").primaries(SCHOOL..SCHOOL + 3, SHEFFIELD).done()).await.unwrap();
        let hub = ncetm.create_hub("north", SCHOOL + 2).await.unwrap();
        let announced = round("2018/19", ["2018-07-01", "2018-07-31"], PlaceOrder::Submission);
        let round = ncetm.announce("2018", announced).await.unwrap();
        ncetm.set_places(&round, places(&hub, 1)).await.unwrap();
        suite.funding_caught_up().await;
        ncetm.decide_subsidy(Date::parse("2018-07-02").unwrap()).await.unwrap();
        ncetm.allocate(&hub, suite.clock.today(), 1).await.unwrap();
        let application = ncetm.apply(&round, SCHOOL, &hub).await.unwrap();
        ncetm.offer(&round, &hub, 0).await.unwrap();
        let participation = ncetm.accept(&application).await.unwrap().participation;
        suite.move_to("2018-10-02");
        ncetm.start_year(&participation, "2018-09-10").await.unwrap();
        suite.school(&format!("schools/{SCHOOL}")).agree(&participation, "2018-09-05").await.unwrap();
        suite.attend(&hub, &participation, SCHOOL + 2, "2018-10-01").await;

        // The forged files: the school has closed, and another school has taken its place.
        let forged = register::as_of("2018-10-01")
            .closed_primary(SCHOOL, SHEFFIELD, "30-09-2018")
            .primaries(SUCCESSOR..SUCCESSOR + 2, SHEFFIELD)
            .successor(SCHOOL, SUCCESSOR, "30-09-2018");
        let imported = suite.importer().import(&forged.done()).await.unwrap();
        assert_eq!(imported.register.unwrap().pending_links_count, 1);
        suite.caught_up().await;
        suite.funding_caught_up().await;
        let successor = suite.school(&format!("schools/{SUCCESSOR}"));
        let read = successor.application(&application).await;
        stories::assert_refused(read, Code::NotFound, "NOT_FOUND");
        assert_eq!(successor.all_applications(&round).await.unwrap(), []);
        assert_eq!(successor.all_entitlements().await.unwrap(), []);
        assert_eq!(payee(&ncetm).await, (format!("schools/{SCHOOL}"), pb::EntitlementReview::Payee));
        stories::assert_refused(create_batch(&ncetm, "before").await, Code::FailedPrecondition, "NOTHING_PAYABLE");

        // The account that imported cannot confirm: neither by its role, nor when it has another one.
        let own = suite.importer().confirm_links().await.unwrap_err();
        assert_eq!((own.code(), stories::reason(&own).as_str()), (Code::PermissionDenied, "ROLE_NOT_ALLOWED"));
        let again = register::as_of("2018-10-02")
            .closed_primary(SCHOOL, SHEFFIELD, "30-09-2018")
            .primaries(SUCCESSOR..SUCCESSOR + 2, SHEFFIELD)
            .successor(SCHOOL, SUCCESSOR, "30-09-2018");
        ncetm.import(&again.done()).await.unwrap();
        stories::assert_refused(ncetm.confirm_links().await, Code::FailedPrecondition, "CONFIRMER_IS_IMPORTER");
        suite.caught_up().await;
        stories::assert_refused(successor.application(&application).await, Code::NotFound, "NOT_FOUND");
        let request = network::ListPendingLinksRequest::default();
        let pending = ncetm.register().list_pending_links(request).await.unwrap().into_inner().pending_links;
        assert!(pending.len() == 1 && !pending[0].importer.is_empty(), "{pending:?}");

        // Once a second account has confirmed the link, the successor has both.
        assert_eq!(suite.dfe().confirm_links().await.unwrap(), 1);
        suite.caught_up().await;
        suite.funding_caught_up().await;
        assert_eq!(successor.application(&application).await.unwrap().name, application);
        assert_eq!(successor.all_entitlements().await.unwrap().len(), 1);
        let batch = create_batch(&ncetm, "after").await.unwrap();
        assert_eq!((batch.entitlements_count, batch.amount_pence), (1, SUBSIDY_PENCE));
        assert_eq!(payee(&ncetm).await.0, format!("schools/{SUCCESSOR}"));
    })
    .await;
}
