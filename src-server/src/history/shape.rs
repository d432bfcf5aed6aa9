//! How many requests come of each service, when, and how long they take: figures derived from
//! Boston's service requests.
//!
//! Source: "311 Service Requests" of the City of Boston (open data, PDDL), two extracts: all of
//! January to October 2015 without five types (A), and a sample of 2015 to 2024 with all types
//! (S). Fields: TYPE, OPEN_DT, CLOSED_DT, CLOSURE_REASON. Each service stands for the types named
//! beside it. Rows that were closed within ten minutes were left out, because whoever had mended
//! it wrote them down.
//!
//! - `share`: by type from S, which alone has all of them; a type that S lacks by its rows in A.
//! - `months`: from S, each service drawn towards all of them together by 50 rows. Times in S are
//!   off by some hours, so hours and weekdays are not taken from there.
//! - `weekdays`, `hours`: from A, local time.
//! - `lasts_h`: CLOSED_DT minus OPEN_DT over both, types weighted as in `share`; 5, 10, 25, 50,
//!   75, 90, 95 and 99 of 100 are closed by then.
//! - `duplicates`: rows of A that staff closed as duplicates. Where A says none, a few.
//!
//! - `shift`: from A, by CLOSED_DT. Where more than 18 of 100 were closed on weekdays before seven
//!   or after five, crews are out late; where 14 more were closed on weekends, every day.
//!
//! All but `lasts_h` and `shift` are per mille, rounded.

/// When crews are out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// On business days, from seven to five.
    Day,
    /// On business days, from six to ten.
    Late,
    /// Every day, from six to ten.
    EveryDay,
}

/// How the requests of one service come and go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// The service's code.
    pub service: &'static str,
    /// Of all requests.
    pub share: u16,
    /// Of its requests, those that tell of what was told before.
    pub duplicates: u16,
    /// From January.
    pub months: [u16; 12],
    /// From Monday.
    pub weekdays: [u16; 7],
    /// From midnight to one o'clock, local time.
    pub hours: [u16; 24],
    /// Hours from arrival to close that the shares [`QUANTILES`] do not exceed.
    pub lasts_h: [f64; 8],
    /// When its crews work.
    pub shift: Shift,
}

/// The shares that [`Shape::lasts_h`] speaks of.
pub const QUANTILES: [f64; 8] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/// Growth from year to year. Rows of S: 229 in 2015, 328 in 2024.
pub const GROWTH: f64 = 1.04;

