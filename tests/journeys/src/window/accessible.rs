//! What a machine can tell of a page's accessibility, in light and dark, narrow and wide.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::page::Page;

/// A phone and a desktop, in CSS pixels.
const SIZES: [(u32, u32); 2] = [(360, 780), (1440, 900)];

/// As the windows of these tests open.
const USUAL: (u32, u32) = (1280, 800);

/// Light or dark, as the device would ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Fails unless axe-core finds nothing against WCAG 2.2 A and AA and its best practices, in light
/// and in dark, at the page's present size; and unless everything that stands alone to be pressed
/// is at least 44 CSS pixels wide and high, and nothing asks for sideways scrolling. Leaves the page
/// light.
///
/// # Errors
/// What was found, with where and why.
pub async fn assert_accessible(page: &Page) -> Result<()> {
    for scheme in [Scheme::Dark, Scheme::Light] {
        page.show_in(scheme).await?;
        page.check(scheme.name()).await?;
    }
    Ok(())
}

impl Page {
    /// Shows the page as on a device that asks for this scheme.
    pub async fn show_in(&self, scheme: Scheme) -> Result<()> {
        let dark = json!(scheme == Scheme::Dark);
        self.script_to_end(SHOW_IN, vec![dark]).await?;
        self.settle().await
    }

    /// Keeps pictures of the page on a phone and on a desktop, light and dark, as
    /// `NAME-WIDTH-SCHEME.png`, and fails as [`assert_accessible`] does.
    pub async fn look_over(&self, name: &str) -> Result<()> {
        let mut found = Ok(());
        for (width, height) in SIZES {
            self.resize(width, height).await?;
            for scheme in [Scheme::Dark, Scheme::Light] {
                self.show_in(scheme).await?;
                let what = format!("{name}-{width}-{}", scheme.name());
                self.picture(&what).await?;
                // The pictures of all four are worth having, whatever is found in one.
                found = found.and(self.check(&what).await);
            }
        }
        self.resize(USUAL.0, USUAL.1).await?;
        found
    }

    async fn check(&self, what: &str) -> Result<()> {
        let known = self.script("return typeof window.axe === 'object'").await?;
        if known != json!(true) {
            self.script(&axe()?).await?;
        }
        let found = self.script_to_end(AXE, Vec::new()).await?;
        ensure!(found == json!([]), "axe-core in {what}: {}", pretty(&found));
        let found = self.script(MEASURES).await?;
        ensure!(found == json!([]), "measures in {what}: {}", pretty(&found));
        Ok(())
    }
}

fn pretty(found: &Value) -> String {
    serde_json::to_string_pretty(found).unwrap_or_default()
}

/// axe-core, as npm has laid it beside the interface.
fn axe() -> Result<String> {
    let path = "../../src-ui/node_modules/axe-core/axe.min.js";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path)
        .with_context(|| format!("{}; `cargo xtask install --tests` installs it", path.display()))
}

/// Style sheets ask the device; the answer is put in the question's place.
const SHOW_IN: &str = r#"
const [dark, done] = arguments;
const rules = (list) => [...list].flatMap((rule) => rule.cssRules ? [rule, ...rules(rule.cssRules)] : [rule]);
window.schemeRules ??= [...document.styleSheets].flatMap((sheet) => rules(sheet.cssRules))
  .filter((rule) => rule.media && rule.media.mediaText.includes("prefers-color-scheme: dark"));
for (const rule of window.schemeRules) rule.media.mediaText = dark ? "all" : "not all";
requestAnimationFrame(() => requestAnimationFrame(() => done(null)));
"#;

const AXE: &str = r#"
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] }).then(
  ({ violations }) => done(violations.map(({ id, nodes }) => ({
    id, nodes: nodes.map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
  }))),
  (error) => done([String(error)]),
);
"#;

/// What is too small to be pressed, and what is wider than the page. A link within a sentence is
/// as high as its line; what is hidden from sight until it has the focus is not pressed.
const MEASURES: &str = r#"
const least = 44;
const found = [];
const page = document.documentElement;
if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} wide in ${page.clientWidth}`);
for (const e of document.querySelectorAll("a[href], button, summary, input, textarea, select")) {
  const box = e.getBoundingClientRect();
  const style = getComputedStyle(e);
  if (e.closest("p, .vh, .skip, [inert]") || style.visibility === "hidden" || box.width === 0) continue;
  // Half a pixel is how it is drawn, not how it is made.
  if (box.width < least - 0.5 || box.height < least - 0.5) {
    found.push(`${e.outerHTML.slice(0, 120)} is ${Math.round(box.width)} by ${Math.round(box.height)}`);
  }
}
return found;
"#;
