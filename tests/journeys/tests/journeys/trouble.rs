//! What does not go by itself: refused, spoiled, lapsed, away. Each is said, loses nothing and has
//! a way forward that ends well, on a phone and on a desktop, in light and in dark.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use mend_core::api::{Answers, CommandAnswer};
use mend_core::frame;
use mend_e2e::{
    Installation, Network, Programs, Proxy, Server, Window, assert_accessible, until, window::By,
};
use serde_json::{Value, json};

use crate::acts::{CODE, look_into, photo_file, report, sign_in, tracked};
use crate::faults::{LON, World, stored_photos};

const NEEDS_YOU: By<'_> = By::Css("[data-testid=needs-you]");
const HERE: By<'_> = By::Css("[data-testid=reports-here] [data-testid=report-card]");
const THERE: By<'_> = By::Css("[data-testid=reports-there] [data-testid=report-card]");
const PROBLEM: By<'_> = By::Css("[data-testid=problem]");

/// A backend, the street's network before it, and a phone that has met the city once and has no
/// network now.
struct Street {
    folder: tempfile::TempDir,
    server: Server,
    network: Proxy,
    phone: Installation,
    resident: Window,
}

impl Street {
    async fn without_network() -> Result<Self> {
        let programs = Programs::from_env()?;
        let folder = tempfile::tempdir()?;
        let server = Server::start(&programs, &folder.path().join("server")).await?;
        let mut network = Proxy::before(server.socket()).await?;
        let phone = Installation::new(&programs, &folder.path().join("phone"), &network.url());
        let resident = phone.open().await?;
        resident.see_no(By::Css("[data-testid=no-city]")).await?;
        network.set(Network::Refuse).await?;
        resident.see(By::Css("[data-testid=offline]")).await?;
        Ok(Self { folder, server, network, phone, resident })
    }
}

#[tokio::test]
async fn a_refused_report_is_changed_and_accepted_once() -> Result<()> {
    let mut street = Street::without_network().await?;
    let photo = photo_file(street.folder.path(), "hole.jpg")?;
    let first = report(&street.resident, &photo).await?;

    // ---- Meanwhile the city has drawn its border anew, east of Kestrel Street.
    let city = street.folder.path().join("city");
    copy(&Programs::from_env()?.city, &city)?;
    keep_east_of(&city.join("zones/city.geojson"), LON + 0.003)?;
    street.server.stop().await?;
    street.server.set_city(&city);
    street.server.restart().await?;
    street.network.set(Network::Pass).await?;

    let resident = &street.resident;
    // The receipt is still open: it says so, too.
    resident.see(By::Text("This place is not in the city.")).await?;
    resident.look_over("refused-receipt").await?;
    resident.click(By::Text("Done")).await?;
    assert_accessible(resident).await?;
    resident.click(By::Role("link", "My reports")).await?;
    resident.see(NEEDS_YOU).await?;
    ensure!(resident.text(NEEDS_YOU).await?.contains("This place is not in the city."));
    // The city was started anew, and with it every session: nothing that a person need know of.
    ensure!(resident.count(PROBLEM).await? == 0, "{}", resident.text(PROBLEM).await?);
    resident.look_over("refused").await?;
    resident.click(HERE).await?;
    resident.see(NEEDS_YOU).await?;
    resident.look_over("refused-report").await?;
    ensure!(tracked(&street.server, &first).await?.is_empty(), "it was refused");

    // ---- The place was wrong: it is put right, all else is as it was.
    resident.click(By::Role("button", "Change it")).await?;
    resident.see(By::Role("heading", "Check and send")).await?;
    resident.see(By::Text("This place is not in Port Alder.")).await?;
    resident.see(By::Text("1 photo")).await?;
    resident.see(By::Text("Driving lane")).await?;
    resident.look_over("refused-changed").await?;
    resident.click(By::Role("link", "Change Place")).await?;
    resident.see(By::Role("heading", "Where is it?")).await?;
    resident.look_over("refused-place").await?;
    resident.fill("Address or coordinates", "44.6300, -124.0400").await?;
    resident.click(By::RoleWith("option", "44.63")).await?;
    resident.see_no(By::RoleWith("option", "44.63")).await?;
    resident.go("/report/review").await?;
    resident.see(By::Text("44.63000, -124.04000")).await?;
    resident.click(By::Role("button", "Send report")).await?;
    let second = resident.text(CODE).await?;
    until("the city has it", async || {
        Ok((tracked(&street.server, &second).await?.len() == 1).then_some(()))
    })
    .await?;
    resident.go("/reports").await?;
    resident.see(THERE).await?;
    ensure!(resident.count(HERE).await? == 0, "nothing is left behind");
    ensure!(second == first, "the receipt stays good: {first}, {second}");
    until("the photo is there", async || {
        Ok((stored_photos(&street.server)?.len() == 1).then_some(()))
    })
    .await?;
    let log = look_into(&street.server.data().join("mend.sqlite"))?;
    let requests: u32 = log.query_row("SELECT count(*) FROM requests", [], |row| row.get(0))?;
    ensure!(requests == 1, "{requests} requests for one report");
    Ok(())
}