/// All twelve.
pub const SHAPES: [Shape; 12] = [
    // Request for Pothole Repair, Sidewalk Repair (Make Safe), Roadway Repair, BWSC Pothole.
    Shape {
        service: "pothole",
        share: 100,
        duplicates: 96,
        months: [107, 74, 116, 112, 114, 121, 50, 97, 60, 65, 49, 35],
        weekdays: [172, 179, 182, 194, 165, 64, 44],
        hours: [
            2, 2, 4, 1, 2, 2, 14, 31, 66, 87, 105, 100, 111, 105, 93, 62, 55, 44, 42, 26, 15, 14,
            11, 5,
        ],
        lasts_h: [1.06, 2.14, 16.1, 36.9, 96.0, 316.0, 995.0, 4660.0],
        shift: Shift::Day,
    },
    // Street Light Outages, General Lighting Request, Street Light Knock Downs.
    Shape {
        service: "streetlight",
        share: 75,
        duplicates: 24,
        months: [74, 69, 126, 45, 89, 83, 60, 89, 115, 85, 108, 56],
        weekdays: [135, 189, 186, 183, 164, 75, 67],
        hours: [
            19, 20, 20, 14, 25, 13, 12, 33, 55, 72, 71, 67, 56, 51, 53, 47, 44, 35, 38, 50, 67, 70,
            45, 23,
        ],
        lasts_h: [0.604, 1.44, 7.25, 77.0, 328.0, 1130.0, 1920.0, 4420.0],
        shift: Shift::Late,
    },
    // Graffiti Removal, PWD Graffiti.
    Shape {
        service: "graffiti",
        share: 39,
        duplicates: 111,
        months: [77, 50, 103, 66, 78, 142, 98, 99, 86, 73, 66, 62],
        weekdays: [126, 231, 140, 163, 127, 125, 87],
        hours: [
            6, 13, 9, 7, 6, 3, 12, 104, 50, 62, 72, 71, 72, 82, 73, 74, 64, 57, 64, 41, 21, 20, 12,
            7,
        ],
        lasts_h: [2.89, 8.93, 47.6, 239.0, 769.0, 1580.0, 1990.0, 3040.0],
        shift: Shift::Day,
    },
    // Abandoned Vehicles.
    Shape {
        service: "abandoned_vehicle",
        share: 49,
        duplicates: 110,
        months: [104, 89, 82, 76, 96, 89, 77, 78, 67, 92, 86, 63],
        weekdays: [183, 185, 189, 190, 151, 65, 38],
        hours: [
            1, 2, 2, 0, 3, 1, 7, 54, 122, 100, 105, 77, 75, 72, 81, 66, 66, 53, 35, 28, 16, 11, 12,
            10,
        ],
        lasts_h: [17.3, 33.8, 121.0, 255.0, 395.0, 596.0, 768.0, 1440.0],
        shift: Shift::Day,
    },
    // Illegal Dumping, Trash on Vacant Lot, Construction Debris.
    Shape {
        service: "illegal_dumping",
        share: 34,
        duplicates: 20,
        months: [78, 70, 60, 65, 91, 82, 67, 175, 88, 86, 77, 60],
        weekdays: [149, 217, 264, 201, 138, 18, 13],
        hours: [
            0, 0, 0, 0, 0, 0, 3, 60, 162, 136, 99, 133, 91, 89, 91, 73, 18, 16, 13, 0, 8, 3, 5, 0,
        ],
        lasts_h: [0.63, 0.897, 4.18, 17.4, 65.1, 559.0, 1420.0, 2880.0],
        shift: Shift::Day,
    },
    // Tree Maintenance Requests, Tree Emergencies, Tree in Park.
    Shape {
        service: "tree",
        share: 53,
        duplicates: 50,
        months: [58, 34, 71, 57, 112, 96, 94, 157, 75, 126, 49, 71],
        weekdays: [172, 211, 186, 168, 167, 46, 50],
        hours: [
            4, 3, 2, 1, 0, 3, 9, 43, 80, 107, 106, 101, 80, 102, 83, 76, 65, 38, 35, 18, 17, 13, 8,
            6,
        ],
        lasts_h: [0.802, 1.48, 11.0, 189.0, 1490.0, 2760.0, 3750.0, 5450.0],
        shift: Shift::Day,
    },
    // Improper Storage of Trash (Barrels), Poor Conditions of Property, Unsatisfactory Living
    // Conditions, Unsafe Dangerous Conditions, Working Beyond Hours, Work w/out Permit, Illegal
    // Occupancy, Overflowing or Un-kept Dumpster, Maintenance Complaint - Residential.
    Shape {
        service: "code_violation",
        share: 198,
        duplicates: 6,
        months: [80, 40, 71, 63, 104, 81, 111, 111, 140, 72, 59, 68],
        weekdays: [184, 197, 200, 203, 157, 30, 29],
        hours: [
            3, 1, 1, 1, 1, 2, 5, 12, 75, 123, 129, 135, 93, 89, 110, 94, 38, 27, 20, 13, 13, 7, 7,
            4,
        ],
        lasts_h: [0.406, 0.598, 1.85, 12.8, 42.5, 361.0, 812.0, 1780.0],
        shift: Shift::Day,
    },
    // Missed Trash/Recycling/Yard Waste/Bulk Item, CE Collection (its name in 2015).
    Shape {
        service: "missed_trash",
        share: 245,
        duplicates: 36,
        months: [56, 51, 57, 78, 73, 96, 93, 138, 138, 72, 89, 60],
        weekdays: [101, 225, 198, 153, 192, 110, 22],
        hours: [
            1, 0, 0, 0, 0, 0, 12, 55, 107, 116, 119, 87, 62, 39, 66, 79, 80, 71, 54, 41, 9, 1, 1, 0,
        ],
        lasts_h: [0.439, 0.713, 1.7, 5.38, 17.3, 25.4, 61.8, 123.0],
        shift: Shift::EveryDay,
    },
    // Fire Hydrant, Catchbasin, Watermain Break, BWSC General Request, Utility Casting Repair, No
    // Utilities Residential - Water.
    Shape {
        service: "water_leak",
        share: 10,
        duplicates: 11,
        months: [82, 87, 73, 62, 84, 105, 82, 102, 97, 75, 98, 54],
        weekdays: [160, 194, 214, 171, 146, 60, 55],
        hours: [
            9, 3, 0, 3, 5, 6, 25, 39, 71, 119, 109, 80, 90, 85, 88, 55, 47, 54, 39, 15, 26, 12, 13,
            6,
        ],
        lasts_h: [0.903, 3.34, 19.4, 68.7, 309.0, 1010.0, 1680.0, 3930.0],
        shift: Shift::Day,
    },
    // Sign Repair, Missing Sign.
    Shape {
        service: "sign",
        share: 49,
        duplicates: 84,
        months: [68, 53, 136, 58, 69, 80, 159, 106, 76, 101, 40, 54],
        weekdays: [153, 197, 191, 194, 169, 45, 50],
        hours: [
            4, 3, 3, 2, 2, 2, 12, 38, 67, 96, 187, 146, 99, 93, 52, 33, 34, 35, 28, 22, 15, 10, 10,
            6,
        ],
        lasts_h: [7.93, 19.7, 47.9, 123.0, 286.0, 602.0, 1070.0, 2140.0],
        shift: Shift::Day,
    },
    // Ground Maintenance, Parks General Request, Equipment Repair.
    Shape {
        service: "park_maintenance",
        share: 57,
        duplicates: 17,
        months: [38, 65, 58, 70, 97, 140, 112, 113, 119, 68, 54, 66],
        weekdays: [175, 199, 183, 179, 132, 63, 70],
        hours: [
            2, 1, 2, 0, 0, 4, 12, 27, 66, 103, 111, 100, 76, 96, 85, 83, 80, 43, 35, 26, 19, 14,
            11, 4,
        ],
        lasts_h: [2.37, 10.6, 27.0, 93.2, 241.0, 693.0, 1390.0, 4000.0],
        shift: Shift::Day,
    },
    // Pick up Dead Animal, Animal Generic Request, General Comments For a Program or Policy, Public
    // Works General Request, Transportation General Request.
    Shape {
        service: "other",
        share: 89,
        duplicates: 9,
        months: [54, 55, 63, 53, 117, 87, 91, 92, 128, 126, 59, 75],
        weekdays: [165, 175, 166, 165, 160, 86, 84],
        hours: [
            6, 5, 3, 1, 1, 3, 14, 52, 73, 84, 80, 79, 77, 78, 78, 79, 73, 63, 52, 37, 23, 19, 13, 8,
        ],
        lasts_h: [0.283, 0.418, 0.879, 2.11, 16.1, 108.0, 336.0, 1510.0],
        shift: Shift::EveryDay,
    },
];

/// The shape of a service; one that is not among the twelve comes and goes like `other`.
pub fn of(service: &str) -> &'static Shape {
    let [.., other] = &SHAPES;
    SHAPES.iter().find(|shape| shape.service == service).unwrap_or(other)
}

/// The shortest that anything takes, hours.
const SHORTEST_H: f64 = 0.25;
/// How much longer than the last quantile the very longest takes.
const LONGEST: f64 = 1.2;

impl Shape {
    /// Hours from arrival to close that a share `rank` of its requests, 0 to 1, does not exceed:
    /// between the quantiles the logarithm runs straight.
    pub fn lasts_h_at(&self, rank: f64) -> f64 {
        let rank = rank.clamp(0.0, 1.0);
        let (mut from, mut low) = (0.0, SHORTEST_H.min(self.lasts_h[0]));
        let last = self.lasts_h[QUANTILES.len() - 1] * LONGEST;
        for (to, high) in QUANTILES.into_iter().zip(self.lasts_h).chain([(1.0, last)]) {
            if rank <= to {
                let share = (rank - from) / (to - from);
                return (low.ln() + (high.ln() - low.ln()) * share).exp().max(SHORTEST_H);
            }
            (from, low) = (to, high);
        }
        last
    }
}
