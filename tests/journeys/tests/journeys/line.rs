//! The line: a report made without a network reaches the right crew, and the crew's offline work
//! reaches the resident. In the real window, with a kill on either side.

use anyhow::{Context, Result, ensure};
use mend_core::api::{PublicRequest, StepKind};
use mend_core::subject::RequestStatus;
use mend_core::time::Timestamp;
use mend_e2e::{
    Browser, CameraPhoto, Installation, Network, Programs, Proxy, Server, Window, photo, until,
    window::By,
};

use crate::acts::{CODE, look_into, tracked};
use crate::faults::{LAT, LON, stored_photos};

const CHIP: By<'_> = By::Css("[data-testid=status-chip]");
const CARD: By<'_> = By::Css("[data-testid=report-card]");

#[tokio::test]
async fn a_report_made_offline_reaches_the_crew_and_their_offline_work_the_resident() -> Result<()>
{
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    // Wednesday 25 November 2026, nine in the morning in Port Alder.
    let server =
        Server::start_at(&programs, &folder.path().join("server"), "2026-11-25T17:00:00Z").await?;
    let mut street = Proxy::before(server.socket()).await?;
    let mut cellar = Proxy::before(server.socket()).await?;

    // ---- The resident opened the app once, at home. Now there is no network.
    let phone = Installation::new(&programs, &folder.path().join("phone"), &street.url());
    let resident = phone.open().await?;
    resident.see(By::Role("heading", "What needs mending?")).await?;
    drop(resident);
    street.set(Network::Refuse).await?;

    let hole = folder.path().join("hole.jpg");
    std::fs::write(&hole, CameraPhoto::at(LAT, LON).jpeg()?)?;
    let mut resident = phone.open().await?;
    let code = report(&resident, &hole).await?;

    // ---- Killed, and started again: the report is there, waiting.
    resident.kill().await?;
    resident.reopen().await?;
    resident.click(By::Role("link", "My reports")).await?;
    resident.see(By::Css("[data-testid=reports-here] [data-testid=report-card]")).await?;
    resident.see(By::Text("Waiting to send")).await?;
    resident.picture("resident-waiting").await?;
    ensure!(tracked(&server, &code).await?.is_empty(), "it cannot have been sent");

    // ---- The network returns; nobody presses anything.
    street.set(Network::Pass).await?;
    resident.see(By::Css("[data-testid=reports-there] [data-testid=report-card]")).await?;
    let request = until("the city has it whole", async || {
        let requests = tracked(&server, &code).await?;
        ensure!(requests.len() <= 1, "{} requests with one code", requests.len());
        Ok(requests.into_iter().next().filter(|r| r.status == RequestStatus::Assigned))
    })
    .await?;
    promise_is_the_calendars(&request)?;
    ensure!(request.number.ends_with("000001"), "{} is not the first", request.number);
    routed_by_its_zone(&server)?;
    resident.click(CARD).await?;
    resident.see(By::Text("Assigned to Streets Crew 1")).await?;
    resident.see(By::Text("The city’s promise")).await?;
    resident.picture("resident-assigned").await?;

    // ---- A second installation: the crew signs in, takes the order, and goes down into the cellar.
    let tablet = Installation::new(&programs, &folder.path().join("tablet"), &cellar.url());
    let mut crew = tablet.open().await?;
    crew.click(By::Role("link", "City staff: sign in")).await?;
    crew.fill("Name", "streets-1").await?;
    crew.fill("Password", &server.password("streets-1")?).await?;
    crew.click(By::Role("button", "Sign in")).await?;
    crew.see(By::Css("[data-testid=order-card]")).await?;
    // The resident's photo is part of the order, also in the cellar.
    until("the photo is on the tablet", async || Ok((crew.pictures().await? > 0).then_some(())))
        .await?;
    crew.picture("crew-today").await?;
    cellar.set(Network::Refuse).await?;
    crew.click(By::RoleWith("link", "Pothole")).await?;
    crew.see(By::Text("Worse after rain")).await?;
    crew.click(By::Role("button", "Start work")).await?;
    crew.see(By::Text("In progress")).await?;
    crew.picture("crew-order-started").await?;

    let mended = folder.path().join("mended.jpg");
    std::fs::write(&mended, CameraPhoto::at(LAT, LON).with_seed(2).jpeg()?)?;
    crew.click(By::Role("link", "Complete the work")).await?;
    crew.choose_file("Photo of the finished work", &mended).await?;
    crew.see(By::Role("button", "Remove photo 1")).await?;
    crew.fill("Note for the resident optional", "Cut square and filled").await?;
    crew.picture("crew-complete").await?;
    crew.click(By::Role("button", "Complete")).await?;
    crew.see(By::Css("[data-testid=orders-done] [data-testid=order-card]")).await?;

    // ---- Killed in the cellar, started again there: the work is there, waiting.
    crew.kill().await?;
    crew.reopen().await?;
    crew.go("/crew").await?;
    crew.see(By::Css("[data-testid=orders-done] [data-testid=order-card]")).await?;
    crew.read_until("two things wait", |page| page.contains("Offline, 3 waiting").then_some(()))
        .await?;
    crew.picture("crew-waiting").await?;
    ensure!(
        tracked(&server, &code).await?[0].status == RequestStatus::Assigned,
        "the city cannot know yet"
    );

    // ---- Back in the light.
    cellar.set(Network::Pass).await?;
    crew.read_until("all is sent", |page| page.contains("All sent").then_some(())).await?;

    // ---- The resident's screen, open all the while, shows it mended.
    resident.see(By::Text("Pothole mended, 214 Kestrel Street")).await?;
    ensure!(resident.text(CHIP).await?.contains("Resolved"));
    resident.see(By::Text("Cut square and filled")).await?;
    resident.see(By::Role("img", "Photo of the finished work")).await?;
    until("both photos are drawn", async || Ok((resident.pictures().await? >= 2).then_some(())))
        .await?;
    resident.picture("resident-mended").await?;
    resident.click(By::RoleWith("link", "Notices")).await?;
    resident.see(By::Text("Your report is mended")).await?;
    resident.picture("resident-notices").await?;

    // ---- Anyone with the code sees the public steps in any browser, and nothing that is private.
    let browser = Browser::open(&server.url("/")).await?;
    browser.fill("Tracking code", &code.to_lowercase()).await?;
    browser.click(By::Role("button", "Track")).await?;
    browser.see(By::Css("[data-testid=tracked]")).await?;
    browser.see(By::Text("Assigned to Streets Crew 1")).await?;
    let public = browser.page_text().await?;
    ensure!(public.contains("Resolved") && public.contains(&request.number), "{public}");
    ensure!(!public.contains("Worse after rain"), "a resident's words are not public");
    browser.picture("portal-tracked").await?;
    drop(browser);

    // ---- And the city has exactly this: one request, every step once, two clean photos.
    let requests = tracked(&server, &code).await?;
    ensure!(requests.len() == 1, "{} requests with one code", requests.len());
    let kinds: Vec<StepKind> = requests[0].steps.iter().map(|step| step.kind).collect();
    for kind in [StepKind::Received, StepKind::Assigned, StepKind::Started, StepKind::Resolved] {
        let times = kinds.iter().filter(|k| **k == kind).count();
        ensure!(times == 1, "{kind:?} happened {times} times: {kinds:?}");
    }
    let photos = stored_photos(&server)?;
    ensure!(photos.len() == 2, "{} photos for two", photos.len());
    for bytes in &photos {
        ensure!(photo::metadata(bytes)?.is_empty(), "a photo was sent with metadata");
    }
    Ok(())
}

