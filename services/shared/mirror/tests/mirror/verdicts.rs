//! Which schools may take part: the condition in SQL gives the verdicts of the crate `eligibility`.

use super::*;

/// Schools of every class: type groups, phases and ages in all combinations, of every status, in and out of England.
fn schools_of_all_classes() -> Vec<pb::School> {
    let mut schools = Vec::new();
    for type_group_code in [1, 3, 4, 9, 10, 11] {
        for phase_code in 0..=8 {
            for (low_age, high_age) in
                [(None, None), (Some(4), Some(11)), (Some(5), Some(11)), (Some(11), Some(18)), (Some(16), None)]
            {
                let number = schools.len();
                schools.push(pb::School {
                    urn: i32::try_from(200_000 + number).expect("there are few schools"),
                    region_code: if number % 17 == 0 { String::new() } else { "E12000001".to_owned() },
                    status_code: [1, 1, 3, 1, 2, 4, 0][number % 7],
                    type_group_code,
                    phase_code,
                    low_age,
                    high_age,
                    listed: true,
                    ..pb::School::default()
                });
            }
        }
    }
    schools
}

/// A waiting list selects by the verdicts in SQL, an applicant is judged by the crate, and analytics counts by it.
#[tokio::test]
async fn verdicts_in_sql_are_those_of_the_crate_for_every_school_and_programme() {
    let terms = |number: usize, eligibility: &eligibility::Eligibility| pb::ProgrammeTerms {
        name: format!("programmes/p{number}/terms/1"),
        start_date: "2014-09-01".to_owned(),
        eligibility: Some(pb::Eligibility {
            type_group_codes: eligibility.type_groups.iter().map(|code| i32::try_from(*code).unwrap()).collect(),
            phase_codes: eligibility.phases.iter().map(|code| i32::try_from(*code).unwrap()).collect(),
            ages: eligibility.ages.map(|ages| pb::AgeRange {
                from_age: i32::try_from(ages.from).unwrap(),
                to_age: i32::try_from(ages.to).unwrap(),
            }),
        }),
        years: vec![pb::ProgrammeYear::default()],
        ..pb::ProgrammeTerms::default()
    };
    let eligibilities = [
        eligibility::Eligibility::from_codes(&[4, 10, 11], &[2, 3, 7], None),
        eligibility::Eligibility::from_codes(&[4, 10, 11], &[2, 3, 4, 5, 7], Some((4, 5))),
        eligibility::Eligibility::from_codes(&[1, 4, 10, 11], &[4, 5, 6, 7], Some((18, 18))),
        eligibility::Eligibility::from_codes(&[1], &[0, 6], None),
    ];
    for database in db::testing::databases().await {
        let pool = database.open(&[feed::MIGRATIONS, mirror::MIGRATIONS].concat()).await;
        let mut events = Vec::new();
        // Half of the programmes are there before the register, and half after it.
        let add = |events: &mut Vec<Event>, numbers: std::ops::Range<usize>| {
            for number in numbers {
                let added = pb::ProgrammeTermsAdded { terms: Some(terms(number, &eligibilities[number])) };
                events.push(event(i64::try_from(events.len()).unwrap(), &added));
            }
        };
        add(&mut events, 0..2);
        events.push(event(10, &pb::SchoolsRecorded { schools: schools_of_all_classes() }));
        events.push(event(11, &pb::RegisterImported::default()));
        add(&mut events, 2..4);
        let keys: Vec<String> = eligibilities.iter().map(eligibility::Eligibility::key).collect();
        let by_sql: Result<Vec<Vec<(i64,)>>, feed::ApplyError> = pool
            .write(move |mut tx| {
                Box::pin(async move {
                    for event in &events {
                        mirror::apply(&mut tx, event).await?;
                    }
                    let mut by_sql = Vec::new();
                    for key in &keys {
                        let query = format!(
                            "SELECT school.urn FROM school {} WHERE verdict.is_eligible AND {} ORDER BY school.urn",
                            mirror::join_verdict!("school", "'KEY'").replace("KEY", key),
                            mirror::is_open!("school"),
                        );
                        by_sql.push(db::testing::fetch_all(&mut tx, query).await?);
                    }
                    Ok(by_sql)
                })
            })
            .await;
        for (eligibility, by_sql) in eligibilities.iter().zip(by_sql.unwrap()) {
            let by_sql: Vec<i64> = by_sql.into_iter().map(|(urn,)| urn).collect();
            let mut by_crate = Vec::new();
            for school in schools_of_all_classes() {
                let urn = Urn::trusted(school.urn.into());
                let key = eligibility.clone();
                let judged = pool.read::<_, db::Error, _>(move |mut tx| {
                    Box::pin(async move {
                        let school = mirror::find_school(&mut tx, urn).await?.expect("it is listed");
                        Ok(key.check(&school.establishment).is_ok())
                    })
                });
                if judged.await.unwrap() {
                    by_crate.push(urn.number());
                }
            }
            assert_eq!(by_sql, by_crate, "{}", eligibility.key());
            assert!(!by_crate.is_empty(), "{}", eligibility.key());
        }
        pool.close().await;
    }
}
