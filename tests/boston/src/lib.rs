//! Mend's rules against a real city.
//!
//! Boston's service requests of January to October 2015 say, for each, what was reported, where,
//! which queue got it and by when it should be done. Here Boston becomes a city of ours, built from
//! its polygons: types are services, queues are departments. Then three questions are put to the
//! real zones, router and calendar, and their answers stand beside what Boston did:
//!
//! 1. **Labels.** Does a position lie in the police district and ward that the record names?
//! 2. **Routing.** How often do rules of service and district, at most [`routes::MOST_RULES`] of
//!    them, send a request to the queue that got it? Rules are derived from some rows and measured
//!    on others, once split by chance ([`records::Record::is_held_out`]) and once by time.
//! 3. **Targets.** Which of our SLAs gives each type's target dates, and how often?
//!
//! What always holds:
//! - Districts are located from coordinates; a record's own labels are read for question 1 only.
//! - No row is left out of a count. Rows that cannot be judged are a column of their own.
//! - The data is read in place, from `boston/` in the folder that `MEND_REFERENCE_DATA` names. Where
//!   that is absent, the tests say so and pass.
//!
//! Known of the data: some thousands of rows stand on the position of City Hall because nobody said
//! where ([`records::NOWHERE`]). They are located there like any other, since a city that gets such
//! a position cannot know better either. The layers [`zones::DRAWN_FROM_LABELS`] were drawn by
//! others from the labels of such records, since no official borders of 2015 are at hand. So the
//! labels of some rows have reached these polygons; routing is also measured without them.
//!
//! `cargo test -p mend-boston -- --nocapture --test-threads 1` prints the tables.

pub mod city;
pub mod records;
pub mod reference;
pub mod routes;
pub mod targets;
pub mod zones;
