//! Why the app does not start, for whoever started it from an icon and sees no terminal.

use std::io::IsTerminal;

use tauri::{WebviewUrl, WebviewWindowBuilder, http};

use crate::AppError;

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
    if let Err(error) = window(page(&error.to_string())) {
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

fn window(page: String) -> Result<(), tauri::Error> {
    let app = tauri::Builder::default()
        // A scheme of its own: this page belongs to no window of the app and may ask nothing.
        .register_uri_scheme_protocol("mend-failure", move |_, _| {
            let mut answer = http::Response::new(page.clone().into_bytes());
            answer.headers_mut().insert(
                http::header::CONTENT_TYPE,
                http::HeaderValue::from_static("text/html; charset=utf-8"),
            );
            answer
        })
        .setup(|app| {
            let address = WebviewUrl::CustomProtocol("mend-failure://localhost/".parse()?);
            WebviewWindowBuilder::new(app, "failure", address)
                .title("Mend")
                .inner_size(480.0, 280.0)
                .incognito(true)
                .on_navigation(|url| url.as_str().contains("mend-failure"))
                .build()?;
            Ok(())
        })
        .build(crate::context())?;
    app.run_return(|_, _| {});
    Ok(())
}

/// A page with one sentence, in the letters and colours of the system.
fn page(why: &str) -> String {
    let why = why.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Mend</title>\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <style>body{{font:16px/1.5 system-ui,sans-serif;margin:32px;overflow-wrap:anywhere}}\
         h1{{font-size:20px}}</style>\
         <h1>Mend cannot start</h1><p role=\"alert\">{why}</p></html>"
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_reason_is_text_and_nothing_else() {
        let page = super::page("<b> & \u{201c}x\u{201d} is damaged");
        assert!(page.contains("&lt;b&gt; &amp; \u{201c}x\u{201d} is damaged"));
        assert!(!page.contains("<b>"));
    }

    #[cfg(unix)]
    #[test]
    fn a_window_is_only_for_those_who_would_see_nothing() {
        use std::fs::{File, OpenOptions};
        let (_reader, pipe) = std::io::pipe().unwrap();
        assert!(super::is_read(&pipe), "a test or a launcher reads it");
        let path = std::env::temp_dir().join(format!("mend-failure-{}", std::process::id()));
        assert!(super::is_read(&File::create(&path).unwrap()), "a log");
        std::fs::remove_file(&path).unwrap();
        let nowhere = OpenOptions::new().write(true).open("/dev/null").unwrap();
        assert!(!super::is_read(&nowhere));
        let (journal, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(!super::is_read(&journal), "the desktop's journal");
    }
}
