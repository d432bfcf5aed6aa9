// A file of its own, because the page's policy allows no script inside it.
import init from "/ui.js";

init({ module_or_path: "/ui_bg.wasm" });
