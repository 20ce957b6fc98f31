//! Verbs in any order, compared with a small model of the rules without a database: after every step states, places and the order of the waiting list
//! equal the model's, under both policies.

use crate::fixture::*;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use proto::enrolment::v1::{ApplicationState, PlaceOrder};
use time::Date;

#[derive(Debug, Clone)]
enum Verb {
    Apply(usize),
    Offer(i32),
    Accept(usize),
    Decline(usize),
    Withdraw(usize),
    Wait(i32),
    Lapse,
    SetPlaces(i64),
}

fn verb() -> impl Strategy<Value = Verb> {
    let which = 0..12_usize;
    prop_oneof![
        4 => (0..6_usize).prop_map(Verb::Apply),
        2 => (0..4_i32).prop_map(Verb::Offer),
        3 => which.clone().prop_map(Verb::Accept),
        2 => which.clone().prop_map(Verb::Decline),
        2 => which.prop_map(Verb::Withdraw),
        1 => (1..9_i32).prop_map(Verb::Wait),
        1 => Just(Verb::Lapse),
        1 => (0..4_i64).prop_map(Verb::SetPlaces),
    ]
}

#[derive(Debug, Clone)]
struct Case {
    name: String,
    school: i64,
    state: ApplicationState,
    queue_number: i64,
    coldness: i64,
    /// The first day after the offer.
    expire: Option<Date>,
}

#[derive(Debug)]
struct Model {
    places: i64,
    today: Date,
    by_priority: bool,
    cases: Vec<Case>,
}

impl Model {
    fn count(&self, state: ApplicationState) -> i64 {
        i64::try_from(self.cases.iter().filter(|case| case.state == state).count()).unwrap()
    }

    fn standing(&self) -> i64 {
        let stands = |case: &&Case| case.state == ApplicationState::Offered && case.expire.unwrap() > self.today;
        i64::try_from(self.cases.iter().filter(stands).count()).unwrap()
    }

    fn due(&self) -> i64 {
        (self.places - self.count(ApplicationState::Accepted) - self.standing()).max(0)
    }

    fn offer(&mut self, count: i64, submitted_too: bool) {
        let waits = |case: &Case| {
            case.state == ApplicationState::Waitlisted || (submitted_too && case.state == ApplicationState::Submitted)
        };
        let mut order: Vec<usize> = (0..self.cases.len()).filter(|index| waits(&self.cases[*index])).collect();
        order.sort_by_key(|index| {
            let case = &self.cases[*index];
            (if self.by_priority { -case.coldness } else { 0 }, case.queue_number)
        });
        for index in order.into_iter().take(usize::try_from(count).unwrap()) {
            self.cases[index].state = ApplicationState::Offered;
            self.cases[index].expire = Some(self.today.plus_days(15));
        }
    }

    fn promote(&mut self, freed: i64) {
        self.offer(self.due().min(freed), false);
    }

    fn is_live(&self, school: i64) -> bool {
        use ApplicationState::{Accepted, Offered, Submitted, Waitlisted};
        self.cases.iter().any(|case| case.school == school && matches!(case.state, Submitted | Offered | Waitlisted | Accepted))
    }
}

