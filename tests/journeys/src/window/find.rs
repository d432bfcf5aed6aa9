//! Finding things on a page as people and assistive technology find them.

use std::fmt;

use serde_json::{Value, json};

/// How something on the page is named. Names are compared whole, with white space collapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// By role and accessible name: `button`, `link`, `heading`, `radio`, `checkbox`, `tab`, …
    Role(&'a str, &'a str),
    /// By role, with a name that contains this.
    RoleWith(&'a str, &'a str),
    /// A field to type into or choose from, by its label.
    Field(&'a str),
    /// A field for files, by its label; it may be hidden behind a drawn button.
    File(&'a str),
    /// The innermost elements whose text contains this.
    Text(&'a str),
    /// By CSS, where nothing else tells things apart.
    Css(&'a str),
}

impl By<'_> {
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::Role(role, name) => json!({ "role": role, "name": name }),
            Self::RoleWith(role, name) => json!({ "role": role, "part": name }),
            Self::Field(name) => json!({ "field": true, "name": name }),
            Self::File(name) => json!({ "file": true, "name": name }),
            Self::Text(text) => json!({ "text": text }),
            Self::Css(css) => json!({ "css": css }),
        }
    }
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role, name) => write!(f, "{role} {name:?}"),
            Self::RoleWith(role, name) => write!(f, "{role} with {name:?}"),
            Self::Field(name) => write!(f, "field {name:?}"),
            Self::File(name) => write!(f, "file field {name:?}"),
            Self::Text(text) => write!(f, "text {text:?}"),
            Self::Css(css) => write!(f, "{css}"),
        }
    }
}

/// Returns the visible elements that fit, in the page's order. Names follow the usual order of
/// the accessible name: aria-labelledby, aria-label, label, alt, content, title.
pub(super) const FIND: &str = r#"
const by = arguments[0];
const flat = (text) => (text || "").replace(/\s+/g, " ").trim();
const shown = (e) => {
  if (e.closest("[hidden], [inert]")) return false;
  const style = getComputedStyle(e);
  return e.getClientRects().length > 0 && style.visibility !== "hidden";
};
const spoken = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  if (node.getAttribute("aria-hidden") === "true" || node.hidden) return "";
  if (node.hasAttribute("aria-label")) return ` ${node.getAttribute("aria-label")} `;
  if (node.tagName === "IMG") return ` ${node.alt} `;
  return [...node.childNodes].map(spoken).join(getComputedStyle(node).display === "inline" ? "" : " ");
};
const name = (e) => {
  const labelled = e.getAttribute("aria-labelledby");
  if (labelled) return flat(labelled.split(/\s+/).map((id) => spoken(document.getElementById(id) || new Text(""))).join(" "));
  if (e.hasAttribute("aria-label")) return flat(e.getAttribute("aria-label"));
  if (e.labels && e.labels.length) return flat([...e.labels].map(spoken).join(" "));
  if (e.tagName === "FIELDSET") return flat(spoken(e.querySelector("legend") || new Text("")));
  return flat(spoken(e)) || flat(e.getAttribute("alt")) || flat(e.title);
};
const TAGS = {
  button: "button, summary, input[type=submit], input[type=button]",
  link: "a[href]", heading: "h1, h2, h3, h4, h5, h6", radio: "input[type=radio]",
  checkbox: "input[type=checkbox]", listitem: "li", img: "img, svg[role=img]",
  group: "fieldset, details", navigation: "nav", main: "main", dialog: "dialog[open]",
  combobox: "select, input[list]", option: "option", article: "article", region: "section[aria-label], section[aria-labelledby]",
  textbox: "textarea, input:not([type]), input[type=text], input[type=search], input[type=password], input[type=tel], input[type=email]",
};
const fits = (have) => by.part !== undefined ? have.includes(flat(by.part)) : have === flat(by.name);
const all = (css) => [...document.querySelectorAll(css)];
if (by.css) return all(by.css).filter(shown);
if (by.text) {
  const wanted = flat(by.text);
  const has = (e) => flat(e.innerText).includes(wanted);
  return all("body *").filter((e) => has(e) && shown(e) && ![...e.children].some(has));
}
if (by.file) return all("input[type=file]").filter((e) => fits(name(e)));
if (by.field) return all("input, textarea, select, [role=combobox], [role=textbox]").filter((e) => (shown(e) || ["radio", "checkbox"].includes(e.type)) && fits(name(e)));
const natural = TAGS[by.role] || "";
const css = [`[role=${by.role}]`, ...(natural ? [natural] : [])].join(", ");
const drawn = (e) => shown(e) || (["radio", "checkbox"].includes(by.role) && [...(e.labels || [])].some(shown));
return all(css).filter((e) => (e.getAttribute("role") || by.role) === by.role && drawn(e) && fits(name(e)))
  .map((e) => ["radio", "checkbox"].includes(by.role) && e.labels && e.labels.length ? e.labels[0] : e);
"#;

/// Counts pictures with an address, and those of them that are drawn.
pub(super) const PICTURES: &str = r#"
const all = [...document.querySelectorAll("img[src]")];
return { all: all.length, drawn: all.filter((e) => e.complete && e.naturalWidth > 0).length };
"#;

/// Calls back once letters and pictures are drawn and no movement is under way; one without an end
/// is not waited for.
pub(super) const SETTLE: &str = r#"
const done = arguments[arguments.length - 1];
(async () => {
  await document.fonts.ready;
  const pictures = [...document.querySelectorAll("img[src]")];
  await Promise.all(pictures.map((e) => e.decode().catch(() => {})));
  const ends = (a) => a.effect && a.effect.getComputedTiming().endTime !== Infinity;
  const moving = document.getAnimations().filter((a) => a.playState === "running" && ends(a));
  await Promise.all(moving.map((a) => a.finished.catch(() => {})));
  requestAnimationFrame(() => requestAnimationFrame(() => done(null)));
})();
"#;
