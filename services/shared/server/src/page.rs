//! Pages of lists. A page token contains the last key, as JSON, and a hash of the request, including its message's name. The key has the types of the
//! columns by which the list is ordered and is read as strictly as a field. Scope is applied again in SQL, so that a forged token gains nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use prost::{Message, Name};
use proto::ListRequest;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{ApiError, Fields};

/// Maximum rows of a page.
pub const PAGE_SIZE_MAX: i32 = 1_000;
/// Default rows of a page.
const PAGE_SIZE_DEFAULT: i32 = 100;
/// Maximum bytes of a page, below the message limit of clients.
const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;
const FINGERPRINT_BYTES: usize = 8;
/// The violation of a `page_token` that the list did not give.
const FOREIGN_TOKEN: &str = "is not a token of this list and filter; begin again without it";

/// The requested page of a list that is ordered by a key: one value, or a tuple, of types that are stored in columns.
#[derive(Debug, Clone)]
pub struct Page<K> {
    rows_max: usize,
    /// The last key of the page before; `None` for the first page.
    after: Option<K>,
    fingerprint: [u8; FINGERPRINT_BYTES],
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// The page that a request asks for. Its token is of use for the same list and filter only.
    pub fn of<R: ListRequest>(fields: &mut Fields, request: &R) -> Option<Self> {
        let mut filter = request.clone();
        *filter.page_size_mut() = 0;
        let token = std::mem::take(filter.page_token_mut());
        Self::read(fields, request.page_size(), &token, &filter)
    }

    /// The last key of the page before; `None` for the first page.
    pub fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// The error when there is no parent: NOT_FOUND, or a wrong token, because the page before had a parent.
    pub fn parent_not_found(&self, parent: &str) -> ApiError {
        if self.after.is_some() { ApiError::field("page_token", FOREIGN_TOKEN) } else { ApiError::not_found(parent) }
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
            page.after = Some(fields.read("page_token", page.key(page_token).ok_or(FOREIGN_TOKEN))?);
        }
        Some(page)
    }

    fn key(&self, token: &str) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let key = bytes.strip_prefix(&self.fingerprint)?;
        serde_json::from_slice(key).ok()
    }

    /// Rows to request from the database: one more than the page has, to know if another page follows.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.rows_max + 1).unwrap_or(i64::MAX)
    }

    /// Makes the page out of rows in the order of their keys: encodes them with `encode` and cuts the page to its size in rows and bytes. Returns the
    /// messages and the token of the next page, which is empty on the last page.
    pub fn cut<T, M: Message>(&self, rows: Vec<T>, key: impl Fn(&T) -> K, encode: impl Fn(T) -> M) -> (Vec<M>, String) {
        let mut messages = Vec::with_capacity(rows.len().min(self.rows_max));
        let mut bytes = 0;
        let mut last = None;
        for row in rows {
            let row_key = key(&row);
            let message = encode(row);
            bytes += message.encoded_len() + 8;
            if let Some(last) = &last
                && (messages.len() == self.rows_max || bytes > PAGE_BYTES_MAX)
            {
                return (messages, self.token(last));
            }
            messages.push(message);
            last = Some(row_key);
        }
        (messages, String::new())
    }

    fn token(&self, key: &K) -> String {
        let key = serde_json::to_vec(key).expect("a key is made of texts and numbers");
        URL_SAFE_NO_PAD.encode([&self.fingerprint[..], &key].concat())
    }
}

#[cfg(test)]
mod tests {
    use name::{HubId, Urn};
    use proto::{
        funding::v1::ListPoliciesRequest,
        network::v1::{ListHubsRequest, ListSchoolsRequest},
    };
    use time::{Date, Instant};

    use super::*;

    /// The key in a token, and false if fields are wrong.
    fn after<K: Serialize + DeserializeOwned>(token: &str, filter: &impl Name) -> (Option<K>, bool) {
        let mut fields = Fields::new();
        let page = Page::read(&mut fields, 1, token, filter);
        (page.and_then(|page| page.after), fields.check().is_ok())
    }

    fn first<K: Serialize + DeserializeOwned>(filter: &impl Name) -> Page<K> {
        Page::read(&mut Fields::new(), 1, "", filter).expect("the first page needs no token")
    }

    #[test]
    fn a_token_is_valid_for_its_own_list_and_filter_only() {
        let hubs = vec![HubId::trusted("north"), HubId::trusted("south")];
        let (_, token) = first(&ListHubsRequest::default()).cut(hubs, HubId::clone, |_| ListHubsRequest::default());
        assert_eq!(after(&token, &ListHubsRequest::default()), (Some(HubId::trusted("north")), true));
        assert_eq!(after::<HubId>(&token, &ListPoliciesRequest::default()), (None, false), "a list of another service");
        assert_eq!(after::<HubId>(&token, &ListSchoolsRequest::default()), (None, false), "another list of the service");
        let of_the_north = ListSchoolsRequest { region_code: "E12000001".to_owned(), ..ListSchoolsRequest::default() };
        let (_, token) = first(&of_the_north).cut(vec![1, 2], i64::clone, |_| ListSchoolsRequest::default());
        assert_eq!(after(&token, &of_the_north), (Some(1), true));
        assert_eq!(after::<i64>(&token, &ListSchoolsRequest::default()), (None, false), "the same list without its filter");
    }

    #[test]
    fn a_forged_key_is_read_by_the_types_of_the_list() {
        let filter = ListHubsRequest::default();
        let forge = |key: &str| URL_SAFE_NO_PAD.encode([&first::<i64>(&filter).fingerprint, key.as_bytes()].concat());
        type Key = (HubId, Date, Urn, Instant);
        let right = r#"["north","2018-09-01",100001,1535756400000000]"#;
        let (key, fits) = after::<Key>(&forge(right), &filter);
        assert!(fits && key.is_some_and(|(hub, _, urn, _)| (hub.as_str(), urn.number()) == ("north", 100_001)));
        for (value, forged) in [
            ("north", "a\\u0000b"),
            ("north", "North"),
            ("north", "a\u{202E}"),
            ("north", ""),
            ("2018-09-01", "2018-09-31"),
            ("2018-09-01", ""),
            ("100001", "1"),
            ("100001", "\"100001\""),
            ("100001", "100001.0"),
            ("1535756400000000", "9223372036854775808"),
            ("1535756400000000", "null"),
            ("]", ""),
            ("]", ",1]"),
        ] {
            let (key, fits) = after::<Key>(&forge(&right.replace(value, forged)), &filter);
            assert!(key.is_none() && !fits, "{forged:?} in place of {value}");
        }
    }
}
