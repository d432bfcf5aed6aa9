//! Photos: what is taken, what is refused and why, and the corpus of real files.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up should stop")]

use std::collections::HashMap;
use std::path::PathBuf;

use image::{ImageEncoder, Rgb, RgbImage};
use mend_core::photo_hint::NoHint;
use mend_device::photo::{
    LONG_SIDE, Layout, PhotoError, PhotoFiles, PhotoSize, THUMB_SIDE, dimensions, prepare,
};

/// A street of 3000 × 2000 pixels: no two rows alike, so that a missing part shows.
fn street(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 7 + y) as u8, (y * 3) as u8, ((x ^ y) & 0xff) as u8])
    })
}

fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, 90).encode_image(image).unwrap();
    out
}

fn progressive(image: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 90);
    encoder.set_progressive(true);
    let (width, height) = (image.width() as u16, image.height() as u16);
    encoder.encode(image.as_raw(), width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

fn png(image: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::png::PngEncoder::new(&mut out)
        .write_image(image.as_raw(), image.width(), image.height(), image::ColorType::Rgb8.into())
        .unwrap();
    out
}

/// The segments of a JPEG before its first scan.
fn segments(jpeg: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut at = 2;
    while jpeg[at] == 0xff && jpeg[at + 1] != 0xda {
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

#[test]
fn a_large_photo_is_shrunk_and_carries_nothing_else() {
    let prepared = prepare(&jpeg(&street(3000, 2000))).unwrap();
    assert_eq!((prepared.width, prepared.height), (LONG_SIDE, 1365));
    assert_eq!(prepared.hint, Err(NoHint::NoExif));
    // JFIF's APP0 alone; no APP1 (EXIF, XMP), APP2 (ICC), APP13 (IPTC) or comment.
    let extra = segments(&prepared.jpeg).into_iter().filter(|m| (0xe1..=0xfe).contains(m));
    assert_eq!(extra.count(), 0);
    let again = prepare(&prepared.jpeg).unwrap();
    assert_eq!((again.width, again.height), (prepared.width, prepared.height));
    let thumb = image::load_from_memory(&prepared.thumb).unwrap();
    assert_eq!(thumb.width().max(thumb.height()), THUMB_SIDE);
}

#[test]
fn a_small_photo_keeps_its_size() {
    let prepared = prepare(&png(&street(40, 30))).unwrap();
    assert_eq!((prepared.width, prepared.height), (40, 30));
}

#[test]
fn transparent_becomes_white() {
    let mut out = Vec::new();
    image::codecs::png::PngEncoder::new(&mut out)
        .write_image(&[0u8; 16 * 16 * 4], 16, 16, image::ColorType::Rgba8.into())
        .unwrap();
    let prepared = prepare(&out).unwrap();
    let pixels = image::load_from_memory(&prepared.jpeg).unwrap().into_rgb8();
    assert!(pixels.pixels().all(|p| p.0.iter().all(|v| *v > 250)));
}

fn refused(bytes: &[u8]) -> Option<PhotoError> {
    prepare(bytes).err()
}

#[test]
fn a_photo_that_ends_early_is_refused_wherever_it_ends() {
    for (name, whole) in [
        ("baseline", jpeg(&street(640, 480))),
        ("progressive", progressive(&street(640, 480))),
        ("png", png(&street(64, 48))),
    ] {
        assert!(prepare(&whole).is_ok(), "{name}");
        for percent in [1, 5, 20, 50, 80, 95, 99] {
            let cut = &whole[..whole.len() * percent / 100];
            assert_eq!(refused(cut), Some(PhotoError::Truncated), "{name} {percent} %");
            // Some programs close what they could not finish. A progressive photo closed between
            // two passes is a whole one of lower quality, and nobody could tell.
            if name == "baseline" {
                let closed = [cut, &[0xff, 0xd9]].concat();
                assert_eq!(refused(&closed), Some(PhotoError::Truncated), "{name} {percent} %");
            }
        }
        // The last byte alone; of a PNG, that is the checksum of an empty block.
        let all_but_one = &whole[..whole.len() - 1];
        assert_eq!(refused(all_but_one).is_some(), name != "png", "{name}");
    }
}

#[test]
fn what_is_no_photo_is_named() {
    let code = |bytes: &[u8]| prepare(bytes).unwrap_err().code();
    assert_eq!(code(b""), "photo_not_image");
    assert_eq!(code(b"Dear city, there is a hole"), "photo_not_image");
    assert_eq!(code(b"%PDF-1.7 ......................."), "photo_not_image");
    assert_eq!(code(b"\0\0\0\x18ftypisom\0\0\0\0mp42"), "photo_not_image");
    let heic = prepare(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap_err();
    assert_eq!(heic, PhotoError::FormatUnsupported { format: "HEIC" });
    assert_eq!(heic.params(), [("format", "HEIC".to_owned())]);
    assert_eq!(code(b"GIF89a\x01\0\x01\0"), "photo_format_unsupported");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_opened() {
    let large = vec![0xff; 40_000_001];
    assert_eq!(refused(&large).unwrap(), PhotoError::TooLarge { bytes: 40_000_001 });
    // 65,000 × 2,000 pixels by its header; the pixels themselves are not even there.
    let mut bomb = jpeg(&street(16, 16));
    let frame = bomb.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0x07, 0xd0, 0xfd, 0xe8]);
    assert_eq!(refused(&bomb), Some(PhotoError::TooManyPixels { width: 65_000, height: 2_000 }));
}

#[test]
fn files_are_whole_or_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let files = PhotoFiles::open(dir.path(), Layout::Flat).unwrap();
    let photo = prepare(&jpeg(&street(100, 80))).unwrap();
    files.keep(photo.sha256, &photo.jpeg, Some(&photo.thumb)).unwrap();
    files.keep(photo.sha256, &photo.jpeg, Some(&photo.thumb)).unwrap();
    assert_eq!(files.read(photo.sha256, PhotoSize::Full).unwrap(), Some(photo.jpeg.clone()));
    assert_eq!(files.read(photo.sha256, PhotoSize::Thumb).unwrap(), Some(photo.thumb.clone()));
    assert_eq!(files.all().unwrap(), [photo.sha256]);
    assert_eq!(dimensions(&files, photo.sha256).unwrap(), Some((photo.width, photo.height)));

    // A kill in the middle of writing: the temporary file is there, the name is not.
    let other = prepare(&jpeg(&street(90, 70))).unwrap();
    let part = dir.path().join(format!("{}.jpg.part", other.sha256));
    std::fs::write(&part, &other.jpeg[..other.jpeg.len() / 2]).unwrap();
    let files = PhotoFiles::open(dir.path(), Layout::Flat).unwrap();
    assert!(!part.exists() && !files.has(other.sha256));
    assert_eq!(files.read(other.sha256, PhotoSize::Full).unwrap(), None);
    assert_eq!(files.all().unwrap(), [photo.sha256]);

    // A file that a failing disk changed is not shown as what it was.
    let path = dir.path().join(format!("{}.jpg", photo.sha256));
    std::fs::write(&path, b"something else").unwrap();
    assert_eq!(files.read(photo.sha256, PhotoSize::Full).unwrap(), None);
    files.remove(photo.sha256).unwrap();
    assert!(!files.has(photo.sha256));
}

/// Real photos and real wreckage, read in place. Where they are not, this has nothing to say.
fn corpus() -> Option<PathBuf> {
    let dir = std::env::var_os("MEND_REFERENCE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let dir = dir.join("exif");
    dir.join("expected.csv").exists().then_some(dir)
}

/// Splits a line of CSV with quoted fields.
fn csv(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that passes over missing data must say so")]
fn real_files_agree_with_exiftool() {
    let Some(dir) = corpus() else {
        eprintln!("passed over: the reference photos are not on this machine");
        return;
    };
    let table = std::fs::read_to_string(dir.join("expected.csv")).unwrap();
    let mut lines = table.lines();
    let head = csv(lines.next().unwrap());
    let column = |name: &str| head.iter().position(|h| h == name).unwrap();
    let (lat, lon) = (column("composite_lat"), column("composite_lon"));
    let (width, height, turned) = (column("width"), column("height"), column("orientation"));
    let (mut positions, mut opened, mut outcomes) = (0, 0, HashMap::<&str, u32>::new());
    for line in lines {
        let row = csv(line);
        let name = &row[0];
        let bytes = std::fs::read(dir.join(name)).unwrap();
        let hint = mend_core::photo_hint::read(&bytes);
        if let Ok(hint) = &hint
            && let Some(point) = hint.point
        {
            let expected = |at: usize| row[at].parse::<f64>().ok();
            let (Some(lat), Some(lon)) = (expected(lat), expected(lon)) else {
                panic!("{name}: a position where exiftool has none: {point:?}");
            };
            assert!((point.lat() - lat).abs() < 1e-6, "{name}: {point:?}, expected {lat}");
            assert!((point.lon() - lon).abs() < 1e-6, "{name}: {point:?}, expected {lon}");
            positions += 1;
        }
        match prepare(&bytes) {
            Ok(prepared) => {
                opened += 1;
                assert!(prepared.width.max(prepared.height) <= LONG_SIDE, "{name}");
                let size = |at: usize| row[at].parse::<u32>().ok();
                if let (Some(mut w), Some(mut h)) = (size(width), size(height))
                    && w.max(h) <= LONG_SIDE
                {
                    if matches!(row[turned].as_str(), "5" | "6" | "7" | "8") {
                        std::mem::swap(&mut w, &mut h);
                    }
                    assert_eq!((prepared.width, prepared.height), (w, h), "{name}");
                }
                // Nothing of the original's EXIF is left.
                assert_eq!(
                    mend_core::photo_hint::read(&prepared.jpeg),
                    Err(NoHint::NoExif),
                    "{name}"
                );
            }
            Err(error) => {
                let sound = ["gps/", "orientation/", "plain/"].iter().any(|d| name.starts_with(d));
                assert!(!sound || !name.ends_with("jpg"), "{name}: {error}");
                *outcomes.entry(error.code()).or_default() += 1;
            }
        }
    }
    eprintln!("{positions} positions, {opened} opened, refused: {outcomes:?}");
    assert!(positions >= 20, "{positions} positions");
    assert!(opened >= 70, "{opened} opened");
}

/// Eight files show the same street, stored turned in eight ways.
#[test]
fn eight_orientations_become_one_picture() {
    let Some(dir) = corpus() else { return };
    let small = |n: u32| {
        let bytes = std::fs::read(dir.join(format!("orientation/Landscape_{n}.jpg"))).unwrap();
        let prepared = prepare(&bytes).unwrap();
        image::load_from_memory(&prepared.thumb).unwrap().into_rgb8()
    };
    let upright = small(1);
    for n in 2..=8 {
        let other = small(n);
        assert_eq!(other.dimensions(), upright.dimensions(), "orientation {n}");
        let difference: u64 = upright
            .pixels()
            .zip(other.pixels())
            .flat_map(|(a, b)| a.0.into_iter().zip(b.0))
            .map(|(a, b)| u64::from(a.abs_diff(b)))
            .sum();
        let mean = difference as f64 / (f64::from(upright.width() * upright.height()) * 3.0);
        // The files carry the number of their orientation as a small label, so not quite zero.
        assert!(mean < 12.0, "orientation {n}: mean difference {mean}");
    }
}
