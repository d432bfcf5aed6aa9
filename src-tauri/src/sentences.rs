//! Sentences for a window that the interface does not reach, from the files that the interface
//! speaks with: they are embedded with it, one folder for each language.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

/// What is spoken where Mend does not know the system's language.
const FALLBACK: &str = "en";

/// One language.
pub(crate) struct Sentences {
    language: LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
}

impl Sentences {
    /// From the texts of the files. What cannot be read in them is missing.
    pub(crate) fn new(language: &str, files: impl IntoIterator<Item = String>) -> Self {
        let language: LanguageIdentifier = language.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![language.clone()]);
        // Marks around values keep a right-to-left sentence in order; elsewhere they would only
        // stand in the way of copying.
        bundle.set_use_isolating(is_rtl(&language));
        for text in files {
            let resource = FluentResource::try_new(text).unwrap_or_else(|(partial, _)| partial);
            bundle.add_resource_overriding(resource);
        }
        Self { language, bundle }
    }

    /// As HTML writes it: `en`, `es-MX`.
    pub(crate) fn language(&self) -> String {
        self.language.to_string()
    }

    /// As HTML writes it: `ltr` or `rtl`.
    pub(crate) fn direction(&self) -> &'static str {
        if is_rtl(&self.language) { "rtl" } else { "ltr" }
    }

    /// The sentence with these facts; none when it or one of its facts is missing.
    pub(crate) fn get(&self, id: &str, facts: &[(&str, &str)]) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let args: FluentArgs<'_> = facts.iter().copied().collect();
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        errors.is_empty().then_some(text)
    }
}

fn is_rtl(language: &LanguageIdentifier) -> bool {
    matches!(language.language.as_str(), "ar" | "fa" | "he" | "ur")
}

/// The first of the `wanted` languages that is `known`, as it is written there: `es-MX` is spoken
/// by `es-MX`, else by `es`.
pub(crate) fn choose<'a>(wanted: impl IntoIterator<Item = String>, known: &[&'a str]) -> &'a str {
    for wanted in wanted {
        // Some systems write `es_MX.UTF-8`.
        let wanted = wanted.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
        let base = wanted.split('-').next().unwrap_or_default();
        let is = |name: &str| known.iter().copied().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(language) = is(&wanted).or_else(|| is(base)) {
            return language;
        }
    }
    FALLBACK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_language_is_spoken_if_it_is_known() {
        let of = |wanted: &[&str]| {
            choose(wanted.iter().map(|&name| name.to_owned()), &["en", "es", "zh-Hans"])
        };
        assert_eq!(of(&["es_MX.UTF-8"]), "es");
        assert_eq!(of(&["fr-FR", "es"]), "es");
        assert_eq!(of(&["zh-hans"]), "zh-Hans");
        assert_eq!(of(&["fr"]), "en");
        assert_eq!(of(&[]), "en");
    }

    #[test]
    fn a_sentence_without_its_facts_is_none() {
        let sentences = Sentences::new("ar", ["a = x { $v }\nb = { $".to_owned()]);
        assert_eq!(sentences.get("a", &[("v", "1")]).as_deref(), Some("x \u{2068}1\u{2069}"));
        assert_eq!(sentences.get("a", &[]), None);
        assert_eq!(sentences.get("b", &[]), None);
        assert_eq!((sentences.language().as_str(), sentences.direction()), ("ar", "rtl"));
    }
}
