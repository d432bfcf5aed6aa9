//! The app's real window, driven by WebDriver, by what people see: roles, names, sentences.

mod accessible;
mod browser;
mod driver;
mod find;
mod page;

use std::{
    ops::Deref,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::{programs::Programs, server::signal, wait::until};
use driver::Driver;

pub use accessible::{Scheme, assert_accessible};
pub use browser::Browser;
pub use find::By;
pub use page::Page;

/// Drives the web view of the app.
const WEBKIT: &str = "WebKitWebDriver";

/// One installation of the app: its data folder and its city's address. Outlives its windows.
#[derive(Debug, Clone)]
pub struct Installation {
    programs: Programs,
    data: PathBuf,
    server: String,
}

impl Installation {
    /// With data in `data`, speaking to `server` (`http://…`).
    pub fn new(programs: &Programs, data: &Path, server: &str) -> Self {
        Self { programs: programs.clone(), data: data.to_path_buf(), server: server.to_owned() }
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Starts the app and waits for its page.
    pub async fn open(&self) -> Result<Window> {
        self.opened_by(Driver::start(WEBKIT, &self.data).await?).await
    }

    /// The same from an icon: nobody reads what the app writes, so that it says in a window why
    /// it does not start.
    pub async fn open_from_icon(&self) -> Result<Window> {
        self.opened_by(Driver::start_unheard(WEBKIT).await?).await
    }

    async fn opened_by(&self, driver: Driver) -> Result<Window> {
        let args = [&"--data" as &dyn AsRef<Path>, &self.data, &"--server", &self.server]
            .map(|arg| arg.as_ref().to_string_lossy().into_owned());
        let options = json!({ "binary": self.programs.app, "args": args });
        let page = driver.session("webkitgtk:browserOptions", options).await?;
        Ok(Window { installation: self.clone(), driver, page })
    }
}

/// An open window, with everything that one does on its [`Page`]. The app ends when this is
/// dropped.
pub struct Window {
    installation: Installation,
    driver: Driver,
    page: Page,
}

impl Deref for Window {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Window {
    /// SIGKILL to the app, in the middle of whatever it does.
    pub async fn kill(&self) -> Result<()> {
        let app = self.driver.app(&self.installation.programs.app)?;
        let pid = app.context("the app runs")?;
        signal(pid, "KILL")?;
        until("the app is gone", async || {
            let app = self.driver.app(&self.installation.programs.app)?;
            Ok((app != Some(pid)).then_some(()))
        })
        .await
    }

    /// Waits until the app has ended by itself.
    pub async fn ended(&self) -> Result<()> {
        until("the app ends", async || {
            let app = self.driver.app(&self.installation.programs.app)?;
            Ok(app.is_none().then_some(()))
        })
        .await
    }

    /// Starts the app again with the same data, after [`Self::kill`].
    pub async fn reopen(&mut self) -> Result<()> {
        if self.driver.app(&self.installation.programs.app)?.is_some() {
            bail!("the app still runs");
        }
        // The driver outlives the app, but a driver of its own is cleaner than a broken session.
        *self = self.installation.clone().open().await?;
        Ok(())
    }
}
