//! The one window.

use std::path::Path;

use tauri::{App, AppHandle, Emitter, WebviewWindowBuilder};
use tokio::sync::watch;

/// Opens the window that `tauri.conf.json` describes. What its web view keeps lies in the data
/// folder, so that two installations share nothing.
pub(crate) fn open(app: &App, folder: &Path) -> tauri::Result<()> {
    for config in &app.config().app.windows {
        WebviewWindowBuilder::from_config(app.handle(), config)?
            .data_directory(folder.join("window"))
            .on_navigation(stays)
            .build()?;
    }
    Ok(())
}

/// Tells the window that something has changed, for as long as the device lives. Many changes at
/// once are told once.
pub(crate) async fn tell(app: AppHandle, mut changes: watch::Receiver<u64>) {
    while changes.changed().await.is_ok() {
        changes.borrow_and_update();
        if let Err(error) = app.emit("changed", ()) {
            tracing::error!(%error, "the window cannot be told");
        }
    }
}

/// The window shows the app and nothing else.
fn stays(url: &tauri::Url) -> bool {
    url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_window_does_not_leave_the_app() {
        let stays = |url: &str| super::stays(&url.parse().unwrap());
        assert!(stays("tauri://localhost/reports"));
        assert!(stays("http://tauri.localhost/"));
        assert!(!stays("https://example.org/"));
        assert!(!stays("http://127.0.0.1:8311/"));
        assert!(!stays("file:///etc/passwd"));
    }
}
