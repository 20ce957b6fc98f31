//! An address at which nobody listens yet, or no longer.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// An address of the loopback that stays ours as long as this lives: its socket is bound and does not listen. A listener, which sets SO_REUSEADDR as
/// this does, can be there again and again; while there is none, who connects is refused; and the system sends nobody else there.
pub struct ReservedAddress {
    /// The address.
    pub address: SocketAddr,
    _socket: TcpSocket,
}

impl ReservedAddress {
    /// A free one.
    #[expect(clippy::new_without_default, reason = "each is another address")]
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.set_reuseaddr(true).expect("an address can be shared");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("there is a free port");
        Self { address: socket.local_addr().expect("who is bound has an address"), _socket: socket }
    }
}