#[tokio::test]
async fn a_report_that_waits_is_changed_and_then_taken_back() -> Result<()> {
    let mut street = Street::without_network().await?;
    let photo = photo_file(street.folder.path(), "hole.jpg")?;
    let first = report(&street.resident, &photo).await?;

    // ---- Still without network: other words under the same code.
    let resident = &street.resident;
    resident.click(By::Text("Follow this report")).await?;
    resident.see(By::Css("[data-testid=still-yours]")).await?;
    resident.look_over("waiting-request").await?;
    resident.click(By::Role("button", "Change it")).await?;
    resident.see(By::Css("[data-testid=review-edits]")).await?;
    ensure!(resident.text(By::Css("[data-testid=review-edits]")).await?.contains(&first));
    resident.look_over("waiting-changed").await?;
    resident.click(By::Role("link", "Change Details")).await?;
    resident.click(By::RoleWith("radio", "Bike lane")).await?;
    resident.go("/report/review").await?;
    resident.see(By::Text("Bike lane")).await?;
    resident.click(By::Role("button", "Send report")).await?;
    let second = resident.text(CODE).await?;
    ensure!(second == first, "the receipt stays good: {first}, {second}");

    // ---- Killed, and started again with a network: it arrives once, as it was changed.
    street.resident.kill().await?;
    street.network.set(Network::Pass).await?;
    street.resident.reopen().await?;
    let resident = &street.resident;
    resident.go("/reports").await?;
    resident.see(THERE).await?;
    let log = look_into(&street.server.data().join("mend.sqlite"))?;
    let count = |sql: &str| log.query_row::<u32, _, _>(sql, [], |row| row.get(0));
    ensure!(count("SELECT count(*) FROM requests")? == 1);
    let bike = "SELECT count(*) FROM requests WHERE state LIKE '%bike_lane%'";
    ensure!(count(bike)? == 1, "the newer words count");

    // ---- No crew has begun, so it can be taken back.
    resident.click(THERE).await?;
    ensure!(resident.count(By::Role("button", "Change it")).await? == 0, "the city has it");
    resident.look_over("received-request").await?;
    resident.click_sure("Take it back", "Take it back for good?").await?;
    resident.see(By::Text("The person who reported it took it back.")).await?;
    resident.see_no(By::Css("[data-testid=still-yours] button")).await?;
    resident.look_over("taken-back").await?;
    let cancelled = "SELECT count(*) FROM orders WHERE state LIKE '%\"status\":\"cancelled\"%'";
    ensure!(count(cancelled)? == 1, "no crew goes there");
    Ok(())
}

#[tokio::test]
async fn a_photo_that_does_not_come_is_said_and_may_still_come() -> Result<()> {
    let programs = Programs::from_env()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("server");
    let mut server = Server::start_at(&programs, &data, "2026-11-25T17:00:00Z").await?;
    let mut network = Proxy::before(server.socket()).await?;
    let phone = Installation::new(&programs, &folder.path().join("phone"), &network.url());
    let resident = phone.open().await?;
    resident.see_no(By::Css("[data-testid=no-city]")).await?;
    // Words pass, and no piece of a photo does.
    network.set(Network::CutAfter(4_000)).await?;
    let photo = photo_file(folder.path(), "hole.jpg")?;
    let code = report(&resident, &photo).await?;
    until("the words are there", async || {
        Ok((tracked(&server, &code).await?.len() == 1).then_some(()))
    })
    .await?;
    ensure!(stored_photos(&server)?.is_empty(), "the photo is not");

    server.stop().await?;
    server.set_clock("2026-12-02T18:00:00Z");
    server.restart().await?;
    resident.click(By::Text("Done")).await?;
    resident.go("/notices").await?;
    resident.see(By::Text("A photo of yours has not come")).await?;
    resident.look_over("photo-missing-notice").await?;
    resident.click(By::Text("A photo of yours has not come")).await?;
    resident.see(By::Text("A photo has not come")).await?;
    resident.look_over("photo-missing-request").await?;

    network.set(Network::Pass).await?;
    until("the photo is there", async || Ok((stored_photos(&server)?.len() == 1).then_some(())))
        .await
}

