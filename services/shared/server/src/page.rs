//! Pages of lists. A page token contains the last key and a hash of the request, including its message's name. Scope is applied again in SQL, so that
//! a forged token gains nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use prost::{Message, Name};
use proto::ListRequest;
use sha2::{Digest, Sha256};

use crate::Fields;

/// Maximum rows of a page.
pub const PAGE_SIZE_MAX: i32 = 1_000;
/// Default rows of a page.
const PAGE_SIZE_DEFAULT: i32 = 100;
/// Maximum bytes of a page, below the message limit of clients.
const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;
const FINGERPRINT_BYTES: usize = 8;

/// The requested page.
#[derive(Debug, Clone)]
pub struct Page {
    rows_max: usize,
    /// The last key of the page before; `None` for the first page. Keys of several columns are joined by the caller.
    after: Option<String>,
    fingerprint: [u8; FINGERPRINT_BYTES],
}

impl Page {
    /// The page that a request asks for. Its token is of use for the same list and filter only.
    pub fn of<R: ListRequest>(fields: &mut Fields, request: &R) -> Option<Self> {
        let mut filter = request.clone();
        *filter.page_size_mut() = 0;
        let token = std::mem::take(filter.page_token_mut());
        Self::read(fields, request.page_size(), &token, &filter)
    }

    /// The last key of the page before; empty for the first page.
    pub fn after(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }

    /// Reads `page_size` and `page_token`. `filter` is the request with both of them cleared: a token is of use for the same list and filter only.
    /// The name tells lists apart: requests without a filter have the same bytes, none.
    fn read<M: Name>(fields: &mut Fields, page_size: i32, page_token: &str, filter: &M) -> Option<Self> {
        fields.require("page_size", page_size >= 0, "must not be negative");
        let rows = if page_size == 0 { PAGE_SIZE_DEFAULT } else { page_size.clamp(1, PAGE_SIZE_MAX) };
        let hash = Sha256::new().chain_update(M::full_name()).chain_update([0]).chain_update(filter.encode_to_vec()).finalize();
        let mut fingerprint = [0; FINGERPRINT_BYTES];
        fingerprint.copy_from_slice(&hash[..FINGERPRINT_BYTES]);
        let mut page = Self { rows_max: usize::try_from(rows).unwrap_or(1), after: None, fingerprint };
        if !page_token.is_empty() {
            let key = page.key(page_token).ok_or("is not a token of this list and filter; begin again without it");
            page.after = Some(fields.read("page_token", key)?);
        }
        Some(page)
    }

    fn key(&self, token: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (fingerprint, key) = bytes.split_at_checked(FINGERPRINT_BYTES)?;
        if fingerprint != self.fingerprint {
            return None;
        }
        // Keys are made of ids, numbers and days; PostgreSQL takes no zero byte.
        String::from_utf8(key.to_vec()).ok().filter(|key| !key.chars().any(text::is_hidden))
    }

    /// Rows to request from the database: one more than the page has, to know if another page follows.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.rows_max + 1).unwrap_or(i64::MAX)
    }

    /// Makes the page out of rows in the order of their keys: encodes them with `encode` and cuts the page to its size in rows and bytes. Returns the
    /// messages and the token of the next page, which is empty on the last page.
    pub fn cut<T, M: Message>(&self, rows: Vec<T>, key: impl Fn(&T) -> String, encode: impl Fn(T) -> M) -> (Vec<M>, String) {
        let mut messages = Vec::with_capacity(rows.len().min(self.rows_max));
        let mut bytes = 0;
        let mut last = String::new();
        for row in rows {
            let row_key = key(&row);
            let message = encode(row);
            bytes += message.encoded_len() + 8;
            if messages.len() == self.rows_max || (bytes > PAGE_BYTES_MAX && !messages.is_empty()) {
                return (messages, self.token(&last));
            }
            messages.push(message);
            last = row_key;
        }
        (messages, String::new())
    }

    fn token(&self, key: &str) -> String {
        URL_SAFE_NO_PAD.encode([&self.fingerprint[..], key.as_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use proto::{
        funding::v1::ListPoliciesRequest,
        network::v1::{ListHubsRequest, ListSchoolsRequest},
    };

    use super::*;

    /// The key in a token, and true if fields are wrong.
    fn after<M: Name>(token: &str, filter: &M) -> (Option<String>, bool) {
        let mut fields = Fields::new();
        let page = Page::read(&mut fields, 1, token, filter);
        (page.and_then(|page| page.after), fields.check().is_ok())
    }

    #[test]
    fn a_token_is_valid_for_its_own_list_and_filter_only() {
        let first = Page::read(&mut Fields::new(), 1, "", &ListHubsRequest::default()).expect("the first page needs no token");
        let (_, token) = first.cut(vec!["north", "south"], |hub| (*hub).to_owned(), |_| ListHubsRequest::default());
        assert_eq!(after(&token, &ListHubsRequest::default()), (Some("north".to_owned()), true));
        assert_eq!(after(&token, &ListPoliciesRequest::default()), (None, false), "a list of another service");
        assert_eq!(after(&token, &ListSchoolsRequest::default()), (None, false), "another list of the service");
        let of_the_north = ListSchoolsRequest { region_code: "E12000001".to_owned(), ..ListSchoolsRequest::default() };
        let first = Page::read(&mut Fields::new(), 1, "", &of_the_north).expect("the first page needs no token");
        let (_, token) = first.cut(vec![1, 2], |urn: &i32| urn.to_string(), |_| ListSchoolsRequest::default());
        assert_eq!(after(&token, &ListSchoolsRequest::default()), (None, false), "the same list without its filter");
        for forged in ["a\0", "a\n", "\u{202E}"] {
            let (_, token) = first.cut(vec![forged, "b"], |key| (*key).to_owned(), |_| ListHubsRequest::default());
            assert_eq!(after(&token, &of_the_north), (None, false), "{forged:?} is no key");
        }
        assert_eq!(after(&token, &of_the_north), (Some("1".to_owned()), true));
    }
}
