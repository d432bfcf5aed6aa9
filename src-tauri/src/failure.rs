//! Why the app does not start, for whoever started it from an icon and sees no terminal.

use std::io::IsTerminal;

use tauri::{Assets, WebviewUrl, WebviewWindowBuilder, Wry, http};

use crate::{
    AppError,
    sentences::{Sentences, choose},
};

/// Whose sentences the window needs: its own, and those that the device has, too.
const FILES: [&str; 2] = ["start", "refusals"];

/// Where the page's button leads: away.
const CLOSE: &str = "/close";

/// Shows why in a small window and waits until that is closed; nothing happens when a person or a
/// program reads the standard error, where the reason stands already, or where no window can be.
pub fn show(error: &AppError) {
    let stderr = std::io::stderr();
    if matches!(error, AppError::Window(_))
        || stderr.is_terminal()
        || is_read(&stderr)
        || !has_display()
    {
        return;
    }
    if let Err(error) = window(error) {
        tracing::error!(%error, "the reason cannot be shown in a window");
    }
}

/// Whether what is written there reaches a program or a file. From an icon it goes nowhere, or
/// into the desktop's journal.
#[cfg(unix)]
fn is_read(stream: &impl std::os::fd::AsFd) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = stream
        .as_fd()
        .try_clone_to_owned()
        .and_then(|stream| std::fs::File::from(stream).metadata())
        .map(|about| about.file_type());
    kind.is_ok_and(|kind| kind.is_fifo() || kind.is_file())
}

/// Whether what is written there reaches a program or a file. From an icon there is no such place.
#[cfg(windows)]
fn is_read(stream: &impl std::os::windows::io::AsRawHandle) -> bool {
    !stream.as_raw_handle().is_null()
}

