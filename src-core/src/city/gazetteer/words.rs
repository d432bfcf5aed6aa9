//! The words of names, and how a typed text may be read.
//!
//! English short forms of streets are known both ways: "Kestrel St" finds "Kestrel Street", and
//! "acorn street" finds "Acorn St".

/// Words that stand for each other.
const FORMS: [&[&str]; 33] = [
    &["alley", "aly"],
    &["avenue", "ave", "av"],
    &["boulevard", "blvd"],
    &["bridge", "brg"],
    &["center", "centre", "ctr"],
    &["circle", "cir"],
    &["court", "ct"],
    &["crescent", "cres"],
    &["drive", "dr"],
    &["expressway", "expy"],
    &["fort", "ft"],
    &["heights", "hts"],
    &["highway", "hwy"],
    &["junior", "jr"],
    &["lane", "ln"],
    &["mount", "mt"],
    &["park", "pk"],
    &["parkway", "pkwy"],
    &["place", "pl"],
    &["plaza", "plz"],
    &["road", "rd"],
    &["route", "rte"],
    &["square", "sq"],
    &["terrace", "ter", "terr"],
    &["way", "wy"],
    &["north", "n"],
    &["south", "s"],
    &["east", "e"],
    &["west", "w"],
    &["northeast", "ne"],
    &["northwest", "nw"],
    &["southeast", "se"],
    &["southwest", "sw"],
];

/// Longest text that is read, in characters; the rest is not looked at.
pub const MAX_QUERY_CHARS: usize = 200;
/// Most words that are read.
const MAX_WORDS: usize = 16;
/// Most pieces of a text that are tried as its house number.
const MAX_NUMBERS: usize = 3;

/// Small letters and digits, split at everything else; apostrophes join, and so does an accent
/// that stands as a character of its own.
pub fn words(text: &str) -> Vec<String> {
    split(text, |c| c.is_alphanumeric())
}

fn split(text: &str, inside: impl Fn(char) -> bool) -> Vec<String> {
    let text: String = text.chars().flat_map(char::to_lowercase).filter(|c| !joins(*c)).collect();
    text.split(|c: char| !inside(c)).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

fn joins(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{300}'..='\u{36f}')
}

/// What a name is found by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameWords {
    /// Its first word, and the words that stand for that.
    pub first: Vec<String>,
    /// All of its words, and the words that stand for them.
    pub all: Vec<String>,
}

/// The words of a street's name with their short and long forms.
pub fn name_words(name: &str) -> NameWords {
    let words = words(name);
    let mut found = NameWords::default();
    for (at, word) in words.iter().enumerate() {
        let forms = forms(word, at, words.len());
        let forms = std::iter::once(word.as_str()).chain(forms).map(str::to_owned);
        if at == 0 {
            found.first.extend(forms.clone());
        }
        found.all.extend(forms);
    }
    found
}

fn forms(word: &str, at: usize, count: usize) -> Vec<&'static str> {
    match word {
        // "St James Avenue", "Acorn St", and in between it may be either.
        "st" if count > 1 && at == 0 => vec!["saint"],
        "st" if at + 1 == count => vec!["street"],
        "st" => vec!["street", "saint"],
        "street" | "saint" => vec!["st"],
        _ => FORMS
            .iter()
            .filter(|group| group.contains(&word))
            .flat_map(|group| group.iter().copied().filter(|form| *form != word))
            .collect(),
    }
}

/// The words of an asset's number and kind: "SL-00412" is found by `sl 00412`, `sl 412`, `sl00412`
/// and `sl412`.
pub fn asset_words(kind: &str, number: &str) -> Vec<String> {
    let parts = words(number);
    let short: Vec<String> = parts.iter().map(|part| without_zeros(part).to_owned()).collect();
    let mut all = words(kind);
    for part in [parts.concat(), short.concat()].into_iter().chain(parts).chain(short) {
        if !all.contains(&part) {
            all.push(part);
        }
    }
    all
}

fn without_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => digits,
        short if digits.bytes().all(|b| b.is_ascii_digit()) => short,
        _ => digits,
    }
}

/// One way to read a text: a house number or none, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The house number in small letters: "214", "12a".
    pub number: Option<String>,
    /// All other words.
    pub words: Vec<String>,
}

/// Every way to read a text that names a house, a street or an asset. The first has no house
/// number; the others take one piece each that may be one, wherever it stands.
pub fn readings(text: &str) -> Vec<Reading> {
    let pieces = pieces(text);
    let words_but = |skip: Option<usize>| -> Vec<String> {
        let kept = pieces.iter().enumerate().filter(|(at, _)| Some(*at) != skip);
        kept.flat_map(|(_, piece)| words(piece)).take(MAX_WORDS).collect()
    };
    let numbers = pieces.iter().enumerate().filter_map(|(at, p)| Some((at, house_number(p)?)));
    std::iter::once((None, None))
        .chain(numbers.take(MAX_NUMBERS).map(|(at, number)| (Some(at), Some(number))))
        .map(|(at, number)| Reading { number, words: words_but(at) })
        .collect()
}

/// The words on both sides of the first "&", "@", "/", "and" or "at", which make a corner of two
/// streets. The second side may still be empty.
pub fn corner(text: &str) -> Option<(Vec<String>, Vec<String>)> {
    let sign = text.char_indices().find(|(at, c)| match c {
        '&' | '@' => true,
        // "12/14" is a house number.
        '/' => !text[..*at].ends_with(|c: char| c.is_ascii_digit()),
        _ => false,
    });
    let sign = sign.map(|(at, c)| (at, at + c.len_utf8()));
    let word = ["and", "at"].iter().filter_map(|word| whole_word(text, word)).min();
    let (from, to) = sign.into_iter().chain(word).min()?;
    let side = |text| -> Vec<String> { words(text).into_iter().take(MAX_WORDS).collect() };
    let (left, right) = (side(&text[..from]), side(&text[to..]));
    (!left.is_empty()).then_some((left, right))
}

/// Where a word of small ASCII letters stands by itself.
fn whole_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(word).map(|(at, _)| (at, at + word.len())).find(|(from, to)| {
        let alone = |c: Option<char>| c.is_none_or(|c| c.is_whitespace());
        alone(text[..*from].chars().next_back()) && alone(text[*to..].chars().next())
    })
}

/// Pieces of a text; one that begins with a digit keeps its `-` and `/`.
fn pieces(text: &str) -> Vec<String> {
    split(text, |c| c.is_alphanumeric() || c == '-' || c == '/')
        .into_iter()
        .flat_map(|piece| {
            if piece.starts_with(|c: char| c.is_ascii_digit()) {
                vec![piece]
            } else {
                words(&piece)
            }
        })
        .collect()
}

/// The house number that a piece may be; "5th" is none.
fn house_number(piece: &str) -> Option<String> {
    let piece = piece.trim_end_matches(['-', '/']);
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
    let sound = (1..=12).contains(&piece.len())
        && rest.len() < piece.len()
        && piece.is_ascii()
        && !matches!(rest, "st" | "nd" | "rd" | "th");
    sound.then(|| piece.to_owned())
}

#[cfg(test)]
mod tests;
