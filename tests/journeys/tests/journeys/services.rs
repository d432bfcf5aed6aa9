//! The first thing that anyone sees: what can be reported here.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use mend_core::api::CityView;
use mend_e2e::{Browser, Installation, Network, Programs, Proxy, Server, window::By};

/// The names of the city's services, by the server's list and the English sentences.
async fn service_names(server: &Server) -> Result<Vec<String>> {
    let sentences = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../locales/en/services.ftl");
    let sentences = fs::read_to_string(sentences)?;
    let sentences: BTreeMap<&str, &str> =
        sentences.lines().filter_map(|line| line.split_once(" = ")).collect();
    let city = reqwest::get(server.url("/v1/services")).await?.error_for_status()?;
    let city: CityView = city.json().await?;
    ensure!(city.services.len() >= 4, "a city with services");
    city.services
        .iter()
        .map(|service| {
            let id = format!("service-{}", service.code);
            let name = sentences.get(id.as_str()).with_context(|| format!("no sentence {id}"))?;
            Ok((*name).to_owned())
        })
        .collect()
}

#[tokio::test]
async fn the_window_lists_the_citys_services_once_the_server_was_reached() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(&programs, &folder.path().join("server")).await?;
    let mut proxy = Proxy::before(server.socket()).await?;
    let names = service_names(&server).await?;

    // The app knows no city by heart.
    proxy.set(Network::Refuse).await?;
    let phone = Installation::new(&programs, &folder.path().join("phone"), &proxy.url());
    let window = phone.open().await?;
    window.go("/report/what").await?;
    window.see(By::Role("heading", "What is it?")).await?;
    for name in &names {
        ensure!(window.count(By::RoleWith("radio", name)).await? == 0, "{name} from nowhere");
    }

    proxy.set(Network::Pass).await?;
    for name in &names {
        window.see(By::RoleWith("radio", name)).await?;
    }

    // And once known, it stays known without a network.
    proxy.set(Network::Refuse).await?;
    let mut window = window;
    window.kill().await?;
    window.reopen().await?;
    window.go("/report/what").await?;
    for name in &names {
        window.see(By::RoleWith("radio", name)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_portal_lists_them_in_any_browser() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(&programs, &folder.path().join("server")).await?;
    let browser = Browser::open(&server.url("/")).await?;
    browser.see(By::Role("heading", "What your city mends")).await?;
    for name in service_names(&server).await? {
        browser.see(By::Text(&name)).await?;
    }
    // A well-formed code that nobody has.
    browser.fill("Tracking code", "0000-0000").await?;
    browser.click(By::Role("button", "Track")).await?;
    browser.see(By::Text("No report has this code yet")).await
}
