//! What holds for the programs as processes.

use anyhow::{Context, Result, ensure};
use mend_e2e::{Installation, Programs, Server, wait::PATIENCE};
use tokio::process::Command;

#[tokio::test]
async fn a_data_folder_has_one_process_and_a_kill_lets_go_of_it() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(&programs, &folder.path().join("server")).await?;
    let phone = Installation::new(&programs, &folder.path().join("phone"), &server.url(""));
    let mut window = phone.open().await?;

    let mut second = Command::new(&programs.app);
    second.arg("--data").arg(phone.data()).args(["--server", &server.url("")]);
    let second = tokio::time::timeout(PATIENCE, second.kill_on_drop(true).output())
        .await
        .context("the second process does not end")??;
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    ensure!(!second.status.success(), "two processes in one data folder");
    ensure!(said.contains("already open"), "it says: {said}");

    window.kill().await?;
    window.reopen().await
}

#[tokio::test]
async fn the_backend_ends_when_asked_and_comes_back() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let mut server = Server::start(&programs, &folder.path().join("server")).await?;
    let password = server.password("dispatcher")?;
    let status = server.stop().await?;
    ensure!(status.success(), "{status}; {}", server.log());
    server.restart().await?;
    ensure!(server.password("dispatcher")? == password, "demo passwords stay");
    ensure!(reqwest::get(server.url("/health")).await?.status().is_success());
    Ok(())
}
