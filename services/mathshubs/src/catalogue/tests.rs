use super::*;

#[test]
fn the_catalogue_of_the_program_has_the_five_priorities_and_the_seven_projects() {
    let catalogue = Catalogue::built_in();
    assert_eq!(catalogue.priorities.len(), 5);
    let of_kind = |kind| catalogue.programmes.iter().filter(|programme| programme.kind() == kind).count();
    assert_eq!(of_kind(pb::ProgrammeKind::Project), 7);
    assert_eq!((of_kind(pb::ProgrammeKind::Schools), of_kind(pb::ProgrammeKind::Training)), (4, 1));
    let policies = catalogue.reach_policies.iter().map(|policy| (policy.name.as_str(), policy.start_date.as_str()));
    assert_eq!(policies.collect::<Vec<_>>(), [("reachPolicies/enrolled", "2014-09-01")]);
}

#[test]
fn all_faults_of_a_file_are_named_at_once() {
    let faults = |text: &str| Catalogue::parse(text).map(|_| ()).unwrap_err();
    assert_eq!(faults("[]"), ["the file must be a JSON object"]);
    assert!(faults("{").remove(0).starts_with("the file is not JSON: "));
    let unread = faults(
        r#"{"priorites": [], "priorities": [{"name": "priorities/a", "title": "A"}, {"name": "b"}], "programmes": [{"name": "programmes/c", "kind": "SCHOOL"}]}"#,
    );
    assert_eq!(unread.len(), 4, "{unread:?}");
    assert!(unread[0].starts_with("`priorites` is none of the lists"));
    let broken = faults(
        r#"{"priorities": [{"name": "priorities/a", "displayName": "A", "startDate": "1 May", "decision": "councilMeetings/a/decisions/1"}],
            "programmes": [{"name": "programmes/total", "displayName": "T", "kind": "PROGRAMME_KIND_PROJECT", "recurrence": "RECURRENCE_YEARLY",
                "priority": "priorities/a", "terms": [{"startDate": "2018-09-02", "decision": "councilMeetings/a/decisions/1"}]}],
            "reachPolicies": [
                {"name": "reachPolicies/a", "startDate": "2018-09-01", "decision": "councilMeetings/a/decisions/1", "coldnessStage": "REACH_STAGE_ENROLLED",
                    "rankedSchoolsMinCount": 1, "factKinds": ["REACH_FACT_KIND_SPECIALIST"]},
                {"name": "reachPolicies/b", "startDate": "2018-09-01", "decision": "councilMeetings/a/decisions/1", "coldnessStage": "REACH_STAGE_ENROLLED",
                    "rankedSchoolsMinCount": 1, "factKinds": ["REACH_FACT_KIND_PARTICIPATION"]}]}"#,
    );
    let places: Vec<&str> = broken.iter().filter_map(|fault| fault.split("` ").next()).collect();
    assert_eq!(
        places,
        [
            "priorities[0]: `priority.start_date",
            "programmes[0]: `programme_id",
            "programmes[0].terms[0]: `terms.start_date",
            "programmes[0].terms[0]: `terms.eligibility",
            "programmes[0].terms[0]: `terms.years",
            "reachPolicies[0]: `reach_policy.fact_kinds",
            "`reachPolicies",
        ]
    );
}
