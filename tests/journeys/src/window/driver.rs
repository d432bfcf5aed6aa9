//! A WebDriver server, which starts what it drives: the app's window or a browser.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use fantoccini::{ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::page::Page;
use crate::{
    server::signal,
    wait::{PATIENCE, until},
};

/// A driver on a port of its own, and the app that it started. Both end with this value.
pub(super) struct Driver {
    process: Child,
    port: u16,
    log: Option<PathBuf>,
}

impl Driver {
    /// Starts it on the display of the test run. Its output, and that of what it starts, goes to
    /// `window.log` in `folder`.
    pub(super) async fn start(program: &str, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join("window.log");
        let log = File::options().create(true).append(true).open(&path)?;
        Self::writing_to(program, log.try_clone()?.into(), log.into(), Some(path)).await
    }

    /// The same, where nobody reads what is written: as from an icon.
    pub(super) async fn start_unheard(program: &str) -> Result<Self> {
        Self::writing_to(program, Stdio::null(), Stdio::null(), None).await
    }

    async fn writing_to(
        program: &str,
        stdout: Stdio,
        stderr: Stdio,
        log: Option<PathBuf>,
    ) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let process = Command::new(program)
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .with_context(|| {
                format!("{program} could not be started; `cargo xtask install --tests` installs it")
            })?;
        let mut driver = Self { process, port, log };
        until(&format!("{program} listens"), async || {
            if let Some(status) = driver.process.try_wait()? {
                bail!("{program} ended with {status}");
            }
            let open = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await;
            Ok(open.is_ok().then_some(()))
        })
        .await?;
        Ok(driver)
    }

    /// Starts what is driven and waits for its first page.
    pub(super) async fn session(&self, vendor: &str, options: Value) -> Result<Page> {
        let mut capabilities = Capabilities::new();
        capabilities.insert(vendor.to_owned(), options);
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let connect = builder.capabilities(capabilities).connect(&address);
        // A driver waits for ever for a program that ended before it was there.
        let client = tokio::time::timeout(PATIENCE, connect)
            .await
            .map_err(anyhow::Error::from)
            .and_then(|opened| Ok(opened?))
            .with_context(|| format!("no window opens; {}", self.told()))?;
        let ready = "return document.readyState === 'complete'";
        until("the window's first page", async || {
            Ok((client.execute(ready, Vec::new()).await? == json!(true)).then_some(()))
        })
        .await?;
        Ok(Page::new(client, self.port.to_string()))
    }

    fn told(&self) -> String {
        let Some(log) = &self.log else { return "nobody heard why".to_owned() };
        let log = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!("its last words:\n{}", lines[lines.len().saturating_sub(30)..].join("\n"))
    }

    /// The process id of a program that this driver started, while it runs.
    pub(super) fn app(&self, app: &Path) -> Result<Option<u32>> {
        let app = app.canonicalize()?;
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // A process may end while it is looked at.
            let Ok(program) = fs::read_link(entry.path().join("exe")) else { continue };
            if program == app && parent(&entry.path()) == Some(self.process.id()) {
                return Ok(Some(pid));
            }
        }
        Ok(None)
    }
}

/// The fourth field of `stat`, after the program's name in brackets.
fn parent(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn children(of: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| parent(&entry.path()) == Some(of))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

impl Drop for Driver {
    fn drop(&mut self) {
        for app in children(self.process.id()) {
            drop(signal(app, "KILL"));
        }
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
