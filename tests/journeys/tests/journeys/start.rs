//! A start that fails, from an icon: a window says what happened, what is kept and what to do.

use std::path::Path;

use anyhow::{Result, ensure};
use mend_e2e::{Installation, Programs, Server, Window, window::By};

use crate::acts::look_into;

/// A phone that has been opened once, and its city's backend.
async fn phone(folder: &tempfile::TempDir) -> Result<(Server, Installation, Window)> {
    let programs = Programs::from_env()?;
    let server = Server::start(&programs, &folder.path().join("server")).await?;
    let phone = Installation::new(&programs, &folder.path().join("phone"), &server.url(""));
    let window = phone.open().await?;
    Ok((server, phone, window))
}

async fn says(window: &Window, what: &str, way: &str, code: &str) -> Result<()> {
    window.see(By::Role("heading", "Mend cannot start")).await?;
    window.see(By::Text(what)).await?;
    window.see(By::Text(way)).await?;
    window.see(By::Text(code)).await?;
    window.look_over(&format!("start-{code}")).await?;
    let focused = window.script("return document.activeElement.textContent").await?;
    ensure!(focused == "Close", "{focused} has the focus");
    window.click_away(By::Role("link", "Close")).await?;
    window.ended().await
}

#[tokio::test]
async fn a_second_window_says_that_mend_is_open() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_server, phone, first) = phone(&folder).await?;
    let second = phone.open_from_icon().await?;
    says(&second, "Mend is already open with this data.", "Nothing is lost.", "data_folder_taken")
        .await?;
    first.see(By::Role("heading", "What needs mending?")).await
}

#[tokio::test]
async fn data_of_a_newer_mend_is_left_as_it_is() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (_server, phone, window) = phone(&folder).await?;
    window.kill().await?;
    drop(window);
    let store = phone.data().join("device/device.sqlite");
    rusqlite::Connection::open(&store)?.pragma_update(None, "user_version", 999)?;
    let before = secret(&store)?;
    let window = phone.open_from_icon().await?;
    says(&window, "A newer Mend wrote the data", "Nothing was touched.", "store_newer").await?;
    ensure!(secret(&store)? == before, "the data was touched");
    let version: i64 =
        look_into(&store)?.pragma_query_value(None, "user_version", |row| row.get(0))?;
    ensure!(version == 999, "the data was brought to version {version}");
    Ok(())
}

/// The key that this installation signs with.
fn secret(store: &Path) -> Result<Vec<u8>> {
    Ok(look_into(store)?.query_row("SELECT secret FROM installation", [], |row| row.get(0))?)
}
