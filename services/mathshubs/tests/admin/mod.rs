//! The admin port of a service, as an operator reads it.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// Longest wait for a change.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(30);

/// The answer of the admin port, empty while there is none.
pub(crate) async fn admin(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    let answer = move || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(WAIT_MAX))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    tokio::task::spawn_blocking(answer).await.unwrap().unwrap_or_default()
}

/// Waits until an answer of the admin port contains all these words.
pub(crate) async fn admin_says(address: SocketAddr, path: &str, words: &[&str]) {
    let started = Instant::now();
    loop {
        let answer = admin(address, path).await;
        if words.iter().all(|word| answer.contains(word)) {
            return;
        }
        assert!(started.elapsed() < WAIT_MAX, "{words:?}: {answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
