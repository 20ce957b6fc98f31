//! Serves the suite from given databases until it is killed: `serve_suite NETWORK-URL ENROLMENT-URL KEY-FOLDER` prints the addresses of the network
//! service and of enrolment in one line. For tests that kill it. It uses the machine's clock.

use std::path::Path;

use stories::Served;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [network_url, enrolment_url, key_folder] = &arguments[..] else { panic!("give two URLs and a folder") };
    let served = Served::start(network_url, enrolment_url, Path::new(key_folder), time::Clock::machine()).await;
    let [network, enrolment] = served.addresses();
    println!("{network} {enrolment}");
    std::future::pending::<()>().await;
}
