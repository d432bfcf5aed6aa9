//! `mend-server`: Mend's backend as a program of its own.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a person or a script needs to go on is printed"
)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Parser, Subcommand};
use mend_core::city::City;
use mend_core::time::Timestamp;
use mend_server::backup::{self, Progress};
use mend_server::explain::{Asked, Words};
use mend_server::{Clock, Config, StartError, check, city, explain, rebuild, start};

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
        /// Invent so many requests of the three years before the first start, in the background,
        /// for demonstrations; only on loopback.
        #[arg(long, value_name = "N")]
        history: Option<u32>,
    },
    /// Say everything that is wrong in a city's folder, with file, line and remedy.
    ///
    /// Ends with 0 if there is no error, whether or not there are warnings, and with 1 otherwise.
    Check {
        /// The city's folder.
        #[arg(value_name = "DIR")]
        city: PathBuf,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
        /// Check as of this instant instead of now: 2026-11-25T08:00:00Z.
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        clock: Option<Timestamp>,
    },
    /// Say what would become of a report, and why: zones, priority, route, crew and both dates.
    ///
    /// Nothing is made or kept. Ends with 2 for what cannot be asked.
    Explain {
        /// The city's folder.
        #[arg(long, value_name = "DIR")]
        city: PathBuf,
        /// The service's code.
        #[arg(long)]
        service: String,
        /// Where, in degrees.
        #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
        at: String,
        /// When it arrives: 2026-11-25T17:05:00-08:00, or local time, "2026-11-25 17:05".
        #[arg(long)]
        time: String,
        /// An answer, such as hazard=yes; may be given again.
        #[arg(long = "answer", value_name = "QUESTION=ANSWER")]
        answers: Vec<String>,
        /// The asset that the report names, such as streetlight:SL-00412.
        #[arg(long, value_name = "KIND:NUMBER")]
        asset: Option<String>,
        /// Say it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Back up a data folder, also while its server serves: the database and every photo.
    ///
    /// Ends with 2 if the backup is made and lacks photos that the data folder lacks, too.
    Backup {
        /// The data folder.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The backup's name, or a folder in which it gets a name that says the time.
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
        /// An earlier backup on the same disk: photos that are in it take no room again.
        #[arg(long, value_name = "BACKUP")]
        previous: Option<PathBuf>,
    },
    /// Make a data folder out of a backup, after looking through all of it.
    ///
    /// Never replaces a database. Ends with 2 if it is restored and lacks photos.
    Restore {
        /// The backup.
        #[arg(long, value_name = "BACKUP")]
        from: PathBuf,
        /// The data folder; made if need be.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Restore also if photos of the backup are missing or damaged.
        #[arg(long)]
        without_missing_photos: bool,
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
async fn main() -> anyhow::Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Arguments::parse().command {
        Command::Serve { city, data, listen, clock, allow_hosts, history } => {
            let clock = clock.map_or_else(Clock::system, Clock::starting_at);
            let config = Config { listen, clock, allow_hosts, history, ..Config::new(city, data) };
            serve(config).await?;
        }
        Command::Check { city, json, clock } => {
            let now = clock.unwrap_or_else(|| Clock::system().now());
            let checked = tokio::task::spawn_blocking(move || city::check(&city, now)).await?;
            print!("{}", if json { check::json(&checked)? } else { check::text(&checked) });
            if checked.errors > 0 {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Explain { city, service, at, time, answers, asset, json } => {
            let words = Words { service, at, time, answers, asset };
            return tokio::task::spawn_blocking(move || say_why(&city, &words, json)).await?;
        }
        Command::Backup { data, to, previous } => {
            return tokio::task::spawn_blocking(move || {
                let now = Clock::system().now();
                let mut say = Sayer::new();
                let previous = previous.as_deref();
                let done = backup::backup(&data, &to, previous, now, &mut |at| say.hear(at))?;
                println!(
                    "backed up to {}: the database and {}",
                    done.path.display(),
                    photos(&done)
                );
                Ok(without(&done, "The data folder does not have them either"))
            })
            .await?;
        }
        Command::Restore { from, data, without_missing_photos } => {
            return tokio::task::spawn_blocking(move || {
                let mut say = Sayer::new();
                let done = backup::restore(&from, &data, without_missing_photos, &mut |at| {
                    say.hear(at);
                })?;
                println!("restored {}: the database and {}", data.display(), photos(&done));
                println!(
                    "Start the server on it with: mend-server serve --city CITY --data {}",
                    data.display()
                );
                Ok(without(&done, "The server will say of each that it is not there"))
            })
            .await?;
        }
        Command::Rebuild { city, data } => {
            let rebuilt = tokio::task::spawn_blocking(move || rebuild(&city, &data)).await??;
            println!(
                "made {} requests and {} orders from {} events",
                rebuilt.requests, rebuilt.orders, rebuilt.events
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn photos(done: &backup::Done) -> String {
    let one = if done.photos == 1 { "photo" } else { "photos" };
    match done.linked {
        0 => format!("{} {one}", done.photos),
        linked => format!("{} {one}, {linked} of them from the earlier backup", done.photos),
    }
}

/// What it lacks is said, and is no success.
fn without(done: &backup::Done, why: &str) -> ExitCode {
    if done.missing.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{}. {why}.", backup::bad(&done.missing));
    ExitCode::from(2)
}

/// Says every two seconds how far long work is.
struct Sayer {
    said: Instant,
}

impl Sayer {
    fn new() -> Self {
        Self { said: Instant::now() }
    }

    fn hear(&mut self, progress: Progress) {
        if self.said.elapsed() < Duration::from_secs(2) {
            return;
        }
        self.said = Instant::now();
        match progress {
            Progress::Database { done, of } => eprintln!("database: {done} of {of} pages"),
            Progress::Photos { done, of } => eprintln!("photos: {done} of {of}"),
        }
    }
}

fn say_why(folder: &Path, words: &Words, json: bool) -> anyhow::Result<ExitCode> {
    let pack = city::load(folder).map_err(StartError::City)?;
    let city = City::from_pack(pack)?;
    let asked = match Asked::read(&city, words) {
        Ok(asked) => asked,
        Err(error) => {
            eprintln!("{error}");
            return Ok(ExitCode::from(2));
        }
    };
    let places = mend_places::Places::in_memory(city.pack())?;
    let explanation = explain::explain(&city, &places, &asked)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&explanation)?);
    } else {
        print!("{}", explain::text(&city, &explanation));
    }
    Ok(ExitCode::SUCCESS)
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
