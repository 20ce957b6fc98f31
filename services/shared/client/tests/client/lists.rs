//! Lists that are read to their end.

use client::{items, pages};
use futures::TryStreamExt;
use tonic::{Code, Status};

/// A list of two pages. The tokens are the received requests.
async fn two_pages(page_token: String) -> Result<(Vec<i32>, String), Status> {
    match page_token.as_str() {
        "" => Ok((vec![1, 2], "second".to_owned())),
        "second" => Ok((vec![3], String::new())),
        _ => Err(Status::invalid_argument(page_token)),
    }
}

#[tokio::test]
async fn a_list_ends_after_the_page_without_a_next_one() {
    assert_eq!(pages(two_pages).try_collect::<Vec<_>>().await.unwrap(), [vec![1, 2], vec![3]]);
    assert_eq!(items(two_pages).try_collect::<Vec<_>>().await.unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn a_repeated_page_token_ends_the_list_with_an_error() {
    let circle = async |page_token: String| Ok((vec![0], if page_token == "a" { "b".to_owned() } else { "a".to_owned() }));
    let status = items(circle).try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("next_page_token twice"), "{status}");
}

#[tokio::test]
async fn a_page_that_fails_ends_the_list_with_the_services_answer() {
    let list = async |page_token: String| match page_token.as_str() {
        "" => Ok((vec![1], "second".to_owned())),
        _ => Err(Status::aborted("the register changed")),
    };
    assert_eq!(items(list).try_collect::<Vec<_>>().await.unwrap_err().code(), Code::Aborted);
}
