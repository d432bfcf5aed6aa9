//! The city's catalogue on the way of a report: twelve services to choose from, questions of every
//! kind, and whom to call before anything else when someone is in danger.

use anyhow::{Context, Result, ensure};
use mend_core::api::CityView;
use mend_e2e::{Browser, Installation, Programs, Server, Window, assert_accessible, window::By};
use serde_json::json;

const EMERGENCY: By<'_> = By::Css("[data-testid=emergency]");

/// The first words of the page's main part, below the flow's own bar.
const FIRST_WORDS: &str =
    "return document.querySelector('.flow-step .body, main .body').innerText.trim()";

async fn city(server: &Server) -> Result<CityView> {
    let answer = reqwest::get(server.url("/v1/services")).await?.error_for_status()?;
    Ok(answer.json().await?)
}

async fn choose(window: &Window, service: &str) -> Result<()> {
    window.go("/report/what").await?;
    window.click(By::Role("radio", service)).await?;
    window.click(By::Role("button", "Next: a few details")).await?;
    window.see(By::Role("heading", "A few details")).await
}

async fn first_words(window: &Window) -> Result<String> {
    let words = window.script(FIRST_WORDS).await?;
    words.as_str().map(str::to_owned).context("a page with words")
}

#[tokio::test]
async fn danger_comes_first_and_every_kind_of_question_can_be_answered() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let server = Server::start(&programs, &folder.path().join("server")).await?;
    let city = city(&server).await?;
    ensure!(city.services.len() == 12, "{} services", city.services.len());
    let call = format!("Is someone in danger now?\nCall {} first.", city.emergency_number);

    let phone = Installation::new(&programs, &folder.path().join("phone"), &server.url(""));
    let window = phone.open().await?;
    window.see_no(By::Css("[data-testid=no-city]")).await?;
    window.go("/report/what").await?;
    window.see(By::Role("radio", "Something else")).await?;
    window.look_over("what-twelve").await?;

    // ---- Whom to call stands first, before and after someone says that it is an emergency, and
    // nothing moves when they do.
    choose(&window, "Water or sewer problem").await?;
    ensure!(first_words(&window).await?.starts_with(&call), "{}", first_words(&window).await?);
    ensure!(window.count(EMERGENCY).await? == 0, "nobody said so yet");
    let heading = "return document.querySelector('h1').getBoundingClientRect().top + scrollY";
    let before = window.script(heading).await?;
    window.click(By::Text("Someone is in danger, or a building is flooding")).await?;
    window.see(EMERGENCY).await?;
    ensure!(first_words(&window).await?.starts_with(&call), "{}", first_words(&window).await?);
    ensure!(window.script(heading).await? == before, "the page jumped");
    let alert = "return document.querySelector('[role=alert]').textContent.trim()";
    let alert = window.script(alert).await?;
    ensure!(alert == json!(call.replace('\n', " ")), "not said aloud: {alert}");
    window.look_over("emergency").await?;
    window.click(By::RoleWith("radio", "Sewage")).await?;
    window.click(By::Role("button", "Next: review")).await?;
    window.see(By::Role("heading", "Check and send")).await?;
    window.see(EMERGENCY).await?;
    ensure!(first_words(&window).await?.starts_with(&call), "{}", first_words(&window).await?);

    // ---- Another service has other questions, and no emergency is left of the one before.
    choose(&window, "Abandoned vehicle").await?;
    ensure!(window.count(EMERGENCY).await? == 0);
    ensure!(first_words(&window).await?.starts_with("A few details"));
    window.click(By::Role("button", "Next: review")).await?;
    window.see(By::Text("Please answer this one.")).await?;
    window.click(By::RoleWith("radio", "has not moved")).await?;
    window.see_no(By::Text("Please answer this one.")).await?;
    window.fill("License plate optional", "7kxm 214 and more").await?;
    window.see(By::Text("This is longer than 12 characters.")).await?;
    window.look_over("plate-too-long").await?;
    window.fill("License plate optional", "7kxm 214").await?;
    window.see_no(By::Text("This is longer than 12 characters.")).await?;
    let plate = "return document.querySelector('#q-plate').value";
    ensure!(window.script(plate).await? == json!("7KXM 214"), "in capitals");
    window.click(By::Role("button", "Next: review")).await?;
    window.see(By::Text("7KXM 214")).await?;
    window.see(By::Text("once the city has looked at it")).await?;

    // ---- What must be said in words.
    choose(&window, "Something else").await?;
    window.click(By::Role("button", "Next: review")).await?;
    window.see(By::Text("Please answer this one.")).await?;
    window.fill("What needs mending?", "The town clock is late.").await?;
    window.click(By::Role("button", "Next: review")).await?;
    window.see(By::Text("The town clock is late.")).await?;

    // ---- The same list for anyone.
    let portal = Browser::open(&server.url("/")).await?;
    portal.see(By::Text("Done by the end of your next pickup day")).await?;
    portal.picture("portal-twelve").await?;
    assert_accessible(&portal).await
}
