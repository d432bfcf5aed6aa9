//! `mend-server`: Mend's backend as a program of its own.

#![allow(clippy::print_stdout, reason = "what a person or a script needs to go on is printed")]

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use mend_core::time::Timestamp;
use mend_server::{Clock, Config, rebuild, start};

#[derive(Parser)]
#[command(name = "mend-server", version, about = "Mend's backend")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a city.
    Serve {
        /// The city's folder.
        #[arg(long, value_name = "DIR")]
        city: PathBuf,
        /// The data folder; made if need be.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Where to listen; port 0 takes a free one.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8311")]
        listen: SocketAddr,
        /// Start the clock here and let it run, for demonstrations: 2026-11-25T08:00:00Z.
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        clock: Option<Timestamp>,
        /// A name beside loopback under which the server answers; may be given again.
        #[arg(long = "allow-host", value_name = "HOST")]
        allow_hosts: Vec<String>,
    },
    /// Make the read tables again from the log.
    Rebuild {
        /// The city's folder.
        #[arg(long, value_name = "DIR")]
        city: PathBuf,
        /// The data folder; no server may be running on it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

fn instant(text: &str) -> Result<Timestamp, String> {
    let instant: jiff::Timestamp = text
        .parse()
        .map_err(|_| "an instant with its offset is needed, such as 2026-11-25T08:00:00Z")?;
    Ok(Timestamp(instant.as_millisecond()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Arguments::parse().command {
        Command::Serve { city, data, listen, clock, allow_hosts } => {
            let clock = clock.map_or_else(Clock::system, Clock::starting_at);
            let config = Config { listen, clock, allow_hosts, ..Config::new(city, data) };
            serve(config).await
        }
        Command::Rebuild { city, data } => {
            let rebuilt = tokio::task::spawn_blocking(move || rebuild(&city, &data)).await??;
            println!(
                "made {} requests and {} orders from {} events",
                rebuilt.requests, rebuilt.orders, rebuilt.events
            );
            Ok(())
        }
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    // Heard from the first moment on: whoever reads that it listens may end it at once.
    let mut end = End::new().context("cannot wait for the signal to end")?;
    let running = start(config).await?;
    println!("listening on http://{}", running.addr);
    for account in &running.demo_accounts {
        println!("demo account: {} {} ({})", account.name, account.password, account.who);
    }
    end.asked().await.context("cannot wait for the signal to end")?;
    running.shutdown().await;
    Ok(())
}

/// Ctrl-c, and SIGTERM where there is such a thing.
struct End {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl End {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn asked(&mut self) -> std::io::Result<()> {
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended,
            _ = self.terminate.recv() => Ok(()),
        }
    }

    #[cfg(not(unix))]
    async fn asked(&mut self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
