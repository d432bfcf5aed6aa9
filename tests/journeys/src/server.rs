//! The backend as a process of its own.

use std::{
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Child,
};

use crate::{programs::Programs, wait::PATIENCE};

/// A running `mend-server`. Killed when dropped.
pub struct Server {
    programs: Programs,
    data: PathBuf,
    listen: String,
    clock: Option<String>,
    process: Child,
}

impl Server {
    /// Starts it on a free port of loopback and returns once it listens.
    pub async fn start(programs: &Programs, data: &Path) -> Result<Self> {
        Self::start_on(programs, data, "127.0.0.1:0", None).await
    }

    /// The same with a clock that shows `clock` (RFC 3339) at the start.
    pub async fn start_at(programs: &Programs, data: &Path, clock: &str) -> Result<Self> {
        Self::start_on(programs, data, "127.0.0.1:0", Some(clock)).await
    }

    async fn start_on(
        programs: &Programs,
        data: &Path,
        listen: &str,
        clock: Option<&str>,
    ) -> Result<Self> {
        fs::create_dir_all(data)?;
        let mut command = Command::new(&programs.server);
        command.arg("serve").arg("--city").arg(&programs.city).arg("--data").arg(data);
        command.args(["--listen", listen]).stdin(Stdio::null());
        if let Some(clock) = clock {
            command.args(["--clock", clock]);
        }
        command.stdout(Stdio::piped()).stderr(log(data)?);
        let mut command = tokio::process::Command::from(command);
        let mut process = command.kill_on_drop(true).spawn().context("mend-server")?;
        let stdout = process.stdout.take().context("the server's output is ours")?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = line.strip_prefix("listening on http://") {
                    return Ok(address.trim_end_matches('/').to_owned());
                }
            }
            bail!("the server ended before it listened; {}", told(data))
        };
        let listen = tokio::time::timeout(PATIENCE, ready)
            .await
            .with_context(|| format!("the server does not listen; {}", told(data)))??;
        // Read on, or a full pipe would stop the server.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let clock = clock.map(str::to_owned);
        Ok(Self { programs: programs.clone(), data: data.to_path_buf(), listen, clock, process })
    }

    /// `127.0.0.1:PORT`.
    pub fn socket(&self) -> &str {
        &self.listen
    }

    /// An address below `http://127.0.0.1:PORT`; the path starts with `/` or is empty.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.listen)
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What it has logged so far, for a failing test.
    pub fn log(&self) -> String {
        told(&self.data)
    }

    /// Password of a demo account.
    pub fn password(&self, account: &str) -> Result<String> {
        let file = self.data.join("demo-accounts.txt");
        let accounts = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        accounts
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace))
            .find(|(name, _)| *name == account)
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .map(str::to_owned)
            .with_context(|| format!("no demo account {account}"))
    }

    /// SIGKILL: no warning, no goodbye.
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill().await.context("kill the server")
    }

    /// SIGTERM, and waits for the end.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        let pid = self.process.id().context("the server runs")?;
        signal(pid, "TERM")?;
        let end = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        Ok(end.context("the server does not end on SIGTERM")??)
    }

    /// From the next start on its clock shows `clock` (RFC 3339) then.
    pub fn set_clock(&mut self, clock: &str) {
        self.clock = Some(clock.to_owned());
    }

    /// From the next start on it serves this city's folder.
    pub fn set_city(&mut self, city: &Path) {
        self.programs.city = city.to_path_buf();
    }

    /// Starts again with the same data on the same port, after [`Self::kill`] or [`Self::stop`].
    pub async fn restart(&mut self) -> Result<()> {
        if self.process.try_wait()?.is_none() {
            bail!("the server still runs");
        }
        let (programs, data, clock) =
            (self.programs.clone(), self.data.clone(), self.clock.clone());
        *self = Self::start_on(&programs, &data, &self.listen, clock.as_deref()).await?;
        Ok(())
    }
}

/// Sends a signal by name.
pub(crate) fn signal(pid: u32, name: &str) -> Result<()> {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status()?;
    if !sent.success() {
        bail!("process {pid} took no signal {name}");
    }
    Ok(())
}

fn log(data: &Path) -> Result<File> {
    Ok(OpenOptions::new().create(true).append(true).open(data.join("stderr.log"))?)
}

fn told(data: &Path) -> String {
    let log = fs::read_to_string(data.join("stderr.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    format!("its last words:\n{}", lines[lines.len().saturating_sub(30)..].join("\n"))
}