#[tokio::test]
async fn a_photo_that_the_disk_spoiled_is_removed_and_the_report_goes_on() -> Result<()> {
    let mut street = Street::without_network().await?;
    let photo = photo_file(street.folder.path(), "hole.jpg")?;
    let code = report(&street.resident, &photo).await?;
    let spoiled = spoil(&street.phone.data().join("device/photos"))?;
    ensure!(spoiled == 1, "{spoiled} photos for one");
    street.network.set(Network::Pass).await?;

    let resident = &street.resident;
    resident.click(By::Text("Follow this report")).await?;
    resident.see(NEEDS_YOU).await?;
    resident.look_over("photo-lost-request").await?;
    resident.click(By::Role("link", "My reports")).await?;
    resident.see(NEEDS_YOU).await?;
    ensure!(resident.text(NEEDS_YOU).await?.contains("no longer whole on this device"));
    ensure!(tracked(&street.server, &code).await?.len() == 1, "words do not wait for photos");
    resident.look_over("photo-lost").await?;
    resident.click_sure("Remove the photo", "Remove the photo for good?").await?;

    // ---- What the city will never have is not shown as if it had.
    resident.see(THERE).await?;
    ensure!(resident.count(HERE).await? == 0);
    resident.click(THERE).await?;
    resident.see(By::Text("Assigned to Streets Crew 1")).await?;
    resident.see_no(By::Css("img")).await?;
    resident.look_over("photo-removed").await?;
    ensure!(stored_photos(&street.server)?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_lapsed_sign_in_is_renewed_and_the_same_bytes_go() -> Result<()> {
    let mut world = World::new().await?;
    let receipt = world.report(None).await?;
    world.arrived(&receipt).await?;
    let code = receipt.tracking_code.to_string();

    let mut cellar = Proxy::before(world.server.socket()).await?;
    let tablet = world.folder.path().join("tablet");
    let tablet = Installation::new(&Programs::from_env()?, &tablet, &cellar.url());
    let crew = tablet.open().await?;
    crew.click(By::Role("link", "City staff: sign in")).await?;
    sign_in(&crew, &world.server, "streets-1").await?;
    crew.see(By::Css("[data-testid=order-card]")).await?;

    // ---- The city does not answer for a while: said, and nothing is in the way.
    cellar.set(Network::Unavailable).await?;
    crew.see(PROBLEM).await?;
    // Also where the line broke in the middle of a sentence: not an answer that cannot be read.
    ensure!(crew.text(PROBLEM).await?.contains("does not answer at this moment"));
    crew.see(By::Text("Not up to date")).await?;
    crew.look_over("away-crew").await?;

    // ---- Work in the cellar, and two weeks without a network.
    cellar.set(Network::Refuse).await?;
    crew.click(By::RoleWith("link", "Pothole")).await?;
    crew.click(By::Role("button", "Start work")).await?;
    crew.see(By::Text("In progress")).await?;
    let signed = waiting_frame(&tablet)?;
    world.server.stop().await?;
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(15 * 24);
    world.server.set_clock(&later.to_string());
    world.server.restart().await?;
    cellar.set(Network::Pass).await?;
    crew.click(By::Role("link", "Today")).await?;
    let chip = By::Css("[data-testid=sync-state]");
    until("the chip asks for a sign-in", async || {
        Ok(crew.text(chip).await?.contains("Sign in again").then_some(()))
    })
    .await?;
    crew.see(By::Css("[data-testid=sign-in-needed]")).await?;
    crew.look_over("lapsed-today").await?;
    crew.click(By::RoleWith("link", "Outbox")).await?;
    crew.see(By::Css("[data-testid=outbox-item]")).await?;
    crew.see(By::Text("Sign in to send")).await?;
    crew.look_over("lapsed-outbox").await?;
    ensure!(waiting_frame(&tablet)? == signed, "what was signed is not signed again");
    ensure!(started(&world.server, &code).await? == 0, "nobody was signed in");

    // ---- Signed in again: it goes by itself, as it was.
    crew.click(By::Css("[data-testid=sign-in-needed] a")).await?;
    crew.look_over("lapsed-sign-in").await?;
    sign_in(&crew, &world.server, "streets-1").await?;
    crew.read_until("all is sent", |page| page.contains("All sent").then_some(())).await?;
    crew.see_no(By::Css("[data-testid=sign-in-needed]")).await?;
    until("the city knows of the start", async || {
        Ok((started(&world.server, &code).await? == 1).then_some(()))
    })
    .await?;
    // The city takes these very bytes for the ones that it has: others would be refused.
    let again = reqwest::Client::new()
        .post(world.server.url("/v1/commands"))
        .body(frame::batch([signed.as_slice()]))
        .send()
        .await?
        .error_for_status()?;
    let answers: Answers = again.json().await?;
    ensure!(
        matches!(answers.answers.as_slice(), [CommandAnswer::Accepted(_)]),
        "{:?}",
        answers.answers
    );
    ensure!(started(&world.server, &code).await? == 1);
    Ok(())
}

#[tokio::test]
async fn a_city_that_does_not_answer_is_said_and_reports_go_later() -> Result<()> {
    let mut street = Street::without_network().await?;
    street.network.set(Network::Unavailable).await?;
    let resident = &street.resident;
    resident.see(PROBLEM).await?;
    ensure!(resident.text(PROBLEM).await?.contains("does not answer at this moment"));
    resident.see_no(By::Css("[data-testid=offline]")).await?;
    resident.look_over("away").await?;

    let photo = photo_file(street.folder.path(), "hole.jpg")?;
    let code = report(resident, &photo).await?;
    assert_accessible(resident).await?;
    resident.go("/reports").await?;
    resident.see(HERE).await?;
    resident.look_over("away-reports").await?;
    ensure!(tracked(&street.server, &code).await?.is_empty());

    street.network.set(Network::Pass).await?;
    resident.click(By::Role("button", "Try now")).await?;
    resident.see(THERE).await?;
    resident.see_no(PROBLEM).await?;
    ensure!(tracked(&street.server, &code).await?.len() == 1);
    Ok(())
}

/// The one frame that waits on a tablet, as it was signed.
fn waiting_frame(tablet: &Installation) -> Result<Vec<u8>> {
    let store = look_into(&tablet.data().join("device/device.sqlite"))?;
    Ok(store.query_row("SELECT frame FROM outbox", [], |row| row.get(0))?)
}

/// How often anyone with the code reads that work has begun.
async fn started(server: &Server, code: &str) -> Result<usize> {
    let requests = tracked(server, code).await?;
    let request = requests.first().context("the request is known")?;
    let started = request.steps.iter().filter(|s| s.kind == mend_core::api::StepKind::Started);
    Ok(started.count())
}

/// Cuts every whole photo in a folder in half, as a bad disk might; says how many.
fn spoil(folder: &Path) -> Result<usize> {
    let mut spoiled = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() || path.to_string_lossy().ends_with(".thumb.jpg") {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        std::fs::write(&path, &bytes[..bytes.len() / 2])?;
        spoiled += 1;
    }
    Ok(spoiled)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

/// Leaves of a city's outline what lies east of a meridian, in degrees.
fn keep_east_of(outline: &Path, lon: f64) -> Result<()> {
    let mut city: Value = serde_json::from_str(&std::fs::read_to_string(outline)?)?;
    let ring = city
        .pointer_mut("/features/0/geometry/coordinates/0")
        .and_then(Value::as_array_mut)
        .context("an outline of one ring")?;
    let points: Vec<(f64, f64)> = ring
        .iter()
        .map(|point| Some((point[0].as_f64()?, point[1].as_f64()?)))
        .collect::<Option<_>>()
        .context("positions")?;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        if x1 >= lon {
            kept.push((x1, y1));
        }
        if (x1 >= lon) != (x2 >= lon) {
            kept.push((lon, y1 + (y2 - y1) * (lon - x1) / (x2 - x1)));
        }
    }
    kept.extend(kept.first().copied());
    *ring = kept.into_iter().map(|(x, y)| json!([x, y])).collect();
    std::fs::write(outline, city.to_string())?;
    Ok(())
}
