//! Every sentence comes from `locales/<lang>/*.ftl`; the files are fetched once.

use std::cell::RefCell;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::gateway::fetch_text;

/// The files of one language, in `locales/<lang>/`.
pub const FILES: [&str; 4] = ["ui", "services", "notices", "refusals"];

/// The sentences of one language.
pub struct Sentences(FluentBundle<FluentResource>);

impl Sentences {
    /// From the texts of the files. What cannot be read in them is left out; its ids are then
    /// missing, and say so on the screen.
    pub fn new(language: LanguageIdentifier, files: impl IntoIterator<Item = String>) -> Self {
        // Marks around values keep a right-to-left sentence in order; elsewhere they would only
        // stand in the way of copying and searching.
        let rtl = matches!(language.language.as_str(), "ar" | "fa" | "he" | "ur");
        let mut bundle = FluentBundle::new(vec![language]);
        bundle.set_use_isolating(rtl);
        for text in files {
            let resource = FluentResource::try_new(text).unwrap_or_else(|(partial, _)| partial);
            bundle.add_resource_overriding(resource);
        }
        Self(bundle)
    }

    /// The sentence `id`, or `id.attribute`; none when it is missing.
    pub fn get(&self, id: &str, args: &[(&str, FluentValue<'_>)]) -> Option<String> {
        let (id, attribute) = match id.split_once('.') {
            Some((id, attribute)) => (id, Some(attribute)),
            None => (id, None),
        };
        let message = self.0.get_message(id)?;
        let pattern = match attribute {
            Some(name) => message.get_attribute(name)?.value(),
            None => message.value()?,
        };
        let args: FluentArgs<'_> = args.iter().cloned().collect();
        let mut errors = Vec::new();
        Some(self.0.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }
}

thread_local! {
    static SENTENCES: RefCell<Option<Sentences>> = const { RefCell::new(None) };
}

/// Fetches the files of `language` and speaks it from now on.
pub(crate) async fn load(language: &str) {
    let mut texts = Vec::new();
    for file in FILES {
        if let Ok(text) = fetch_text(&format!("/locales/{language}/{file}.ftl")).await {
            texts.push(text);
        }
    }
    let id = language.parse().unwrap_or_default();
    SENTENCES.with_borrow_mut(|sentences| *sentences = Some(Sentences::new(id, texts)));
}

/// The sentence `id`; none when it is missing. For ids that depend on a city's own codes.
pub(crate) fn find(id: &str, args: &[(&str, FluentValue<'_>)]) -> Option<String> {
    SENTENCES.with_borrow(|sentences| sentences.as_ref()?.get(id, args))
}

/// The sentence `id`. A missing one shows its id in brackets, which a test looks for.
pub(crate) fn sentence(id: &str, args: &[(&str, FluentValue<'_>)]) -> String {
    find(id, args).unwrap_or_else(|| format!("⟦{id}⟧"))
}

/// The sentence with this id: `t!("home-title")`, `t!("due-by", date = text)`.
macro_rules! t {
    ($id:expr) => {
        $crate::i18n::sentence($id, &[])
    };
    ($id:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::sentence(
            $id,
            &[$((stringify!($name), fluent_bundle::FluentValue::from($value))),+],
        )
    };
}
pub(crate) use t;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_sentence_shows_its_id() {
        assert_eq!(t!("no-such-sentence"), "⟦no-such-sentence⟧");
    }

    #[test]
    fn what_cannot_be_read_spoils_only_itself() {
        let files = ["good = Yes\nbad = { $\nfine = { $n } left\n".to_owned()];
        let sentences = Sentences::new("en".parse().unwrap(), files);
        assert_eq!(sentences.get("good", &[]).as_deref(), Some("Yes"));
        assert_eq!(sentences.get("bad", &[]), None);
        assert_eq!(sentences.get("fine", &[("n", 2.into())]).as_deref(), Some("2 left"));
    }

    #[test]
    fn values_are_set_apart_only_where_writing_runs_to_the_left() {
        let say = |language: &str| {
            let files = ["a = x { $v }".to_owned()];
            let sentences = Sentences::new(language.parse().unwrap(), files);
            sentences.get("a", &[("v", "1".into())]).unwrap()
        };
        assert_eq!(say("en"), "x 1");
        assert_eq!(say("ar"), "x \u{2068}1\u{2069}");
    }
}
