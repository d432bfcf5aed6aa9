//! What people and crews write, in invented words. No names, no numbers of anyone.

/// What one writes of a service.
pub struct Words {
    /// The service's code.
    service: &'static str,
    /// Of the problem, by whoever reports it.
    pub told: &'static [&'static str],
    /// Of the work, by the crew.
    pub done: &'static [&'static str],
}

const WORDS: [Words; 12] = [
    Words {
        service: "pothole",
        told: &[
            "Deep enough to bend a wheel.",
            "It fills with water, then nobody sees it.",
            "Opened up again after the last patch.",
            "Cars swerve around it into the other lane.",
            "It gets bigger every week.",
        ],
        done: &[
            "Filled and rolled.",
            "Cut out and patched.",
            "Patched for now; the lane is on the list for new paving.",
        ],
    },
    Words {
        service: "streetlight",
        told: &[
            "Dark since the weekend.",
            "It goes on and off all night.",
            "Three in a row are out.",
            "The corner is pitch dark on the way home.",
            "It burns all day.",
        ],
        done: &["New lamp.", "Replaced the sensor.", "A cable was damaged; spliced and tested."],
    },
    Words {
        service: "graffiti",
        told: &[
            "Sprayed over the whole wall.",
            "It came back where it was cleaned last month.",
            "Small, but it spreads.",
            "On the side facing the playground.",
        ],
        done: &[
            "Washed off.",
            "Painted over.",
            "Removed with the sand blaster; the stone will look lighter for a while.",
        ],
    },
    Words {
        service: "abandoned_vehicle",
        told: &[
            "It has not moved since last month.",
            "Flat tires, and leaves on the windshield.",
            "The plates are gone.",
            "Glass all over the street beside it.",
        ],
        done: &["Towed.", "Tagged, and moved by its owner.", "Gone when we came."],
    },
    Words {
        service: "illegal_dumping",
        told: &[
            "Two mattresses and a sofa.",
            "Bags that were torn open by animals.",
            "Rubble, about a truckload.",
            "Old tires at the end of the street.",
            "Someone leaves more every night.",
        ],
        done: &["Collected.", "Cleared and swept.", "Cleared; we will pass by again next week."],
    },
    Words {
        service: "tree",
        told: &[
            "A large branch hangs over the sidewalk.",
            "The branches touch the wires.",
            "It came down in the wind.",
            "The roots lift the sidewalk.",
            "No leaves on it this year.",
        ],
        done: &[
            "Cut back.",
            "Branch taken down and chipped.",
            "Taken down; a new one is planted in the fall.",
        ],
    },
    Words {
        service: "code_violation",
        told: &[],
        done: &[
            "Inspected; the owner was given notice.",
            "Inspected; nothing against the code was found.",
            "Put right by the owner and inspected.",
        ],
    },
    Words {
        service: "missed_trash",
        told: &[
            "The whole street is still full.",
            "Everybody else's was taken.",
            "It stood out before six.",
        ],
        done: &[
            "Picked up.",
            "Picked up by the second truck.",
            "The bin was not out when the truck came by; picked up now.",
        ],
    },
    Words {
        service: "water_leak",
        told: &[
            "Water comes up through the road.",
            "The drain is blocked, the corner floods.",
            "It smells of sewage.",
            "Running down the gutter day and night.",
        ],
        done: &["Clamped the pipe.", "Drain cleared.", "Valve replaced; the water is back on."],
    },
    Words {
        service: "sign",
        told: &[
            "The sign lies on the ground.",
            "Turned the wrong way by the wind.",
            "Hidden behind branches.",
            "So faded that nobody can read it.",
        ],
        done: &["New sign.", "Set upright and bolted.", "Cut free and cleaned."],
    },
    Words {
        service: "park_maintenance",
        told: &[
            "Two boards of the bench are broken.",
            "The swing hangs on one chain.",
            "The grass is knee high.",
            "The bins are overflowing after the weekend.",
            "The path is washed out.",
        ],
        done: &[
            "Repaired.",
            "Mown.",
            "Emptied and cleaned.",
            "Closed off until the part arrives, then repaired.",
        ],
    },
    Words {
        service: "other",
        told: &[],
        done: &["Taken care of.", "Passed on and answered.", "Cleaned up."],
    },
];

/// Answers that a service asks for in words: service, question, and what one answers.
const ANSWERS: [(&str, &str, &[&str]); 4] = [
    (
        "code_violation",
        "details",
        &[
            "The yard has been overgrown since spring.",
            "Work goes on every night after ten.",
            "The back stairs are rotten.",
            "Barrels stand on the sidewalk all week.",
            "A wall leans over the path.",
            "There is no heat in the hall, and water comes through the roof.",
        ],
    ),
    (
        "other",
        "what",
        &[
            "A dead gull lies on the promenade.",
            "The drinking fountain at the market is dry.",
            "When are the new benches coming?",
            "A shopping cart is in the creek.",
            "The clock at the ferry landing is an hour off.",
            "A dead raccoon at the side of the road.",
        ],
    ),
    (
        "abandoned_vehicle",
        "looks",
        &[
            "Blue, four doors.",
            "A white van.",
            "A grey pickup, rusty.",
            "Small and red, one door dented.",
        ],
    ),
    ("streetlight", "pole", &["I could not read it."]),
];

/// Why work waits.
pub const WAITS: [&str; 4] = [
    "Waiting for the part.",
    "Too wet at present. We come back when it is dry.",
    "Another crew must finish there first.",
    "We could not get in. We will try again.",
];

/// Why something is opened again.
pub const AGAIN: [&str; 5] = [
    "It is not mended.",
    "It came back.",
    "Only half of it was done.",
    "Wrong place; it is on the other side of the street.",
    "It held for two days.",
];

/// The words of a service; one that is not among the twelve has those of `other`.
pub fn of(service: &str) -> &'static Words {
    let [.., other] = &WORDS;
    WORDS.iter().find(|words| words.service == service).unwrap_or(other)
}

/// What one may answer to a question in words. Empty: nothing in particular.
pub fn answers(service: &str, question: &str) -> &'static [&'static str] {
    let found = ANSWERS.iter().find(|(s, q, _)| *s == service && *q == question);
    found.map_or(&[], |(_, _, answers)| answers)
}
