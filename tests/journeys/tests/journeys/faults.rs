//! Faults on the way, between a real device without a window and the shipped backend. Whatever
//! happens, a report has exactly one effect and its photo arrives whole.

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use mend_core::api::{Delivery, PublicRequest, Receipt, ReportSummary, Tracked};
use mend_core::catalogue::Answer;
use mend_core::location::{Location, LocationSource, Point};
use mend_core::tracking::TrackingCode;
use mend_device::{Device, photo::PhotoSize};
use mend_e2e::{CameraPhoto, Network, Programs, Proxy, Server, until};
use tempfile::TempDir;

/// 214 Kestrel Street, in the zone of Streets Crew 1.
pub(crate) const LAT: f64 = 44.631_79;
pub(crate) const LON: f64 = -124.051_25;

/// A backend, the network before it, and a device that has met the city once.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
    pub(crate) device: Device,
}

impl World {
    pub(crate) async fn new() -> Result<Self> {
        let programs = Programs::from_env()?;
        let folder = tempfile::tempdir()?;
        let server = Server::start(&programs, &folder.path().join("server")).await?;
        let proxy = Proxy::before(server.socket()).await?;
        let device = Device::open(&folder.path().join("device"), &proxy.url()).await?;
        until("the city is on the device", async || Ok(device.city().await?)).await?;
        Ok(Self { folder, server, proxy, device })
    }

    /// Writes a report as the window does, and sends it.
    pub(crate) async fn report(&self, photo: Option<CameraPhoto>) -> Result<Receipt> {
        let device = &self.device;
        let mut draft = device.report_draft().await?;
        if let Some(photo) = photo {
            let bytes = photo.jpeg()?;
            let upload = device.photo_begin(draft.id, bytes.len() as u64).await?;
            for piece in bytes.chunks(768 * 1024) {
                device.photo_piece(upload, &STANDARD.encode(piece)).await?;
            }
            device.photo_finish(upload).await?;
            draft = device.report_draft().await?;
        }
        draft.place = Some(Location {
            point: Point::new(LAT, LON)?,
            source: LocationSource::Address,
            accuracy_m: None,
            fix_age_s: None,
            asset: None,
            label: "214 Kestrel Street".to_owned(),
        });
        draft.service_code = Some("pothole".to_owned());
        draft.answers.insert("where".to_owned(), Answer::Choice("driving_lane".to_owned()));
        device.save_report_draft(draft.clone()).await?;
        Ok(device.send_report(draft.id).await?)
    }

    async fn summary(&self, receipt: &Receipt) -> Result<ReportSummary> {
        let reports = self.device.my_reports().await?;
        reports
            .into_iter()
            .find(|report| report.request == Some(receipt.request))
            .context("the report is in the list")
    }

    /// Waits until the device knows that all of it has arrived.
    pub(crate) async fn arrived(&self, receipt: &Receipt) -> Result<ReportSummary> {
        until("the report has arrived whole", async || {
            let summary = self.summary(receipt).await?;
            Ok((summary.delivery == Delivery::Received && summary.number.is_some())
                .then_some(summary))
        })
        .await
    }

    /// Waits until the device says that the report waits; between tries it says that it sends.
    async fn waits(&self, receipt: &Receipt) -> Result<()> {
        until("the report waits", async || {
            Ok((self.summary(receipt).await?.delivery == Delivery::Waiting).then_some(()))
        })
        .await
    }

    /// What the city itself knows of a code, past the proxy.
    async fn tracked(&self, code: TrackingCode) -> Result<Vec<PublicRequest>> {
        let answer = reqwest::get(self.server.url(&format!("/v1/track/{code}"))).await?;
        if answer.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(Vec::new());
        }
        Ok(answer.error_for_status()?.json::<Tracked>().await?.requests)
    }

    /// Exactly one request has this code, and it is the city's `n`-th.
    async fn is_request(&self, receipt: &Receipt, n: u32) -> Result<()> {
        let requests = self.tracked(receipt.tracking_code).await?;
        ensure!(requests.len() == 1, "{} requests with one code", requests.len());
        let number = &requests[0].number;
        ensure!(number.ends_with(&format!("{n:06}")), "{number} is not the {n}th");
        Ok(())
    }
}

