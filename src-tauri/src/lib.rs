//! The app's shell: one window over a device, with or without a backend of its own.
//!
//! The shell decides nothing. It takes the data folder for itself, starts what the command line
//! asks for, and hands the window's questions to [`mend_device`]. Invariants, stated as absences:
//! no path crosses to the window, only ids and bytes; no rule and no SQL is here.

#[cfg(feature = "bundled-server")]
mod backend;
mod error;
mod failure;
mod ipc;
mod lock;
mod options;
mod photos;
mod sentences;
mod window;

use std::path::Path;

use mend_device::Device;
use tauri::{Builder, RunEvent, Wry};

pub use error::{AppError, StartCode};
pub use failure::show as show_failure;
pub use options::Options;

/// Runs the app until its window is closed.
///
/// # Errors
/// See [`AppError`]; then no window was opened.
pub fn run(options: &Options) -> Result<(), AppError> {
    let folder = options.data_folder().ok_or(AppError::NoDataFolder)?;
    let unusable = |error| AppError::DataFolderUnusable { folder: folder.clone(), error };
    let folder = std::path::absolute(&folder).map_err(unusable)?;
    let _lock = lock::DataLock::take(&folder)?;
    // Device, backend and window share one set of threads, also the window that says why there is
    // no other: they live as long as the process.
    let runtime = tokio::runtime::Runtime::new().map_err(AppError::Runtime)?;
    let runtime: &'static tokio::runtime::Runtime = Box::leak(Box::new(runtime));
    tauri::async_runtime::set(runtime.handle().clone());

    let city = runtime.block_on(city(options, &folder))?;
    let device = runtime.block_on(Device::open(&folder.join("device"), &city.address))?;
    let changes = device.changes();
    let app = builder(device.clone())
        .setup(move |app| {
            window::open(app, &folder)?;
            tauri::async_runtime::spawn(window::tell(app.handle().clone(), changes));
            Ok(())
        })
        .build(context())?;
    let end = runtime.handle().clone();
    let mut open = Some((device, city));
    app.run(move |_, event| {
        if let RunEvent::Exit = event
            && let Some((device, city)) = open.take()
        {
            end.block_on(async {
                device.close().await;
                city.end().await;
            });
        }
    });
    Ok(())
}

/// The city that the device speaks to.
struct City {
    address: String,
    #[cfg(feature = "bundled-server")]
    backend: Option<mend_server::Running>,
}

/// The server that was named, or the backend inside the app, once it listens.
#[cfg(feature = "bundled-server")]
async fn city(options: &Options, folder: &Path) -> Result<City, AppError> {
    if let Some(server) = &options.server {
        return Ok(City { address: server.clone(), backend: None });
    }
    let backend = backend::start(options, folder).await?;
    Ok(City { address: format!("http://{}", backend.addr), backend: Some(backend) })
}

/// The server that was named.
#[cfg(not(feature = "bundled-server"))]
async fn city(options: &Options, _folder: &Path) -> Result<City, AppError> {
    let address = options.server.clone().ok_or(AppError::NoBackend)?;
    Ok(City { address })
}

impl City {
    async fn end(self) {
        #[cfg(feature = "bundled-server")]
        if let Some(backend) = self.backend {
            backend.shutdown().await;
        }
    }
}

/// What `tauri.conf.json` says, with the interface.
fn context() -> tauri::Context<Wry> {
    tauri::generate_context!()
}

fn builder(device: Device) -> Builder<Wry> {
    let photos = device.clone();
    Builder::default()
        .manage(device)
        .register_asynchronous_uri_scheme_protocol("mend", move |_, request, responder| {
            let wanted = photos::Wanted::read(&request);
            let device = photos.clone();
            tauri::async_runtime::spawn(async move {
                responder.respond(photos::answer(&device, wanted).await);
            });
        })
        .invoke_handler(ipc::handler())
}
