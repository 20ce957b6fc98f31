//! Calls the services of the suite.
//!
//! Generated clients are made with a [`Connection`]. It sends a token ([`TokenSource`]) with every call, uses TLS for https addresses ([`PeerTls`]),
//! gives every call a deadline, and retries calls while a service is unavailable ([`Retry`]). [`items`] and [`pages`] read a list to its end,
//! [`FeedReader`] reads a feed and continues after a broken stream.
//!
//! ```no_run
//! use client::{Connection, FeedCursor, FeedReader, PeerTls, TokenSource, items};
//! use futures::TryStreamExt;
//! use proto::network::v1::{ListHubsRequest, hub_service_client::HubServiceClient};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! // The file is read again when it changes; `TokenSource::fixed` takes the text that `mathshubs token` prints.
//! let token = TokenSource::file("/var/run/secrets/mathshubs/token".as_ref())?;
//! let network = Connection::open("http://127.0.0.1:50051", &PeerTls::default())?.with_token(token);
//!
//! let hubs = items(|page_token| {
//!     let mut client = HubServiceClient::new(network.clone());
//!     async move {
//!         let page = client.list_hubs(ListHubsRequest { page_size: 1_000, page_token }).await?.into_inner();
//!         Ok((page.hubs, page.next_page_token))
//!     }
//! });
//! let hubs: Vec<_> = hubs.try_collect().await?;
//! println!("{} hubs", hubs.len());
//!
//! let mut feed = FeedReader::to_head(network, FeedCursor::default());
//! while let Some(response) = feed.next().await? {
//!     for event in response.events {
//!         println!("{} {}", event.r#type, event.resource);
//!     }
//! }
//! // Keep this: the next reader starts after it.
//! println!("{:?}", feed.cursor());
//! # Ok(())
//! # }
//! ```
#![warn(missing_docs)]

mod connection;
mod feed;
mod page;
mod retry;
mod tls;

pub use access::{TokenSource, TokenSourceError};
pub use connection::{Connection, DEADLINE_DEFAULT};
pub use feed::{FeedCursor, FeedError, FeedReader};
pub use page::{items, pages};
pub use retry::{Backoff, Retry};
pub use tls::{PeerTls, PeerTlsError, PemFileError, choose_cryptography, deepest, http_url, read_pem};
