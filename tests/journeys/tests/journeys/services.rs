//! The first thing that anyone sees: what can be reported here.

use anyhow::Result;
use mend_e2e::{Installation, Programs, Proxy, Server, window::By};

#[tokio::test]
async fn the_window_lists_the_citys_services_from_a_real_server() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(&programs, &folder.path().join("server")).await?;
    let proxy = Proxy::before(server.socket()).await?;
    let installation = Installation::new(&programs, &folder.path().join("phone"), &proxy.url());
    let window = installation.open().await?;
    window.see(By::Role("heading", "What needs mending?")).await?;
    window.go("/report/what").await?;
    for service in ["Pothole", "Streetlight", "Graffiti", "Water"] {
        window.see(By::RoleWith("radio", service)).await?;
    }
    Ok(())
}
