//! Builds the interface: Rust to wasm, wasm to what a page loads, Sass to CSS, and everything else
//! copied beside it, into `src-ui/dist`. Each part is made again only when what it is made of has
//! changed, and a file is written only when its bytes have.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    files::{fingerprint, remove_others, tree, write_if_changed},
    shell::{Repo, call},
};

/// Changed with the way this module makes something, so that old results are not taken for new.
const RECIPE: &str = "2";

/// The interface's folders.
struct Places {
    ui: PathBuf,
    dist: PathBuf,
    /// Where parts are made before they are laid into `dist`.
    stage: PathBuf,
}

/// Builds what is not fresh, and prints the sizes if anything changed.
pub fn build(repo: &Repo) -> Result<()> {
    let ui = repo.root.join("src-ui");
    let places = Places { dist: ui.join("dist"), stage: repo.target.join("mend-ui"), ui };
    let mut laid = Laid::new(&places.dist);
    laid.folder(&program(repo, &places)?, "")?;
    let css = style(repo, &places)?;
    laid.file("style.css", css.as_bytes())?;
    fonts(&places, &css, &mut laid)?;
    laid.copy(&places.ui.join("index.html"), "index.html")?;
    laid.folder(&places.ui.join("static"), "")?;
    sentences(&repo.root.join("locales"), &mut laid)?;
    icons(&repo.root.join("icons"), &mut laid)?;
    remove_others(&places.dist, &laid.files)?;
    if laid.changed {
        sizes(&places.dist)?;
    }
    Ok(())
}

/// What has been laid into `dist` so far.
struct Laid<'a> {
    dist: &'a Path,
    files: Vec<PathBuf>,
    changed: bool,
}

impl<'a> Laid<'a> {
    fn new(dist: &'a Path) -> Self {
        Self { dist, files: Vec::new(), changed: false }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.dist.join(name);
        if self.files.contains(&path) {
            bail!("two sources for src-ui/dist/{name}");
        }
        self.changed |= write_if_changed(&path, bytes)?;
        self.files.push(path);
        Ok(())
    }

    fn copy(&mut self, from: &Path, name: &str) -> Result<()> {
        let bytes = fs::read(from).with_context(|| from.display().to_string())?;
        self.file(name, &bytes)
    }

    /// Everything below `from`, below `name`.
    fn folder(&mut self, from: &Path, name: &str) -> Result<()> {
        for file in tree(from)? {
            let inside = Path::new(name).join(file.strip_prefix(from)?);
            self.copy(&file, &inside.to_string_lossy())?;
        }
        Ok(())
    }
}

// ---------------------------------------------------------------- parts

/// Compiles and binds; returns the folder with `ui.js` and `ui_bg.wasm`.
fn program(repo: &Repo, places: &Places) -> Result<PathBuf> {
    // Cargo knows best whether its part is fresh.
    call(&mut repo.cargo(&[
        "build",
        "--package",
        "mend-ui",
        "--profile",
        "ui",
        "--target",
        "wasm32-unknown-unknown",
    ]))?;
    let wasm = repo.target.join("wasm32-unknown-unknown/ui/mend_ui.wasm");
    let bound = places.stage.join("bound");
    // The manifest pins the version of what binds.
    let recipe = format!("{RECIPE} {}", include_str!("../Cargo.toml"));
    fresh(
        places,
        "bound",
        std::slice::from_ref(&wasm),
        &recipe,
        &bound.join("ui_bg.wasm"),
        || {
            if bound.exists() {
                fs::remove_dir_all(&bound)?;
            }
            Bindgen::new()
                .input_path(&wasm)
                .out_name("ui")
                .web(true)?
                .typescript(false)
                // Names of functions, three fifths of the whole; a panic still says where it was.
                .remove_name_section(true)
                .generate(&bound)
        },
    )?;
    Ok(bound)
}

/// Compiles `styles/main.scss`.
fn style(repo: &Repo, places: &Places) -> Result<String> {
    let css = places.stage.join("style.css");
    let mut inputs = tree(&places.ui.join("styles"))?;
    inputs.push(places.ui.join("package-lock.json"));
    fresh(places, "style", &inputs, RECIPE, &css, || {
        fs::create_dir_all(&places.stage)?;
        let mut sass = repo.command("node");
        sass.arg("src-ui/node_modules/sass/sass.js");
        sass.args(["--style=compressed", "--no-source-map", "--no-charset", "--quiet-deps"]);
        sass.args([
            "--load-path=src-ui/node_modules/@uswds/uswds/packages",
            "src-ui/styles/main.scss",
        ]);
        sass.arg(&css);
        call(&mut sass)
    })?;
    fs::read_to_string(&css).with_context(|| css.display().to_string())
}

