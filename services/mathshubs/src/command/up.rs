//! `mathshubs up`: the whole suite from one process, with its data in a folder.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use time::{Clock, Ids};

use crate::{
    catalogue::Catalogue,
    demo::callers::{Actor, Callers},
    suite::{Databases, Key, PerService, Settings, Suite},
};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder for the databases and the signing key.
    #[arg(long, value_name = "DIR", default_value = super::DATA_FOLDER)]
    data: PathBuf,
    /// Address of the network service; port 0 selects a free port.
    #[arg(long, value_name = "HOST:PORT", default_value = super::NETWORK_ADDRESS, value_parser = server::address)]
    network_address: SocketAddr,
    /// Address of the enrolment service; port 0 selects a free port.
    #[arg(long, value_name = "HOST:PORT", default_value = super::ENROLMENT_ADDRESS, value_parser = server::address)]
    enrolment_address: SocketAddr,
    /// Address of the specialists service; port 0 selects a free port.
    #[arg(long, value_name = "HOST:PORT", default_value = super::SPECIALISTS_ADDRESS, value_parser = server::address)]
    specialists_address: SocketAddr,
    /// Address of the funding service; port 0 selects a free port.
    #[arg(long, value_name = "HOST:PORT", default_value = super::FUNDING_ADDRESS, value_parser = server::address)]
    funding_address: SocketAddr,
    /// Address of health, readiness and metrics; without it there is no admin port.
    #[arg(long, value_name = "HOST:PORT", value_parser = server::address)]
    admin_address: Option<SocketAddr>,
    /// Base URL of one database per service: sqlite:DIR, or postgres://USER@HOST/BASE. Default: SQLite files in the data
    /// folder.
    #[arg(long, value_name = "BASE")]
    database_url: Option<String>,
    /// Allow calls and connections to PostgreSQL in plain text off the loopback; by default they are refused.
    #[arg(long, env = "MATHSHUBS_PLAINTEXT_ALLOWED")]
    plaintext_allowed: bool,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let data = arguments.data;
    writable(&data).with_context(|| format!("cannot write into {}; name another folder with --data", data.display()))?;
    let config = server::Config::default();
    let _telemetry = server::telemetry::init(config.log_format, None, "mathshubs")?;
    let listen_on = PerService {
        network: arguments.network_address,
        enrolment: arguments.enrolment_address,
        specialists: arguments.specialists_address,
        funding: arguments.funding_address,
    };
    let plaintext_allowed = arguments.plaintext_allowed;
    let databases = Databases::from_base(&arguments.database_url.unwrap_or_else(|| format!("sqlite:{}", data.display())))?;
    databases.may_be_plaintext(plaintext_allowed)?;
    for address in listen_on.iter() {
        server::may_be_plaintext(*address, plaintext_allowed)?;
    }
    let listeners = listen_on.try_map_in_turn(async |address| server::listen(address).await).await?;
    let admin_listener = match arguments.admin_address {
        Some(address) => Some(server::listen(address).await?),
        None => None,
    };
    databases.create_if_missing().await?;
    let key = Key::create(&data)?;
    let signer = key.clone();
    let (clock, ids) = (Clock::machine(), Ids::from_machine());
    let settings = Settings {
        databases,
        key,
        listeners,
        admin_listener,
        clock,
        ids,
        lapses_offers: true,
        demonstration: false,
        future_register_allowed: false,
        config,
    };
    let suite = Suite::start(settings).await?;
    let ncetm = Callers::new(suite.connections()?, signer).network(Actor::Ncetm);
    let loaded = Catalogue::built_in().load(ncetm).await?;
    println!("Catalogue of 2014 to 2019: {}.\n", loaded.counts());
    print!("{}", welcome(&suite, &data));
    tokio::select! {
        ended = suite.ended() => ended,
        () = server::asked_to_stop() => {
            println!("Stopping: calls in flight finish.");
            suite.stop().await?;
            println!("Stopped.");
            Ok(())
        }
    }
}

fn writable(folder: &Path) -> std::io::Result<()> {
    db::create_private_folder(folder)?;
    let probe = folder.join(".writable");
    fs::write(&probe, b"")?;
    fs::remove_file(probe)
}

/// Start message: addresses, data folder and first commands.
fn welcome(suite: &Suite, data: &Path) -> String {
    let PerService { network, enrolment, specialists, funding } = suite.addresses();
    let data = data.display();
    format!(
        "The suite serves gRPC, with reflection and health:\n\
         \x20 network      {network}   register, hubs, catalogue, published reach\n\
         \x20 enrolment    {enrolment}   rounds, applications, participations\n\
         \x20 specialists  {specialists}   cohorts, nominations\n\
         \x20 funding      {funding}   policies, budgets, entitlements, payments, ledger\n\
         Its data is in {data}.\n\
         \n\
         Every call needs a token, which this machine's key signs:\n\
         \x20 export MATHSHUBS_TOKEN=$(mathshubs token --data {data} --role ncetm)\n\
         \x20 mathshubs import-register edubasealldata20180901.csv --links links_edubasealldata.csv --address {network}\n\
         \x20 grpcurl -plaintext -H \"authorization: Bearer $MATHSHUBS_TOKEN\" -d '{{\"name\": \"register\"}}' {network} \\\n\
         \x20   mathshubs.network.v1.RegisterService/GetRegister\n\
         `mathshubs token --help` lists the other roles. Ctrl-C stops the suite.\n"
    )
}
