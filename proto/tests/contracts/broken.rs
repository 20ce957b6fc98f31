//! Each rule catches a contract that breaks it: the real contracts with one thing changed.

use prost_reflect::{
    DescriptorPool,
    prost::Message,
    prost_types::{
        DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
        field_descriptor_proto::Type,
    },
};

use crate::rules;

/// Changes the contracts, and gives what the rules say of them.
fn violations_after(change: impl FnOnce(&mut FileDescriptorSet)) -> Vec<String> {
    let mut set = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
    change(&mut set);
    rules::violations(&DescriptorPool::decode(set.encode_to_vec().as_slice()).unwrap())
}

fn expect(sentence: &str, change: impl FnOnce(&mut FileDescriptorSet)) {
    let violations = violations_after(change);
    assert!(violations.iter().any(|violation| violation.contains(sentence)), "`{sentence}` is not among {violations:#?}");
}

fn file<'s>(set: &'s mut FileDescriptorSet, name: &str) -> &'s mut FileDescriptorProto {
    set.file.iter_mut().find(|file| file.name() == format!("mathshubs/{name}.proto")).unwrap()
}

fn message<'s>(set: &'s mut FileDescriptorSet, name: &str) -> &'s mut DescriptorProto {
    set.file.iter_mut().flat_map(|file| &mut file.message_type).find(|message| message.name() == name).unwrap()
}

fn field<'s>(set: &'s mut FileDescriptorSet, owner: &str, name: &str) -> &'s mut FieldDescriptorProto {
    message(set, owner).field.iter_mut().find(|field| field.name() == name).unwrap()
}

fn rename(set: &mut FileDescriptorSet, owner: &str, name: &str, to: &str) {
    let renamed = field(set, owner, name);
    renamed.name = Some(to.to_owned());
    renamed.json_name = None;
}

fn retype(set: &mut FileDescriptorSet, owner: &str, name: &str, to: Type) {
    let retyped = field(set, owner, name);
    retyped.set_type(to);
    retyped.type_name = None;
}

fn declared<'s>(set: &'s mut FileDescriptorSet, name: &str) -> &'s mut EnumDescriptorProto {
    set.file.iter_mut().flat_map(|file| &mut file.enum_type).find(|declared| declared.name() == name).unwrap()
}

/// Takes the comments away from what lies at a path.
fn uncomment(file: &mut FileDescriptorProto, path: &[i32]) {
    for location in &mut file.source_code_info.as_mut().unwrap().location {
        if location.path == path {
            location.leading_comments = None;
        }
    }
}

#[test]
fn a_mutation_without_request_id_is_caught() {
    expect("AcceptOffer changes something and its request has no request_id", |set| {
        rename(set, "AcceptOfferRequest", "request_id", "call_id");
    });
}

#[test]
fn a_stream_whose_header_has_no_request_id_is_caught() {
    expect("ImportRegister changes something and its request has no request_id", |set| {
        rename(set, "ImportRegisterHeader", "request_id", "call_id");
    });
}

#[test]
fn a_request_id_that_is_no_string_is_caught() {
    expect("CreateHub changes something", |set| retype(set, "CreateHubRequest", "request_id", Type::Bytes));
}

#[test]
fn a_list_that_cannot_be_paged_is_caught() {
    expect("ListHubsRequest lists without page_size", |set| rename(set, "ListHubsRequest", "page_size", "size"));
    expect("ListHubsRequest lists without page_token", |set| rename(set, "ListHubsRequest", "page_token", "token"));
    expect("ListHubsResponse lists without next_page_token", |set| rename(set, "ListHubsResponse", "next_page_token", "token"));
}

#[test]
fn a_request_that_is_not_a_methods_own_is_caught() {
    expect("GetHub has mathshubs.network.v1.ListHubsRequest where", |set| {
        file(set, "network/v1/hub").service[0].method[1].input_type = Some(".mathshubs.network.v1.ListHubsRequest".to_owned());
    });
    expect("ListHubsRequest is shared by 2 methods", |set| {
        file(set, "network/v1/hub").service[0].method[1].input_type = Some(".mathshubs.network.v1.ListHubsRequest".to_owned());
    });
}

