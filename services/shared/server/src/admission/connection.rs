//! Accepted connections: bounded in number and time, and closed when they do not call or their caller does not read.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, stream, task::AtomicWaker};
use http::HeaderValue;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Instant, Sleep, sleep, sleep_until},
};
use tonic::transport::server::Connected;

use super::{Account, Admission, Hold, Party, Resource};

/// Pause after a connection could not be accepted, for example because the process has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection, as its calls see it. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Peer(Arc<State>);

#[derive(Debug)]
struct State {
    /// `None` for a trusted proxy, whose address many callers share.
    account: Option<Arc<Account>>,
    has_called: AtomicBool,
    known: Mutex<Option<Known>>,
    is_closing: AtomicBool,
    waker: AtomicWaker,
}

/// The last authenticated caller of a connection.
#[derive(Debug)]
struct Known {
    authorization: HeaderValue,
    identity: Arc<Account>,
    is_machine: bool,
}

impl Peer {
    fn new(account: Option<Arc<Account>>) -> Self {
        let (has_called, is_closing) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(State { account, has_called, known: Mutex::default(), is_closing, waker: AtomicWaker::new() }))
    }

    /// A peer without an address, for calls that come without a connection.
    pub(crate) fn none() -> Self {
        Self::new(None)
    }

    pub(crate) fn account(&self) -> Option<&Arc<Account>> {
        self.0.account.as_ref()
    }

    /// Notes the headers of a call.
    pub(crate) fn calls(&self) {
        self.0.has_called.store(true, Ordering::Relaxed);
    }

    /// Notes an authenticated caller, by the value of its header.
    pub(super) fn is_called_by(&self, authorization: &HeaderValue, identity: &Arc<Account>, is_machine: bool) {
        let (authorization, identity) = (authorization.clone(), Arc::clone(identity));
        *self.known() = Some(Known { authorization, identity, is_machine });
    }

    /// The account of the caller that this header belongs to, and whether its role is a machine's, if it made the connection's last authenticated call.
    pub(super) fn caller_of(&self, authorization: &HeaderValue) -> Option<(Arc<Account>, bool)> {
        let known = self.known();
        let known = known.as_ref().filter(|known| known.authorization == authorization)?;
        Some((Arc::clone(&known.identity), known.is_machine))
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connection, unless it is a trusted proxy's, which has calls of other callers too.
    pub(crate) fn close(&self) {
        if self.0.account.is_some() {
            self.0.is_closing.store(true, Ordering::Relaxed);
            self.0.waker.wake();
        }
    }
}

/// A TCP connection with its limits.
pub(crate) struct Admitted {
    stream: TcpStream,
    peer: Peer,
    /// The first call is due, then the end of the connection.
    due: Pin<Box<Sleep>>,
    end: Instant,
    _connection: Hold,
}

impl Admitted {
    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Fails when the connection must end.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let state = &self.peer.0;
        state.waker.register(context.waker());
        if state.is_closing.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "its caller does not read the answers"));
        }
        if self.due.as_mut().poll(context).is_ready() {
            if !state.has_called.load(Ordering::Relaxed) {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no call came"));
            }
            if Instant::now() >= self.end {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "it is too old"));
            }
            self.due.as_mut().reset(self.end);
            let _pending = self.due.as_mut().poll(context);
        }
        Ok(())
    }
}

impl AsyncRead for Admitted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Admitted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Connected for Admitted {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl Admission {
    /// The connections of a listener. Those above a limit are closed at once.
    pub(crate) fn connections(
        self: Arc<Self>,
        listener: TcpListener,
        age_max: Duration,
    ) -> impl Stream<Item = io::Result<Admitted>> {
        stream::unfold((self, listener), move |(admission, listener)| async move {
            loop {
                match listener.accept().await {
                    Ok((stream, address)) => {
                        if let Some(admitted) = admission.connection(stream, address, age_max) {
                            return Some((Ok(admitted), (admission, listener)));
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        })
    }

    /// `None` when there are too many.
    fn connection(&self, stream: TcpStream, address: SocketAddr, age_max: Duration) -> Option<Admitted> {
        let peer = Peer::new(self.account_of(address.ip()));
        let mut connection = self.hold(Resource::Connections, &Party::of(peer.clone()));
        if !connection.set(1) {
            self.refused(Resource::Connections);
            return None;
        }
        // A client that only waits for a small answer gets it at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it was served");
            return None;
        }
        let now = Instant::now();
        let due = Box::pin(sleep_until(now + self.times.first_call_max));
        Some(Admitted { stream, peer, due, end: now + age_max, _connection: connection })
    }

    /// The account of an address, and for IPv6 of its /64 network, which usually belongs to one subscriber. `None` for a trusted proxy.
    pub(super) fn account_of(&self, address: IpAddr) -> Option<Arc<Account>> {
        let address = address.to_canonical();
        let is_proxy = self.trusted_proxies.iter().any(|network| network.contains(&address));
        let counted = match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        };
        (!is_proxy).then(|| self.peers.of(counted))
    }
}
