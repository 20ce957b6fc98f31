//! A reserved address without a listener.

use std::net::SocketAddr;

use tokio::net::TcpSocket;

/// An address of the loopback, reserved as long as this value lives: its socket is bound and does not listen. A listener with SO_REUSEADDR, which
/// this socket sets too, can use the address repeatedly; without a listener, connections are refused; and the system assigns the port to no other
/// program.
pub struct ReservedAddress {
    /// The address.
    pub address: SocketAddr,
    _socket: TcpSocket,
}

impl ReservedAddress {
    /// Reserves a free address.
    #[expect(clippy::new_without_default, reason = "each call reserves another address")]
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.set_reuseaddr(true).expect("an address can be shared");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("there is a free port");
        Self { address: socket.local_addr().expect("a bound socket has an address"), _socket: socket }
    }
}
