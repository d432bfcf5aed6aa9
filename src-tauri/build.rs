//! Tells Tauri where this unusual layout keeps its parts: configuration and icons at the root of
//! the repository, capabilities in `src-tauri/`.

use std::{env, fs, path::Path};

use tauri_build::{AppManifest, Attributes};

include!("src/commands.in.rs");

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
    let dist = Path::new(&root).join("src-ui/dist");
    // A fresh clone has no built interface yet; checking the shell should not need one.
    fs::create_dir_all(&dist).expect("src-ui/dist can be made");

    // The interface is embedded by a macro that cargo cannot see through.
    println!("cargo:rerun-if-changed=src-ui/dist");
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    println!("cargo:rerun-if-changed=src-tauri/src/commands.in.rs");
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    println!("cargo:rerun-if-changed=icons");

    let attributes = Attributes::new()
        .capabilities_path_pattern("./src-tauri/capabilities/**/*")
        .app_manifest(AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        panic!("{error:#}");
    }
}
