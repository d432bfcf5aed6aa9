//! What people do in more than one journey, as they would do it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mend_core::api::{PublicRequest, Tracked};
use mend_e2e::{CameraPhoto, Server, Window, window::By};

use crate::faults::{LAT, LON};

/// A tracking code where it is shown.
pub(crate) const CODE: By<'_> = By::Css("[data-testid=tracking-code]");

/// A photo from a phone at 214 Kestrel Street, as a file in `folder`.
pub(crate) fn photo_file(folder: &Path, name: &str) -> Result<PathBuf> {
    let file = folder.join(name);
    std::fs::write(&file, CameraPhoto::at(LAT, LON).jpeg()?)?;
    Ok(file)
}

/// Reports a pothole with a photo of 214 Kestrel Street and returns the tracking code.
pub(crate) async fn report(window: &Window, photo: &Path) -> Result<String> {
    window.click(By::RoleWith("link", "Report a problem")).await?;
    window.choose_file("Take or choose a photo", photo).await?;
    window.click(By::Role("button", "Use it")).await?;
    window.click(By::Role("link", "Next: place")).await?;
    window.click(By::Text("Use this place")).await?;
    window.click(By::RoleWith("radio", "Pothole")).await?;
    window.click(By::Text("Next: a few details")).await?;
    window.click(By::RoleWith("radio", "Driving lane")).await?;
    window.click(By::Text("Next: review")).await?;
    window.click(By::Role("button", "Send report")).await?;
    window.text(CODE).await
}

/// Signs in on the sign-in's screen.
pub(crate) async fn sign_in(window: &Window, server: &Server, account: &str) -> Result<()> {
    window.fill("Name", account).await?;
    window.fill("Password", &server.password(account)?).await?;
    window.click(By::Role("button", "Sign in")).await
}

/// What anyone with the code may know, past every proxy.
pub(crate) async fn tracked(server: &Server, code: &str) -> Result<Vec<PublicRequest>> {
    let answer = reqwest::get(server.url(&format!("/v1/track/{code}"))).await?;
    if answer.status() == reqwest::StatusCode::NOT_FOUND {
        return Ok(Vec::new());
    }
    Ok(answer.error_for_status()?.json::<Tracked>().await?.requests)
}

/// A database of one of the programs, only to look at.
pub(crate) fn look_into(database: &Path) -> Result<rusqlite::Connection> {
    let only_read = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    Ok(rusqlite::Connection::open_with_flags(database, only_read)?)
}
