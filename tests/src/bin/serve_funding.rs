//! Serves funding until it is killed: `serve_funding DATABASE-URL KEY-FOLDER NETWORK-ADDRESS ENROLMENT-ADDRESS` prints the address on which it listens,
//! and follows the two services. For tests that kill it. It uses the machine's clock.

use std::{net::SocketAddr, path::Path};

use stories::FundingServed;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key_folder, network, enrolment] = &arguments[..] else { panic!("give a URL, a folder and two addresses") };
    let address = |text: &String| -> SocketAddr { text.parse().expect("an address is HOST:PORT") };
    let peers = [address(network), address(enrolment)];
    let served = FundingServed::start(url, Path::new(key_folder), peers, time::Clock::machine()).await;
    println!("{}", served.address());
    std::future::pending::<()>().await;
}
