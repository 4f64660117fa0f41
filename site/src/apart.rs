//! The release's module in two: what a first visit runs, and what is loaded when a reader comes to it
//! (`web/src/later/`).
//!
//! The compiler makes one module and leaves in it who refers to what (`--emit-relocs`). From that `wasm_split_cli_support`
//! finds what can be reached only through the functions marked `wasm_split`, and takes it out, its data included. Both
//! parts share one memory and one table of functions. What stays is what wasm-bindgen writes its glue for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_split_cli_support::{Options, transform};
use wasmparser::{Parser, Payload};

use crate::output::read;
use crate::{Problem, tool};

/// What the page's module calls to have the rest loaded; its glue imports that from [`LINK`].
const LINK: &str = "./__wasm_split.js";
/// The name under which the rest finds the page's module. All names of the split begin with it.
const SHARED: &str = "__wasm_split";
/// The part that is marked `wasm_split(later)`.
const LATER: &str = "split_later.wasm";
const STEM: &str = "netsplit-web";

/// Both parts, and the glue of the first.
pub struct Parts {
    /// What a first visit runs.
    pub module: Vec<u8>,
    /// wasm-bindgen's.
    pub glue: String,
    /// The rest, where it was taken out.
    pub later: Option<Vec<u8>>,
}

/// Takes the compiler's module apart. `folder` is for what is made on the way.
pub fn take(whole: &Path, folder: &Path) -> Result<Parts, Problem> {
    let input = read(whole)?;
    // What an earlier build left there might be taken for this one's.
    let _ = std::fs::remove_dir_all(folder);
    let main = folder.join(format!("{STEM}.wasm"));
    let mut options = Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = LINK;
    let parts = transform(options).map_err(|why| Problem::of_file(whole, format!("{why:#}")))?;
    let later = folder.join(LATER);
    if parts.split_modules != [later.clone()] {
        let why = format!(
            "expected one part, {LATER}, found {:?}",
            parts.split_modules
        );
        return Err(Problem::of_file(whole, why));
    }
    bind(&main, folder)?;
    Ok(Parts {
        module: read(&folder.join(format!("{STEM}_bg.wasm")))?,
        glue: String::from_utf8_lossy(&read(&folder.join(format!("{STEM}.js")))?).into_owned(),
        later: Some(read(&later)?),
    })
}

fn bind(module: &Path, folder: &Path) -> Result<(), Problem> {
    let mut command = Command::new("wasm-bindgen");
    command
        .args(["--target", "web", "--no-typescript", "--no-demangle"])
        // The table of functions is one, which it would hide.
        .arg("--keep-lld-exports")
        .args(["--out-name", STEM, "--out-dir"])
        .args([folder, module]);
    tool::run(&mut command, module)
}

/// The names that `later` imports from the page's module, which must keep them.
pub fn shared_names(later: &[u8]) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(later) {
        if let Payload::ImportSection(imports) = payload.map_err(|why| why.to_string())? {
            for import in imports.into_imports() {
                let import = import.map_err(|why| why.to_string())?;
                if import.module != SHARED {
                    return Err(format!("it wants `{}` from {}", import.name, import.module));
                }
                names.insert(import.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// The glue with the loading of the rest, a module and a style sheet beside it, in place of the import that wasm-bindgen
/// wrote.
pub fn link(glue: &str, [module, styles]: [&str; 2]) -> Result<String, String> {
    let begin = "import * as ";
    let end = format!(" from \"{LINK}\"");
    let found = glue.lines().find_map(|line| {
        let name = line.strip_prefix(begin)?.trim_end_matches(';');
        Some((line, name.strip_suffix(&end)?))
    });
    let (line, name) = found.ok_or_else(|| format!("the glue does not import {LINK}"))?;
    let loader = LOADER
        .replace("NAME", name)
        .replace("MODULE_FILE", module)
        .replace("STYLES_FILE", styles);
    Ok(glue.replacen(line, &loader, 1))
}

/// The glue with a beginning of our own: wasm-bindgen's can load a module in several ways, of which a page needs one.
pub fn begin(glue: &str) -> Result<String, String> {
    let exports = "export { initSync, __wbg_init as default };";
    match glue.contains(exports) {
        true => Ok(glue.replacen(exports, BEGIN, 1)),
        false => Err(format!("the glue does not say `{exports}`")),
    }
}

const BEGIN: &str = include_str!("begin.js");

/// What is added to a glue.
pub const ADDED: [&str; 2] = [LOADER, BEGIN];

/// Whether a glue is of a module that wants the rest of itself.
pub fn is_apart(glue: &str) -> bool {
    glue.contains(SHARED)
}

/// The contract is `wasm_split_helpers`': a function of the table is called back with what it was asked with, and whether
/// the rest is there.
const LOADER: &str = include_str!("later.js");

/// Where the compiler's module is, if the build asks for it to be taken apart.
pub fn asked_for() -> Option<PathBuf> {
    std::env::var_os("NETSPLIT_APART").map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{ImportSection, MemoryType, Module};

    fn importing(from: &str) -> Vec<u8> {
        let memory = MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        };
        let mut imports = ImportSection::new();
        imports.import(from, "memory", memory);
        let mut module = Module::new();
        module.section(&imports);
        module.finish()
    }

    #[test]
    fn the_import_gives_way_to_the_loading() {
        let glue = format!("import * as import1 from \"{LINK}\"\n\nlet wasm;\n");
        let files = ["x_later.wasm", "x_later.css"];
        let linked = link(&glue, files).unwrap();
        assert!(!linked.contains(LINK));
        assert!(linked.contains("const import1 = {"));
        assert!(
            files
                .iter()
                .all(|file| linked.contains(&format!("\"./{file}\"")))
        );
        assert!(linked.ends_with("let wasm;\n"));
        assert!(link("let wasm;", files).is_err());
    }

    #[test]
    fn the_rest_shares_with_the_page_and_with_nobody_else() {
        let shared = BTreeSet::from(["memory".to_owned()]);
        assert_eq!(shared_names(&importing(SHARED)), Ok(shared));
        assert!(shared_names(&importing("env")).is_err_and(|why| why.contains("env")));
        assert!(shared_names(b"no module").is_err());
    }

    #[test]
    fn what_is_no_module_of_the_compiler_is_refused() {
        let folder = std::env::temp_dir().join(format!("netsplit-apart-{}", std::process::id()));
        let whole = folder.join("whole.wasm");
        crate::output::write(&whole, &importing("env")).unwrap();
        let refused = take(&whole, &folder.join("apart"))
            .err()
            .map(|why| why.what);
        let missing = take(&folder.join("none.wasm"), &folder.join("apart"));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(refused.is_some_and(|why| !why.is_empty()));
        assert!(missing.is_err());
    }
}
