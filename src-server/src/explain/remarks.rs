//! What whoever asks should know of the question itself.

use jiff::civil::Date;
use mend_core::city::City;
use mend_core::time::Timestamp;
use serde::Serialize;

use super::Asked;

/// How far from the place an asset is taken for one that somebody means, in metres.
const NEAR_M: f64 = 100.0;

/// Something to know. For programs `code`, for people `text`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// `time_twice`, `asset_of_another_kind`, `asset_elsewhere` or `no_holidays`.
    pub code: &'static str,
    /// A sentence.
    pub text: String,
}

/// Everything to know of what was asked and of what is promised until `due`.
pub(super) fn remarks(city: &City, asked: &Asked, due: Option<Timestamp>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut add = |code, text| remarks.push(Remark { code, text });
    if asked.time_twice {
        let text = "Clocks are put back then: this is the first of two such times. Write the offset \
                    to ask for the other.";
        add("time_twice", text.to_owned());
    }
    if let Some(asset) = &asked.asset {
        let kinds = &asked.service.asset_kinds;
        if !kinds.contains(&asset.kind) {
            let asks = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
            let service = &asked.service.code;
            add(
                "asset_of_another_kind",
                format!("{service} is for assets of the kind {asks}, not {}.", asset.kind),
            );
        }
        let assets = &city.pack().gazetteer.assets;
        let place = assets.iter().find(|a| a.kind == asset.kind && a.number == asset.number);
        let distance = place.map_or(0.0, |known| known.at.distance_m(asked.at));
        if distance > NEAR_M {
            add("asset_elsewhere", format!("The asset stands {distance:.0} m from the place."));
        }
    }
    if let Some(due) = due {
        let year = |at| city.year(at);
        let known = |year: i16| {
            let dates = city.pack().calendar.holidays.iter();
            dates.filter_map(|day| day.date.parse::<Date>().ok()).any(|day| day.year() == year)
        };
        for year in (year(asked.time)..=year(due)).filter(|year| !known(*year)) {
            add("no_holidays", format!("No holidays of {year} are known: dates may be too early."));
        }
    }
    remarks
}
