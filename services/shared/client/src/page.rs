//! Lists, page by page.

use std::collections::HashSet;

use futures::{Stream, StreamExt, TryStreamExt, stream};
use tonic::Status;

/// The pages of a list. `list` calls a List RPC with a `page_token`, first with an empty one, and returns the page with its `next_page_token`.
///
/// The stream ends after the page without a next one. It ends with an error when a call fails, and with INTERNAL when the service returns the same
/// page token twice, because the list would then have no end.
pub fn pages<P, F, L>(list: L) -> impl Stream<Item = Result<P, Status>>
where
    L: FnMut(String) -> F,
    F: Future<Output = Result<(P, String), Status>>,
{
    stream::try_unfold(Some((list, String::new(), HashSet::new())), |state| async move {
        let Some((mut list, page_token, mut seen)) = state else { return Ok(None) };
        let (page, next_page_token) = list(page_token).await?;
        if next_page_token.is_empty() {
            return Ok(Some((page, None)));
        }
        if !seen.insert(next_page_token.clone()) {
            return Err(Status::internal("the service gave the same next_page_token twice, so that the list has no end"));
        }
        Ok(Some((page, Some((list, next_page_token, seen)))))
    })
}

/// The items of all pages of a list, in order; otherwise like [`pages`].
pub fn items<P, F, L>(list: L) -> impl Stream<Item = Result<P::Item, Status>>
where
    P: IntoIterator,
    L: FnMut(String) -> F,
    F: Future<Output = Result<(P, String), Status>>,
{
    pages(list).map_ok(|page| stream::iter(page).map(Ok)).try_flatten()
}