/// Reports a pothole in the window, as a person would, and returns the tracking code.
async fn report(window: &Window, photo: &std::path::Path) -> Result<String> {
    window.click(By::RoleWith("link", "Report a problem")).await?;
    window.see(By::Role("heading", "Show us the problem")).await?;
    window.choose_file("Take or choose a photo", photo).await?;
    window.see(By::Text("Location found in photo")).await?;
    window.see(By::Text("214 Kestrel Street")).await?;
    window.picture("report-photo").await?;
    window.click(By::Role("button", "Use it")).await?;
    window.click(By::Role("link", "Next: place")).await?;
    window.see(By::Role("heading", "Where is it?")).await?;
    window.picture("report-place").await?;
    window.click(By::Text("Use this place")).await?;
    window.see(By::Role("heading", "What is it?")).await?;
    window.click(By::RoleWith("radio", "Pothole")).await?;
    window.picture("report-what").await?;
    window.click(By::Text("Next: a few details")).await?;
    window.see(By::Role("heading", "A few details")).await?;
    window.click(By::RoleWith("radio", "Driving lane")).await?;
    window.fill("Anything else? optional", "Worse after rain").await?;
    window.picture("report-details").await?;
    window.click(By::Text("Next: review")).await?;
    window.see(By::Role("heading", "Check and send")).await?;
    window.picture("report-review").await?;
    window.click(By::Role("button", "Send report")).await?;
    let code = window.text(CODE).await?;
    window.see(By::Text("Saved. It will send itself when you are connected.")).await?;
    window.picture("report-receipt").await?;
    Ok(code)
}

/// 214 Kestrel Street lies in Old Mill, whose potholes go to the first crew of Streets.
fn routed_by_its_zone(server: &Server) -> Result<()> {
    let log = look_into(&server.data().join("mend.sqlite"))?;
    let requests: Vec<(String, String, String)> = log
        .prepare(
            "SELECT department, crew, (SELECT body FROM events WHERE type = 'located')
             FROM requests",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    ensure!(requests.len() == 1, "{requests:?}");
    let (department, crew, located) = &requests[0];
    ensure!(department == "streets" && crew == "streets-1", "{requests:?}");
    ensure!(located.contains("old_mill"), "{located}");
    Ok(())
}

/// What the city's calendar says of a pothole that arrives on Wednesday 25 November 2026 in office
/// hours: day 1 is Thursday, a working day in Port Alder; the fifth is Wednesday 2 December, the
/// tenth Wednesday 9 December, both at 17:00 in America/Los_Angeles (UTC-8). Counted by hand.
fn promise_is_the_calendars(request: &PublicRequest) -> Result<()> {
    let promise = request.promise.context("a promise")?;
    let at = |text: &str| -> Result<Timestamp> {
        Ok(Timestamp(text.parse::<jiff::Timestamp>()?.as_millisecond()))
    };
    ensure!(promise.response_due == at("2026-12-03T01:00:00Z")?, "{promise:?}");
    ensure!(promise.resolution_due == at("2026-12-10T01:00:00Z")?, "{promise:?}");
    Ok(())
}
