//! The backend inside the app: the same library as `mend-server`, on loopback, in this process.

use std::path::Path;

use mend_server::{Config, Running};

use crate::{AppError, Options};

/// Starts it with its data beside the device's own, and says where the portal is and how one
/// signs in to the demo.
#[allow(clippy::print_stdout, reason = "whoever started the app is told where the portal is")]
pub(crate) async fn start(options: &Options, folder: &Path) -> Result<Running, AppError> {
    let city = options.city.as_ref().ok_or(AppError::NoCity)?;
    let mut config = Config::new(city, folder.join("server"));
    if let Some(listen) = options.listen {
        config.listen = listen;
    }
    config.history = options.history;
    let running = mend_server::start(config).await?;
    for account in &running.demo_accounts {
        println!("demo account: {} {} ({})", account.name, account.password, account.who);
    }
    println!("portal http://{}", running.addr);
    Ok(running)
}
