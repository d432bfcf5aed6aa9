//! Any browser, for the portal: Chromium without a head.

use std::ops::Deref;

use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;

use super::{driver::Driver, page::Page};

/// A browser with a fresh profile, with everything that one does on its [`Page`].
pub struct Browser {
    page: Page,
    _driver: Driver,
    _profile: TempDir,
}

impl Deref for Browser {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Browser {
    /// Opens it on this address.
    pub async fn open(url: &str) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let driver = Driver::start("chromedriver", profile.path()).await?;
        let args = [
            "--headless",
            // Tests may run as root, where Chromium's sandbox does not.
            "--no-sandbox",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,800",
            &format!("--user-data-dir={}", profile.path().join("profile").display()),
        ];
        let page = driver.session("goog:chromeOptions", json!({ "args": args })).await?;
        page.visit(url).await?;
        Ok(Self { page, _driver: driver, _profile: profile })
    }
}
