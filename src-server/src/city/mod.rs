//! Reads a city's folder into a city pack.
//!
//! A folder holds `city.toml`, `services.toml`, `crews.toml`, `routes.toml`, `calendar.toml`,
//! `zones/<layer>.geojson` and `streets.geojson`; where the city has them, `addresses.csv`,
//! `assets.csv`, `basemap/<layer>.geojson`, words of its own in `locales/<language>/services.ftl` and icons of its own in
//! `icons/services/<code>.svg`. What is wrong is said with file, line and remedy; whether the
//! parts fit together is checked by the rules of the core.

use std::path::Path;

use base64::Engine as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mend_core::city::check::{faults, thorough};
use mend_core::city::pack::{FORMAT, MAX_PACK_BYTES, Places, ZoneRules};
use mend_core::city::{CityPack, Severity};
use mend_core::time::Timestamp;

mod folder;
mod lists;
mod maps;
mod problem;
mod tables;
#[cfg(test)]
mod tests;
mod words;

use folder::Folder;
pub use problem::{MAX_PROBLEMS, Problem};

/// What came of reading a folder.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The city; none if there are errors.
    pub pack: Option<CityPack>,
    /// What is wrong, errors first; at most [`MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many errors there are, also those for which there was no room.
    pub errors: usize,
    /// How many warnings there are, also those for which there was no room.
    pub warnings: usize,
}

/// Reads the city in the folder `dir`, whatever the date is; warnings are passed over.
///
/// # Errors
/// Everything that is wrong with it, at most [`MAX_PROBLEMS`] sentences.
pub fn load(dir: &Path) -> Result<CityPack, Vec<Problem>> {
    let Checked { pack, mut problems, .. } = read(dir, None);
    problems.retain(|problem| problem.severity == Severity::Error);
    pack.ok_or(problems)
}

/// Reads and checks the city in the folder `dir`, also for what is wrong at the instant `now`: no
/// holidays for a date that a promise can reach, zones that hold no longer.
pub fn check(dir: &Path, now: Timestamp) -> Checked {
    read(dir, Some(now))
}

/// Problems of form come first and alone: what does not fit together is said once every file can
/// be read.
fn read(dir: &Path, now: Option<Timestamp>) -> Checked {
    let mut folder = Folder::new(dir);
    let mut pack = None;
    if dir.is_dir() {
        pack = parts(&mut folder);
        maps::basemap(&mut folder);
    } else {
        let what = format!("{} is no folder, or may not be read.", dir.display());
        folder.problem(".", None, what, "Give the folder that holds city.toml.");
    }
    if folder.found().errors() == 0
        && let Some(pack) = &mut pack
    {
        let wrong = faults(pack);
        let today = now.map(|now| local_date(pack, now));
        let unfit = thorough(pack, &wrong, today);
        wrong.into_iter().chain(unfit).for_each(|fault| folder.fault(fault));
        words::check(&mut folder, pack);
        if folder.found().errors() == 0 {
            seal(&mut folder, pack);
        }
    }
    let found = folder.found();
    Checked {
        pack: pack.filter(|_| found.errors() == 0),
        problems: found.said(),
        errors: found.errors(),
        warnings: found.warnings(),
    }
}

/// The pack, if every file has the right form.
fn parts(folder: &mut Folder) -> Option<CityPack> {
    let city = tables::city(folder);
    let services = tables::services(folder);
    let crews = tables::crews(folder);
    let routes = tables::routes(folder);
    let calendar = tables::calendar(folder);
    let zones = maps::zones(folder);
    let streets = maps::streets(folder);
    // Without streets, each address would be one problem more.
    let addresses = streets.as_deref().and_then(|streets| lists::addresses(folder, streets));
    let assets = lists::assets(folder);
    let strings = words::read(folder);
    let city = city?;
    Some(CityPack {
        format: FORMAT,
        id: city.id,
        version: String::new(),
        name: city.name,
        emergency_number: city.emergency_number,
        service_line: city.service_line,
        time_zone: city.time_zone,
        languages: city.languages,
        services: services?,
        departments: city.departments,
        unrouted_department: city.unrouted_department,
        crews: crews?,
        routes: routes?,
        calendar: calendar?,
        zones: zones?,
        partial_layers: city.partial_layers,
        gazetteer: Places { streets: streets?, addresses: addresses?, assets: assets? },
        strings: strings?,
    })
}

/// The city's date at an instant.
fn local_date(pack: &CityPack, now: Timestamp) -> Date {
    let instant = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::MAX);
    time_zone(pack).to_datetime(instant).date()
}

/// The rules of local time that a checked pack carries: the same as on every device, whatever zone
/// data this machine has.
pub fn time_zone(pack: &CityPack) -> TimeZone {
    let ZoneRules { name, tzif } = &pack.time_zone;
    base64::engine::general_purpose::STANDARD
        .decode(tzif)
        .ok()
        .and_then(|bytes| TimeZone::tzif(name, &bytes).ok())
        .unwrap_or(TimeZone::UTC)
}

/// Gives the pack its version.
fn seal(folder: &mut Folder, pack: &mut CityPack) {
    let remedy = "Make the city's folder smaller or simpler.";
    pack.version.clear();
    match pack.clone().sealed() {
        Ok(sealed) => *pack = sealed,
        Err(error) => folder.problem("city.toml", None, format!("{error}."), remedy),
    }
    // Devices read no longer one. What is read of a file is hardly longer than the file.
    if folder.bytes() > MAX_PACK_BYTES / 4
        && pack.to_json().is_ok_and(|json| json.len() > MAX_PACK_BYTES)
    {
        let what = format!("All files together make more than {MAX_PACK_BYTES} bytes for devices.");
        folder.problem("city.toml", None, what, remedy);
    }
}