#[tokio::test]
async fn a_lost_acknowledgement_makes_no_second_request() -> Result<()> {
    let mut world = World::new().await?;
    world.proxy.set(Network::LoseAnswers).await?;
    let receipt = world.report(None).await?;
    until("the city has it, and its answer is lost", async || {
        let known = !world.tracked(receipt.tracking_code).await?.is_empty();
        Ok((known && world.proxy.faults() > 0).then_some(()))
    })
    .await?;
    ensure!(world.summary(&receipt).await?.number.is_none(), "the device cannot know");
    world.proxy.set(Network::Pass).await?;
    world.device.retry_now().await?;
    world.arrived(&receipt).await?;
    world.is_request(&receipt, 1).await?;
    // The next one shows that no number was spent on a double.
    let next = world.report(None).await?;
    world.arrived(&next).await?;
    world.is_request(&next, 2).await
}

#[tokio::test]
async fn a_photo_cut_in_the_middle_arrives_whole_and_the_words_do_not_wait() -> Result<()> {
    let mut world = World::new().await?;
    world.proxy.set(Network::CutAfter(48 * 1024)).await?;
    let receipt = world.report(Some(CameraPhoto::at(LAT, LON))).await?;
    until("the words are there, the photo is cut", async || {
        let delivery = world.summary(&receipt).await?.delivery;
        let words = delivery == Delivery::WordsReceived { photos_done: 0, photos: 1 };
        Ok((words && world.proxy.faults() > 0).then_some(()))
    })
    .await?;
    world.is_request(&receipt, 1).await?;
    world.proxy.set(Network::Pass).await?;
    world.device.retry_now().await?;
    let summary = world.arrived(&receipt).await?;
    let hash = summary.photo.context("the report shows its photo")?;
    let stored = stored_photos(&world.server)?;
    ensure!(stored.len() == 1, "{} photos for one", stored.len());
    let kept = world.device.photo_bytes(hash, PhotoSize::Full).await?;
    ensure!(kept.as_deref() == Some(&stored[0][..]), "the city has other bytes than the device");
    ensure!(mend_e2e::photo::metadata(&stored[0])?.is_empty(), "a photo was sent with metadata");
    Ok(())
}

#[tokio::test]
async fn a_backend_that_dies_again_and_again_takes_each_report_once() -> Result<()> {
    let mut world = World::new().await?;
    let mut receipts = Vec::new();
    for _ in 0..4 {
        receipts.push(world.report(None).await?);
        world.server.kill().await?;
        world.server.restart().await?;
        world.device.retry_now().await?;
    }
    let mut numbers = Vec::new();
    for receipt in &receipts {
        numbers.extend(world.arrived(receipt).await?.number);
        let requests = world.tracked(receipt.tracking_code).await?;
        ensure!(requests.len() == 1, "{} requests with one code", requests.len());
    }
    numbers.sort();
    let expected: Vec<String> = (1..=4).map(|n| format!("{n:06}")).collect();
    ensure!(
        numbers.iter().zip(&expected).all(|(number, n)| number.ends_with(n.as_str())),
        "{numbers:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_was_written_without_a_network_survives_and_is_sent_once() -> Result<()> {
    let mut world = World::new().await?;
    world.proxy.set(Network::Refuse).await?;
    let receipt = world.report(Some(CameraPhoto::at(LAT, LON))).await?;
    world.waits(&receipt).await?;
    world.device.close().await;
    world.device = Device::open(&world.folder.path().join("device"), &world.proxy.url()).await?;
    world.waits(&receipt).await?;
    ensure!(world.tracked(receipt.tracking_code).await?.is_empty());
    world.proxy.set(Network::Pass).await?;
    // Nobody presses anything: it sends itself.
    world.arrived(&receipt).await?;
    world.is_request(&receipt, 1).await
}

/// The bytes of every photo that the city stores.
pub(crate) fn stored_photos(server: &Server) -> Result<Vec<Vec<u8>>> {
    let mut photos = Vec::new();
    let mut folders = vec![server.data().join("photos")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                photos.push(std::fs::read(entry.path())?);
            }
        }
    }
    Ok(photos)
}