async fn step(fixture: &Fixture, lead: &Client, model: &mut Model, verb: &Verb) {
    use ApplicationState::{Accepted, Declined, Lapsed, Offered, Submitted, Waitlisted, Withdrawn};
    let picked = |which: &usize, model: &Model| (!model.cases.is_empty()).then(|| which % model.cases.len());
    match verb {
        Verb::Apply(number) => {
            let urn = 100_001 + i64::try_from(*number).unwrap() * 7;
            match lead.apply(urn, NORTH).await {
                Ok(application) => {
                    assert!(!model.is_live(urn), "{urn} has applied");
                    model.cases.push(Case {
                        name: application.name,
                        school: urn,
                        state: Submitted,
                        queue_number: application.queue_number,
                        coldness: application.coldness_ppm.map_or(-1, i64::from),
                        expire: None,
                    });
                }
                refused => {
                    assert!(model.is_live(urn), "{urn} has not applied: {refused:?}");
                    assert_eq!(reason(refused), "SCHOOL_HAS_APPLIED");
                }
            }
        }
        Verb::Offer(count) => {
            lead.offer(NORTH, *count).await.unwrap();
            let count = if *count == 0 { model.due() } else { i64::from(*count) };
            model.offer(count, true);
            for case in &mut model.cases {
                if case.state == Submitted {
                    case.state = Waitlisted;
                }
            }
        }
        Verb::Accept(which) => {
            let Some(index) = picked(which, model) else { return };
            let case = &model.cases[index];
            let expected = match case.state {
                Offered if case.expire.unwrap() <= model.today => Some("OFFER_EXPIRED"),
                Lapsed => Some("OFFER_EXPIRED"),
                Offered if model.count(Accepted) < model.places => None,
                Offered => Some("NO_PLACE_LEFT"),
                _ => Some("STATE_NOT_OFFERED"),
            };
            let answer = lead.accept(&case.name).await;
            match expected {
                None => assert_eq!(answer.unwrap().state(), Accepted),
                Some(expected) => assert_eq!(reason(answer), expected),
            }
            if expected.is_none() {
                model.cases[index].state = Accepted;
            }
        }
        Verb::Decline(which) => {
            let Some(index) = picked(which, model) else { return };
            let case = &model.cases[index];
            let stands = case.state == Offered && case.expire.unwrap() > model.today;
            assert_eq!(lead.decline(&case.name).await.is_ok(), stands);
            if stands {
                model.cases[index].state = Declined;
                model.promote(1);
            }
        }
        Verb::Withdraw(which) => {
            let Some(index) = picked(which, model) else { return };
            let before = model.cases[index].state;
            let ended = matches!(before, Declined | Lapsed | Withdrawn);
            assert_eq!(lead.withdraw(&model.cases[index].name).await.is_ok(), !ended);
            if !ended {
                model.cases[index].state = Withdrawn;
                if matches!(before, Offered | Accepted) {
                    model.promote(1);
                }
            }
        }
        Verb::Wait(days) => {
            // Within the window, and before the year.
            model.today = model.today.plus_days(*days).min(day("2018-07-31"));
            fixture.clock.move_to(model.today.start());
        }
        Verb::Lapse => {
            let lapsed = fixture.ncetm().lapse().await.unwrap();
            let mut count = 0;
            for case in &mut model.cases {
                if case.state == Offered && case.expire.unwrap() <= model.today {
                    case.state = Lapsed;
                    count += 1;
                }
            }
            assert_eq!(i64::from(lapsed.lapsed_count), count);
            model.promote(count);
        }
        Verb::SetPlaces(count) => {
            let etag = lead.places().await.unwrap().remove(0).etag;
            let fits = *count >= model.count(Accepted);
            assert_eq!(fixture.ncetm().set_places(NORTH, i32::try_from(*count).unwrap(), &etag).await.is_ok(), fits);
            if fits {
                model.places = *count;
            }
        }
    }
}

async fn play(database: &db::testing::TestDatabase, by_priority: bool, verbs: &[Verb]) {
    let order = if by_priority { PlaceOrder::PriorityThenSubmission } else { PlaceOrder::Submission };
    let fixture = Fixture::with_round(database, order, 2).await;
    fixture.coldness(&[("800", 1, 100000), ("802", 1, 900000), ("803", 1, 500000)]).await;
    let lead = fixture.hub_lead(NORTH);
    let mut model = Model { places: 2, today: day("2018-05-01"), by_priority, cases: Vec::new() };
    for (number, verb) in verbs.iter().enumerate() {
        step(&fixture, &lead, &mut model, verb).await;
        let stands = lead.applications().await.unwrap();
        for case in &model.cases {
            let application = stands.iter().find(|application| application.name == case.name).unwrap();
            assert_eq!(application.state(), case.state, "after {number}, {verb:?}, school {}", case.school);
        }
        let places = lead.places().await.unwrap().remove(0);
        assert_eq!(i64::from(places.accepted_count), model.count(ApplicationState::Accepted), "after {number}, {verb:?}");
        assert!(places.accepted_count <= places.places_count);
    }
    fixture.service.context.pool.close().await;
}

#[test]
fn the_service_follows_the_rules_for_every_order_of_verbs() {
    let cases = db::testing::number_from_environment("MATHSHUBS_TEST_SEEDS", 16);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { failure_persistence: None, max_shrink_iters: 200, ..Config::with_cases(cases) });
    let strategy = (any::<bool>(), proptest::collection::vec(verb(), 1..40));
    runner
        .run(&strategy, |(by_priority, verbs)| {
            runtime.block_on(async {
                for database in db::testing::databases().await {
                    play(&database, by_priority, &verbs).await;
                }
            });
            Ok(())
        })
        .unwrap();
}
