//! The app.

// No console window beside the app on Windows.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]
#![allow(clippy::print_stderr, reason = "a failure to start is told where the app was started")]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| "warn,mend=info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match mend_lib::run(&mend_lib::Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            mend_lib::show_failure(&error);
            ExitCode::FAILURE
        }
    }
}