/// Exactly the font files that the style names.
fn fonts(places: &Places, css: &str, laid: &mut Laid) -> Result<()> {
    let folder = places.ui.join("node_modules/@uswds/uswds/dist/fonts");
    for name in font_names(css) {
        let direct = folder.join(&name);
        let from = if direct.is_file() { direct } else { folder.join("public-sans").join(&name) };
        laid.copy(&from, &format!("fonts/{name}"))?;
    }
    Ok(())
}

/// What follows `fonts/` in the addresses of a style: `public-sans/PublicSans-Bold.woff2`.
fn font_names(css: &str) -> BTreeSet<String> {
    let name = |rest: &str| {
        let end = rest.find(['"', '\'', ')', '?', '#'])?;
        rest[..end].ends_with(".woff2").then(|| rest[..end].to_owned())
    };
    css.match_indices("fonts/").filter_map(|(at, word)| name(&css[at + word.len()..])).collect()
}

fn sentences(locales: &Path, laid: &mut Laid) -> Result<()> {
    for file in tree(locales)? {
        if file.extension().is_some_and(|end| end == "ftl") {
            let name = Path::new("locales").join(file.strip_prefix(locales)?);
            laid.copy(&file, &name.to_string_lossy())?;
        }
    }
    Ok(())
}

fn icons(icons: &Path, laid: &mut Laid) -> Result<()> {
    for file in tree(icons)? {
        if file.extension().is_some_and(|end| end == "svg") {
            let name = Path::new("icons").join(file.strip_prefix(icons)?);
            laid.copy(&file, &name.to_string_lossy())?;
        }
    }
    Ok(())
}

// ---------------------------------------------------------------- freshness

/// Makes something unless it was made of these very inputs and is still there.
fn fresh(
    places: &Places,
    name: &str,
    inputs: &[PathBuf],
    recipe: &str,
    output: &Path,
    make: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let stamp = places.stage.join(format!("{name}.stamp"));
    let wanted = fingerprint(inputs, recipe)?;
    let made = fs::read_to_string(&stamp).is_ok_and(|have| have == wanted);
    if made && output.is_file() {
        return Ok(());
    }
    make()?;
    write_if_changed(&stamp, wanted.as_bytes())?;
    Ok(())
}

fn sizes(dist: &Path) -> Result<()> {
    println!("The interface, uncompressed:");
    let mut rest = 0;
    for file in tree(dist)? {
        let bytes = fs::metadata(&file)?.len();
        let name = file.strip_prefix(dist)?.to_string_lossy().into_owned();
        if ["ui_bg.wasm", "ui.js", "style.css"].contains(&name.as_str()) {
            println!("{:>9} KB  {name}", bytes.div_ceil(1000));
        } else {
            rest += bytes;
        }
    }
    println!("{:>9} KB  fonts, icons, sentences, page", rest.div_ceil(1000));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::Scratch;

    #[test]
    fn fonts_are_read_from_the_style() {
        let css = r#"@font-face{src:url(fonts/A-Bold.woff2)}@font-face{src:url("./fonts/public-sans/B.woff2")format("woff2"),url(fonts/C.ttf)}"#;
        let names: Vec<String> = font_names(css).into_iter().collect();
        assert_eq!(names, ["A-Bold.woff2", "public-sans/B.woff2"]);
    }

    #[test]
    fn made_once_until_an_input_changes_or_the_result_is_gone() {
        let scratch = Scratch::new("fresh");
        let places = Places {
            ui: scratch.0.clone(),
            dist: scratch.0.join("dist"),
            stage: scratch.0.join("stage"),
        };
        let input = scratch.write("in", "1");
        let output = scratch.0.join("out");
        let mut made = 0;
        let mut make = |recipe: &str| {
            fresh(&places, "part", std::slice::from_ref(&input), recipe, &output, || {
                made += 1;
                fs::write(&output, "x")?;
                Ok(())
            })
            .unwrap();
            made
        };
        assert_eq!(make("r"), 1);
        assert_eq!(make("r"), 1);
        assert_eq!(make("s"), 2);
        scratch.write("in", "2");
        assert_eq!(make("s"), 3);
        fs::remove_file(&output).unwrap();
        assert_eq!(make("s"), 4);
    }

    #[test]
    fn two_sources_of_one_file_are_refused() {
        let scratch = Scratch::new("laid");
        let dist = scratch.0.join("dist");
        let mut laid = Laid::new(&dist);
        laid.file("a", b"1").unwrap();
        assert!(laid.file("a", b"2").is_err());
    }
}
