//! Photos that are cut on the way go on at the byte: what the city has acknowledged is never sent
//! again, as counted by the proxy between a real device and the shipped backend.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use mend_core::api::Delivery;
use mend_device::{Device, photo::PhotoSize};
use mend_e2e::{CameraPhoto, Carried, Network, until};

use crate::faults::{LAT, LON, World, stored_photos};

/// What passed the proxy of one photo.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    /// Pieces that a device began to send, and pieces that the city took.
    sent: usize,
    taken: usize,
    /// Bytes that the city had acknowledged before the device sent them.
    sent_again: u64,
}

/// A header's number in the first head of some text.
fn header(text: &str, name: &str) -> Option<u64> {
    let head = text.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse().ok())
}

/// Reads what was carried as HTTP/1.1, as far as pieces of one photo go.
fn count(carried: &[Carried]) -> Count {
    let mut count = Count::default();
    let mut acknowledged = 0;
    // What was last said on a connection in one direction, from the last head on.
    let mut heads: HashMap<(u64, bool), String> = HashMap::new();
    for Carried { line, up, bytes } in carried {
        let text = String::from_utf8_lossy(bytes);
        let start = if *up { "PATCH /v1/photos/" } else { "HTTP/1.1 204 " };
        let head = heads.entry((*line, *up)).or_default();
        if text.starts_with(start) {
            head.clear();
        } else if head.is_empty() {
            continue;
        }
        head.push_str(&text);
        if !head.contains("\r\n\r\n") {
            continue;
        }
        let offset = header(head, "upload-offset");
        let length = header(head, "content-length");
        head.clear();
        match (up, offset, length) {
            (true, Some(from), Some(length)) => {
                count.sent += 1;
                let end = from + length;
                count.sent_again += end.min(acknowledged).saturating_sub(from);
            }
            (false, Some(offset), _) => {
                count.taken += 1;
                acknowledged = acknowledged.max(offset);
            }
            _ => {}
        }
    }
    count
}

#[test]
fn what_is_sent_again_is_counted() {
    let carried = |line, up, text: &str| Carried { line, up, bytes: text.as_bytes().to_vec() };
    let piece = |from: u64, length: u64| {
        format!(
            "PATCH /v1/photos/x HTTP/1.1\r\nupload-offset: {from}\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let taken = |to: u64| format!("HTTP/1.1 204 No Content\r\nupload-offset: {to}\r\n\r\n");
    let all = [
        carried(1, true, &piece(0, 100)),
        carried(1, true, "some bytes"),
        carried(1, false, &taken(100)),
        carried(2, true, "PATCH /v1/photos/x HTTP/1.1\r\nupload-offset: 60\r\n"),
        carried(1, false, "HTTP/1.1 200 OK\r\nupload-offset: 500\r\n\r\n"),
        carried(2, true, "content-length: 90\r\n\r\nbytes"),
        carried(2, false, &taken(150)),
        carried(2, true, &piece(150, 7)),
    ];
    assert_eq!(count(&all), Count { sent: 3, taken: 2, sent_again: 40 });
}

/// A photo that stays large when the device has shrunk it.
fn large() -> CameraPhoto {
    CameraPhoto { width: 3000, height: 2250, ..CameraPhoto::at(LAT, LON) }
}

#[tokio::test]
async fn after_a_cut_no_acknowledged_byte_is_sent_again() -> Result<()> {
    let mut world = World::new().await?;
    world.proxy.set(Network::CutAfter(100 * 1024)).await?;
    let receipt = world.report(Some(large())).await?;
    // Long pieces are cut, short ones arrive; nobody waits for the pauses between tries.
    until("two pieces have arrived, and more were cut", async || {
        world.device.retry_now().await?;
        let count = count(&world.proxy.carried());
        Ok((count.taken >= 2 && count.sent > count.taken).then_some(()))
    })
    .await?;
    // The city takes a piece, and its answer is lost.
    let (taken, faults) = (count(&world.proxy.carried()).taken, world.proxy.faults());
    world.proxy.set(Network::LoseAnswers).await?;
    until("an answer is lost", async || {
        world.device.retry_now().await?;
        Ok((world.proxy.faults() > faults).then_some(()))
    })
    .await?;
    // Both ends die, one after the other, and the link goes on breaking.
    world.server.kill().await?;
    world.server.restart().await?;
    world.device.close().await;
    world.proxy.set(Network::CutAfter(100 * 1024)).await?;
    world.device = Device::open(&world.folder.path().join("device"), &world.proxy.url()).await?;
    let summary = until("the photo has arrived", async || {
        world.device.retry_now().await?;
        let mut reports = world.device.my_reports().await?.into_iter();
        let mine = reports.find(|report| report.request == Some(receipt.request));
        Ok(mine.filter(|report| report.delivery == Delivery::Received))
    })
    .await?;
    let count = count(&world.proxy.carried());
    ensure!(count.taken > taken && count.sent > count.taken, "nothing was cut: {count:?}");
    ensure!(count.sent_again == 0, "acknowledged bytes were sent again: {count:?}");
    let stored = stored_photos(&world.server)?;
    ensure!(stored.len() == 1, "{} files for one photo", stored.len());
    let kept = match summary.photo {
        Some(hash) => world.device.photo_bytes(hash, PhotoSize::Full).await?,
        None => None,
    };
    ensure!(kept.as_deref() == Some(&stored[0][..]), "the city has other bytes than the device");
    ensure!(stored[0].len() > 300 * 1024, "too small to be cut: {} bytes", stored[0].len());
    Ok(())
}
