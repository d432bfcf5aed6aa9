//! Reads a city's folder into a city pack.
//!
//! A folder holds `city.toml`, `services.toml`, `crews.toml`, `routes.toml`, `calendar.toml`,
//! `zones/<layer>.geojson`, `streets.geojson`, `addresses.csv`, and, where the city has words of
//! its own, `locales/<language>/services.ftl`. What is wrong is said with file, line and remedy;
//! whether the parts fit together is checked by the same rules that a device applies to a pack.

use std::path::Path;

use mend_core::city::{CityPack, PackError, zones};

mod addresses;
mod folder;
mod maps;
mod problem;
mod tables;
#[cfg(test)]
mod tests;
mod words;

use folder::Folder;
pub use problem::Problem;

/// Reads and checks the city in the folder `dir`.
///
/// # Errors
/// Everything that is wrong with it, at most [`problem::MAX_PROBLEMS`] sentences. Problems of form
/// come first and alone: what does not fit together is said once every file can be read.
pub fn load(dir: &Path) -> Result<CityPack, Vec<Problem>> {
    let mut folder = Folder::new(dir);
    let pack = read(&mut folder);
    let problems = folder.problems();
    match pack {
        Some(pack) if problems.is_empty() => checked(&folder, pack),
        _ => Err(problem::capped(problems)),
    }
}

/// The pack, if every file has the right form.
fn read(folder: &mut Folder) -> Option<CityPack> {
    let city = tables::city(folder);
    let services = tables::services(folder);
    let crews = tables::crews(folder);
    let routes = tables::routes(folder);
    let calendar = tables::calendar(folder);
    let zones = maps::zones(folder);
    let streets = maps::streets(folder);
    let addresses = addresses::read(folder, streets.as_deref().unwrap_or_default());
    let strings = words::read(folder);
    let city = city?;
    Some(CityPack {
        format: mend_core::city::pack::FORMAT,
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
        gazetteer: mend_core::city::pack::Places { streets: streets?, addresses: addresses? },
        strings: strings?,
    })
}

/// The pack with its version, if its parts fit together.
fn checked(folder: &Folder, pack: CityPack) -> Result<CityPack, Vec<Problem>> {
    let whole = |error: PackError| {
        vec![Problem {
            file: "city.toml".to_owned(),
            line: None,
            what: format!("{error}."),
            remedy: "Make the city's folder smaller or simpler.".to_owned(),
        }]
    };
    let pack = pack.sealed().map_err(whole)?;
    let mut faults = match mend_core::city::City::from_pack(pack.clone()) {
        Ok(_) => Vec::new(),
        Err(PackError::Faulty(faults)) => faults,
        Err(error) => return Err(whole(error)),
    };
    faults.extend(zones::shape_faults(&pack));
    if faults.is_empty() {
        return Ok(pack);
    }
    Err(problem::capped(faults.into_iter().map(|fault| folder.locate(fault)).collect()))
}