#[test]
fn a_response_that_is_the_resource_itself_is_caught() {
    expect("GetHub has mathshubs.network.v1.Hub where mathshubs.network.v1.GetHubResponse is expected", |set| {
        file(set, "network/v1/hub").service[0].method[1].output_type = Some(".mathshubs.network.v1.Hub".to_owned());
    });
}

#[test]
fn an_instant_that_is_no_timestamp_is_caught() {
    expect("Application.submit_time is named …_time", |set| retype(set, "Application", "submit_time", Type::Int64));
    expect("Application.submitted is named …_time", |set| rename(set, "Application", "submit_time", "submitted"));
}

#[test]
fn a_date_that_is_a_number_is_caught() {
    expect("Hub.start_date is named …_date", |set| retype(set, "Hub", "start_date", Type::Int32));
}

#[test]
fn money_that_is_not_int64_is_caught() {
    expect("Places.price_pence is named …_pence", |set| rename(set, "Places", "places_count", "price_pence"));
}

#[test]
fn a_count_that_is_no_integer_is_caught() {
    expect("Places.places_count is named …_count", |set| retype(set, "Places", "places_count", Type::String));
}

#[test]
fn a_floating_point_number_is_caught() {
    expect("ColdArea.coldness_ppm is a floating-point number", |set| retype(set, "ColdArea", "coldness_ppm", Type::Double));
}

#[test]
fn a_state_that_is_a_text_is_caught() {
    expect("Application.state is named state", |set| retype(set, "Application", "state", Type::String));
}

#[test]
fn a_foreign_import_is_caught() {
    expect("hub.proto imports google/api/annotations.proto", |set| {
        let foreign = FileDescriptorProto { name: Some("google/api/annotations.proto".to_owned()), ..Default::default() };
        set.file.insert(0, foreign);
        file(set, "network/v1/hub").dependency.push("google/api/annotations.proto".to_owned());
    });
}

#[test]
fn an_enum_whose_zero_means_something_is_caught() {
    expect("ReachState has no zero value REACH_STATE_UNSPECIFIED", |set| {
        declared(set, "ReachState").value[0].name = Some("REACH_STATE_NEW".to_owned());
    });
}

#[test]
fn anything_without_a_comment_is_caught() {
    for (path, name) in
        [(&[6, 0][..], "HubService"), (&[6, 0, 2, 1], "HubService.GetHub"), (&[4, 0], "Hub"), (&[4, 0, 2, 0], "Hub.name")]
    {
        expect(&format!("mathshubs.network.v1.{name} has no comment"), |set| uncomment(file(set, "network/v1/hub"), path));
    }
    expect("ReachState has no comment", |set| uncomment(file(set, "network/v1/reach"), &[5, 0]));
    expect("REACH_STATE_FINAL has no comment", |set| uncomment(file(set, "network/v1/reach"), &[5, 0, 2, 2]));
}

#[test]
fn an_update_without_etag_is_caught() {
    expect("UpdateHubRequest carries no Hub with an etag", |set| rename(set, "Hub", "etag", "version"));
    expect("UpdateRoundRequest carries no Round with an etag", |set| rename(set, "UpdateRoundRequest", "round", "new_round"));
}

#[test]
fn a_bulk_method_that_cannot_be_tried_is_caught() {
    expect("OfferPlaces is bulk, money or selection", |set| rename(set, "OfferPlacesRequest", "validate_only", "dry"));
    expect("PublishReach is bulk, money or selection", |set| rename(set, "PublishReachHeader", "validate_only", "dry"));
}

#[test]
fn a_name_whose_form_is_not_told_is_caught() {
    expect("Hub.name holds a name", |set| uncomment(file(set, "network/v1/hub"), &[4, 0, 2, 0]));
    expect("Application.hub holds a name", |set| {
        let index = message(set, "Application").field.iter().position(|field| field.name() == "hub").unwrap();
        let path = [4, 0, 2, i32::try_from(index).unwrap()];
        uncomment(file(set, "enrolment/v1/application"), &path);
    });
}
