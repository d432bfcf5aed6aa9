//! Why the app does not start.

use std::{io, path::PathBuf};

/// Why the app does not start. The texts are for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The platform names no folder for data, and none was given.
    #[error("This system names no folder for Mend's data. Choose one with --data.")]
    NoDataFolder,
    /// Another process works in this folder.
    #[error(
        "Mend is already open with the data in {}. Close it first, or choose another folder with --data.",
        .0.display()
    )]
    DataFolderTaken(PathBuf),
    /// The folder cannot be made or written.
    #[error("The data folder {} cannot be used: {error}", .folder.display())]
    DataFolderUnusable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// No threads.
    #[error("The system gives no threads: {0}")]
    Runtime(io::Error),
    /// What this installation has kept cannot be opened.
    #[error("What Mend keeps here cannot be opened: {0}")]
    Device(#[from] mend_device::DeviceError),
    /// Neither a server nor a city was named.
    #[cfg(feature = "bundled-server")]
    #[error("Name a city: its server with --server, or its folder with --city.")]
    NoCity,
    /// The backend inside the app.
    #[cfg(feature = "bundled-server")]
    #[error("The backend does not start: {0}")]
    Backend(#[from] mend_server::StartError),
    /// This build has no backend inside.
    #[cfg(not(feature = "bundled-server"))]
    #[error("This build of Mend has no backend inside. Name the city's server with --server.")]
    NoBackend,
    /// The window.
    #[error("The window cannot be opened: {0}")]
    Window(#[from] tauri::Error),
}