/// Without one the window's library would end the process in its own way.
fn has_display() -> bool {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

fn window(why: &AppError) -> Result<(), tauri::Error> {
    let context = crate::context();
    let page = page(&speaking(context.assets()), why);
    // Not the data folder, which may be the trouble. What the web view keeps goes with it.
    let scratch = std::env::temp_dir().join(format!("mend-failure-{}", std::process::id()));
    let kept = scratch.clone();
    let app = tauri::Builder::default()
        // A scheme of its own: this page belongs to no window of the app and may ask nothing.
        .register_uri_scheme_protocol("mend-failure", move |_, _| {
            let mut answer = http::Response::new(page.clone().into_bytes());
            for (name, value) in [
                (http::header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (
                    http::header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'unsafe-inline'",
                ),
            ] {
                answer.headers_mut().insert(name, http::HeaderValue::from_static(value));
            }
            answer
        })
        .setup(move |app| {
            let address = WebviewUrl::CustomProtocol("mend-failure://localhost/".parse()?);
            let app_handle = app.handle().clone();
            WebviewWindowBuilder::new(app, "failure", address)
                .title("Mend")
                .inner_size(560.0, 440.0)
                .min_inner_size(360.0, 320.0)
                .center()
                .data_directory(kept)
                .on_navigation(move |url| {
                    if url.path() == CLOSE {
                        app_handle.exit(0);
                    }
                    url.path() != CLOSE && url.as_str().contains("mend-failure")
                })
                .build()?;
            Ok(())
        })
        .build(context)?;
    app.run_return(|_, _| {});
    if let Err(error) = std::fs::remove_dir_all(&scratch) {
        tracing::debug!(%error, "what the window of a failed start kept stays");
    }
    Ok(())
}

/// The sentences in the system's language, from the files embedded with the interface. A build
/// without the interface has none.
fn speaking(assets: &dyn Assets<Wry>) -> Sentences {
    let names: Vec<String> = assets.iter().map(|(name, _)| name.into_owned()).collect();
    let known: Vec<&str> = names
        .iter()
        .filter_map(|name| {
            name.trim_start_matches('/').strip_prefix("locales/")?.strip_suffix("/start.ftl")
        })
        .collect();
    let language = choose(sys_locale::get_locales(), &known);
    let text = |file: &str| {
        let asset = assets.get(&format!("/locales/{language}/{file}.ftl").into())?;
        Some(String::from_utf8_lossy(&asset).into_owned())
    };
    Sentences::new(language, FILES.iter().filter_map(|file| text(file)))
}

/// What happened, and on the next line what is kept and what to do. None: there is no sentence.
fn words(sentences: &Sentences, why: &AppError) -> Option<(String, String)> {
    let facts = why.facts();
    let facts: Vec<(&str, &str)> =
        facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
    let text = sentences.get(why.code().sentence(), &facts)?;
    let (what, way) = text.split_once('\n')?;
    Some((what.to_owned(), way.to_owned()))
}

/// A page with heading, sentence and way forward; below them, small, what the system said. In the
/// colours of the interface, without its files: they may be the trouble.
fn page(sentences: &Sentences, why: &AppError) -> String {
    let reason = why.to_string();
    // Without sentences the reason, which is English, says all there is.
    let (what, way) = words(sentences, why).unwrap_or_else(|| (reason.clone(), String::new()));
    let say = |id: &str, or: &str| {
        escape(&sentences.get(id, &[("code", why.code().as_str())]).unwrap_or_else(|| or.into()))
    };
    let title = say("start-title", "Mend");
    format!(
        r#"<!doctype html>
<html lang="{language}" dir="{direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>{STYLE}</style></head>
<body><main><h1>{title}</h1>
<div role="alert"><p class="what">{what}</p><p>{way}</p></div>
<a href="{CLOSE}" autofocus>{close}</a></main>
<footer><p>{label}</p><p lang="en" dir="ltr" class="reason" tabindex="0">{reason}</p></footer>
</body></html>"#,
        language = sentences.language(),
        direction = sentences.direction(),
        what = escape(&what),
        way = escape(&way),
        close = say("start-close", "\u{d7}"),
        label = say("start-reason", ""),
        reason = escape(&reason),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The interface's colours: paper and ink, and the signal on the one thing to do.
const STYLE: &str = "
:root{color-scheme:light;--ground:#f6f3ec;--text:#15203a;--muted:#475069;--line:#dfd9cc;--edge:#8a5a00;--focus:#1a4480}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;--ground:#0c1424;--text:#eef1f6;--muted:#b5c0d3;--line:#2a3856;--edge:#ffbe2e;--focus:#8ec5ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--ground);color:var(--text);font:16px/1.5 'Public Sans',system-ui,sans-serif;overflow-wrap:anywhere}
main{flex:1;padding:32px 32px 24px;display:flex;flex-direction:column;align-items:flex-start;gap:12px}
h1{margin:0;font-size:24px;line-height:1.2;font-weight:800;letter-spacing:-.012em}
p{margin:0;max-width:56ch}
.what + p{margin-top:4px}
.what{font-weight:600}
a{margin-top:12px;min-height:48px;min-width:128px;padding:6px 24px;display:inline-flex;align-items:center;justify-content:center;border-radius:12px;background:#ffbe2e;color:#14203a;font-weight:700;text-decoration:none;box-shadow:inset 0 0 0 1.5px var(--edge)}
a:hover{background:#ffd267}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
footer{padding:16px 32px 24px;border-top:1px solid var(--line);color:var(--muted);font-size:13px;line-height:1.45}
.reason{margin-top:4px;max-width:none;max-height:9em;overflow:auto;white-space:pre-line;font-family:ui-monospace,monospace;font-size:12px}
@media (max-width:440px){main{padding:24px 20px 20px}footer{padding:16px 20px 20px}a{align-self:stretch}}
";

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use mend_device::DeviceError;

    use super::*;
    use crate::error::StartCode;

    fn locales() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("locales")
    }

    fn sentences(language: &str) -> Sentences {
        let read = |file: &str| {
            let path = locales().join(language).join(format!("{file}.ftl"));
            fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
        };
        Sentences::new(language, FILES.map(read))
    }

    #[test]
    fn every_code_has_its_sentence_in_every_language() {
        let facts = [("address", "127.0.0.1:8311"), ("code", "x")];
        let mut languages = 0;
        for entry in fs::read_dir(locales()).unwrap() {
            let language = entry.unwrap().file_name().into_string().unwrap();
            let sentences = sentences(&language);
            for code in StartCode::ALL {
                let id = code.sentence();
                let text = sentences.get(id, &facts).unwrap_or_else(|| panic!("{language}: {id}"));
                assert_eq!(text.lines().count(), 2, "{language}: {id} is {text:?}");
            }
            for id in ["start-title", "start-close", "start-reason"] {
                assert!(sentences.get(id, &facts).is_some(), "{language}: {id}");
            }
            languages += 1;
        }
        assert!(languages > 0, "no language");
    }

    /// What stands in `start.ftl` is said by some code.
    #[test]
    fn every_sentence_is_said() {
        let text = fs::read_to_string(locales().join("en/start.ftl")).unwrap();
        let mut said: Vec<&str> = StartCode::ALL.iter().map(|code| code.sentence()).collect();
        said.extend(["start-title", "start-close", "start-reason"]);
        let ids = text.lines().filter_map(|line| line.split_once(" =")).map(|(id, _)| id);
        let unsaid: Vec<&str> = ids.filter(|id| !said.contains(id)).collect();
        assert!(unsaid.is_empty(), "nobody says {unsaid:?}");
    }

    #[test]
    fn the_page_says_what_happened_what_to_do_and_why() {
        let why = AppError::DataFolderTaken("/home/<b> & \"x\"".into());
        let page = page(&sentences("en"), &why);
        assert!(page.contains("<h1>Mend cannot start</h1>"));
        assert!(page.contains("Mend is already open with this data.</p><p>Nothing is lost."));
        assert!(page.contains("(data_folder_taken)"));
        assert!(page.contains("/home/&lt;b&gt; &amp; &quot;x&quot;"));
        assert!(!page.contains("<b>"));
    }

    #[test]
    fn without_sentences_the_reason_stands_for_itself() {
        let why = AppError::Device(DeviceError::BadServer("nowhere".into()));
        let page = page(&Sentences::new("en", []), &why);
        assert!(page.contains("is not the address of a server</p>"), "{page}");
        assert!(!page.contains("refusal-"));
    }

    #[cfg(unix)]
    #[test]
    fn a_window_is_only_for_those_who_would_see_nothing() {
        use std::fs::{File, OpenOptions};
        let (_reader, pipe) = std::io::pipe().unwrap();
        assert!(is_read(&pipe), "a test or a launcher reads it");
        let path = std::env::temp_dir().join(format!("mend-failure-{}", std::process::id()));
        assert!(is_read(&File::create(&path).unwrap()), "a log");
        fs::remove_file(&path).unwrap();
        let nowhere = OpenOptions::new().write(true).open("/dev/null").unwrap();
        assert!(!is_read(&nowhere));
        let (journal, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(!is_read(&journal), "the desktop's journal");
    }
}
