//! A name is in one table and in nothing else that is kept or told.

use proto::specialists::v1::{self as pb, NominationState};

use crate::stage::*;

/// Tables in which some row holds a text, in whatever column, also inside bytes.
async fn tables_with(stage: &Stage, is_postgres: bool, text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    let tables = if is_postgres {
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let mut found = Vec::new();
    for table in stage.texts(tables).await {
        // Each row as one text of hexadecimal digits: PostgreSQL writes bytes so already, SQLite every column.
        let rows = if is_postgres {
            stage
                .texts(format!(
                    "SELECT upper(encode(convert_to(whole::text, 'UTF8'), 'hex') || ' ' || whole::text) FROM \"{table}\" whole"
                ))
                .await
        } else {
            let columns =
                stage.texts(format!("SELECT 'COALESCE(hex(\"' || name || '\"), '''')' FROM pragma_table_info('{table}')")).await;
            stage.texts(format!("SELECT {} FROM \"{table}\"", columns.join(" || ' ' || "))).await
        };
        if rows.iter().any(|row| row.contains(&hex)) {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn the_name_and_address_of_a_person_are_in_one_table_only() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let (ncetm, lead) = (stage.ncetm(), stage.hub_lead(NORTH));
        let nominee = pb::Nominee {
            display_name: "Wilhelmina Quux".to_owned(),
            email_address: "w.quux@school.example".to_owned(),
            ..pb::Nominee::default()
        };
        let made = lead.nominate_as(nomination(COHORT, 100_001, NORTH, nominee)).await.unwrap();
        ncetm.nominate(100_002, NORTH).await.unwrap();
        stage.clock.move_to(noon(AFTER));
        ncetm.rank().await.unwrap();
        let read = ncetm.nomination(&made.name).await.unwrap();
        ncetm.decide(&made.name, NominationState::Selected, &read.etag).await.unwrap();
        ncetm.select("", 1).await.unwrap();
        lead.withdraw(&made.name).await.unwrap();
        assert_eq!(lead.nominee(&made.person).await.unwrap().display_name, "Wilhelmina Quux");
        for text in ["Wilhelmina", "Quux", "w.quux@school.example"] {
            assert_eq!(tables_with(&stage, database.is_postgres(), text).await, ["person"], "{text}");
        }
        // The search does see into events and stored answers, and the person's id is there.
        let id = made.person.strip_prefix("persons/").unwrap();
        let mut seen = tables_with(&stage, database.is_postgres(), id).await;
        seen.sort();
        assert_eq!(seen, ["event", "nomination", "person", "request"]);
        // What people wrote as a reason is no part of an event.
        let mut reason = tables_with(&stage, database.is_postgres(), "The only department").await;
        reason.sort();
        assert_eq!(reason, ["nomination_override", "request"]);
    }
}

#[tokio::test]
async fn a_request_whose_fields_are_wrong_is_refused_without_repeating_the_name() {
    for database in db::testing::databases().await {
        let stage = Stage::with_cohort(&database).await;
        let nominee = pb::Nominee {
            display_name: "Wilhelmina\u{7} Quux".to_owned(),
            email_address: "w.quux at school.example".to_owned(),
            ..pb::Nominee::default()
        };
        let status = stage.ncetm().nominate_as(nomination(COHORT, 100_001, NORTH, nominee)).await.unwrap_err();
        assert!(status.message().contains("nominee.display_name") && status.message().contains("nominee.email_address"));
        assert!(!status.message().to_lowercase().contains("quux"), "{}", status.message());
    }
}
