//! Why the app does not start.

use std::{io, path::PathBuf};

use mend_device::DeviceError;

/// Why the app does not start. The texts are for whoever reads the standard error; the window has
/// sentences of its own, by [`Self::code`].
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
    Device(#[from] DeviceError),
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

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal in $file:ident,)*) => {
        /// What a start fails of, as far as a person gets another way forward by it. Its sentence
        /// stands in `locales/*/start.ftl` as `start-<text>`; where the device says the same at
        /// other times, it is that sentence, `refusal-<text>` in `refusals.ftl`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum StartCode {
            $($(#[$doc])* $name,)*
        }

        impl StartCode {
            /// All of them, for the test that each has its sentence.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The id of its sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => concat!(stringify!($file), "-", $text),)* }
            }
        }
    };
}

codes! {
    /// The platform names no folder for data, and none was given.
    NoDataFolder = "no_data_folder" in start,
    /// Another process works with this data.
    DataFolderTaken = "data_folder_taken" in start,
    /// The data folder cannot be made, read or written.
    DataFolderUnusable = "data_folder_unusable" in start,
    /// No threads.
    NoThreads = "no_threads" in start,
    /// The address after `--server` is none.
    BadServer = "bad_server" in refusal,
    /// A newer Mend wrote the data.
    StoreNewer = "store_newer" in refusal,
    /// The data is another program's.
    StoreForeign = "store_foreign" in refusal,
    /// The data is damaged.
    StoreDamaged = "store_damaged" in refusal,
    /// No space left.
    DiskFull = "disk_full" in refusal,
    /// A file cannot be read or written.
    DiskFailed = "disk_failed" in refusal,
    /// Anything else about what the device keeps.
    DeviceFailed = "device_failed" in start,
    /// Neither a server nor a city was named.
    NoCityNamed = "no_city_named" in start,
    /// A build without a backend, and no server was named.
    NoBackend = "no_backend" in start,
    /// The city's folder has faults.
    CityFaulty = "city_faulty" in start,
    /// The backend's data is another city's.
    CityOther = "city_other" in start,
    /// The backend's address is not to be had. `address`.
    CannotListen = "cannot_listen" in start,
    /// Anything else about the backend.
    BackendFailed = "backend_failed" in start,
    /// The window.
    WindowFailed = "window_failed" in start,
}

impl AppError {
    /// The stable code, which names its sentence.
    pub fn code(&self) -> StartCode {
        match self {
            Self::NoDataFolder => StartCode::NoDataFolder,
            Self::DataFolderTaken(_) => StartCode::DataFolderTaken,
            Self::DataFolderUnusable { .. } => StartCode::DataFolderUnusable,
            Self::Runtime(_) => StartCode::NoThreads,
            Self::Device(error) => device(error),
            #[cfg(feature = "bundled-server")]
            Self::NoCity => StartCode::NoCityNamed,
            #[cfg(feature = "bundled-server")]
            Self::Backend(error) => backend(error),
            #[cfg(not(feature = "bundled-server"))]
            Self::NoBackend => StartCode::NoBackend,
            Self::Window(_) => StartCode::WindowFailed,
        }
    }

    /// Facts for its sentence, by name.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            #[cfg(feature = "bundled-server")]
            Self::Backend(mend_server::StartError::Listen { address, .. }) => {
                vec![("address", address.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

fn device(error: &DeviceError) -> StartCode {
    match error.code().as_str() {
        "bad_server" => StartCode::BadServer,
        "store_newer" => StartCode::StoreNewer,
        "store_foreign" => StartCode::StoreForeign,
        "store_damaged" => StartCode::StoreDamaged,
        "disk_full" => StartCode::DiskFull,
        "disk_failed" => StartCode::DiskFailed,
        _ => StartCode::DeviceFailed,
    }
}

/// The backend inside the app keeps its data on this device, too: what a person can do about it is
/// the same.
#[cfg(feature = "bundled-server")]
fn backend(error: &mend_server::StartError) -> StartCode {
    use mend_server::StartError;
    match error {
        StartError::City(_) | StartError::Pack(_) => StartCode::CityFaulty,
        StartError::Data { .. } => StartCode::DataFolderUnusable,
        StartError::InUse(_) => StartCode::DataFolderTaken,
        StartError::Listen { .. } => StartCode::CannotListen,
        _ => match error.code() {
            "database_newer" => StartCode::StoreNewer,
            "database_foreign" => StartCode::StoreForeign,
            "database_damaged" | "database_bad_row" => StartCode::StoreDamaged,
            "database_other_city" => StartCode::CityOther,
            _ => StartCode::BackendFailed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_device_says_keeps_its_code() {
        let of = |error: DeviceError| AppError::from(error).code();
        assert_eq!(of(DeviceError::BadServer("x".into())), StartCode::BadServer);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(of(DeviceError::Disk(full)), StartCode::DiskFull);
        assert_eq!(of(DeviceError::NoCity), StartCode::DeviceFailed);
        assert_eq!(StartCode::StoreNewer.sentence(), "refusal-store_newer");
        assert_eq!(StartCode::NoThreads.sentence(), "start-no_threads");
    }

    #[cfg(feature = "bundled-server")]
    #[test]
    fn an_address_that_is_taken_is_named() {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 8311));
        let error = io::Error::from(io::ErrorKind::AddrInUse);
        let error = AppError::from(mend_server::StartError::Listen { address, error });
        assert_eq!(error.code(), StartCode::CannotListen);
        assert_eq!(error.facts(), [("address", "127.0.0.1:8311".to_owned())]);
    }
}
