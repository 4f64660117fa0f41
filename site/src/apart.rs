//! The release's module in parts: what a first visit runs, what is loaded when a reader comes to it (`web/src/later/`),
//! what only pages of their own need (`web/src/solo.rs`, `web/src/versus.rs`), and each protocol (`web/src/shelf.rs`). What some of these share
//! is a part too, which comes with any of them; but what a protocol shares with anything is little, and stays in the first.
//!
//! The compiler makes one module and leaves in it who refers to what (`--emit-relocs`). From that `wasm_split_cli_support`
//! finds what can be reached only through the functions marked `wasm_split`, and takes it out, its data included. All
//! parts share one memory and one table of functions. What stays is what wasm-bindgen writes its glue for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use sim_core::protocols;
use wasm_split_cli_support::{Options, transform};
use wasmparser::{Parser, Payload};

use crate::fuse::merged;
use crate::output::read;
use crate::{Problem, tool};

/// What the page's module calls to have the rest loaded; its glue imports that from [`LINK`].
const LINK: &str = "./__wasm_split.js";
/// The name under which the rest finds the page's module. All names of the split begin with it.
const SHARED: &str = "__wasm_split";
/// Parts that are marked: as the marks call them. What belongs to a mark is called `split_…`.
const MARKED: [&str; 3] = [LATER, SOLO, VERSUS];
/// The one that has styles of its own.
pub const LATER: &str = "later";
const SOLO: &str = "solo";
/// The one that is loaded by what is loaded later, and so after it. What these share stays there, in as few pieces as if
/// there were no such page.
const VERSUS: &str = "versus";
const STEM: &str = "netsplit-web";

/// A part that was taken out.
pub struct Part {
    /// What its file is called, at the end: as its mark, or as those that share it.
    pub name: String,
    /// Its code.
    pub code: Vec<u8>,
    /// The marks that it is loaded for.
    pub of: Vec<String>,
}

/// The protocols that rest on `sim_core::protocols::consensus`. What they share is copied into each one's part: a page
/// seldom plays two of them, a part by itself would make every first visit to any of them larger, and no other page wants
/// it. Where two are loaded, the second puts the same functions where the first had put its own.
const CONSENSUS: [&str; 6] = [
    "raft",
    "paxos",
    "multi_paxos",
    "two_phase_commit",
    "zab",
    "lock_service",
];

/// All parts, and the glue of the first.
pub struct Parts {
    /// What a first visit runs.
    pub module: Vec<u8>,
    /// wasm-bindgen's.
    pub glue: String,
    /// The rest, where it was taken out.
    pub rest: Vec<Part>,
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
    bind(&main, folder)?;
    let module = folder.join(format!("{STEM}_bg.wasm"));
    let (mut rest, mut own) = (Vec::new(), Vec::new());
    let (mut common, mut copied) = (Vec::new(), Vec::new());
    for file in &parts.split_modules {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let needs = |mark: &String| {
            let files = parts.prefetch_map.get(mark);
            files.is_some_and(|files| files.iter().any(|one| *one == stem))
        };
        let name = stem.strip_prefix("split_");
        let mut of: Vec<String> = marks().filter(needs).collect();
        match name {
            None if is_of_consensus(&of) => copied.push((file, of)),
            None if of.iter().any(|mark| is_protocol(mark)) => common.push(file),
            None if of.iter().any(|mark| mark == VERSUS) => {
                of.retain(|mark| mark != VERSUS);
                let stays = match of.iter().any(|mark| mark == SOLO) {
                    true => [LATER, SOLO].join("_"),
                    false => LATER.to_owned(),
                };
                copied.push((file, vec![stays]));
            }
            _ => own.push((file, name.map_or_else(|| of.join("_"), str::to_owned), of)),
        }
    }
    for (file, name, mut of) in own {
        // Whoever looks for what it shares with these finds it there.
        if name == LATER || name == [LATER, SOLO].join("_") {
            of.push(VERSUS.to_owned());
        }
        let wanted = copied.iter().filter(|(_, of)| of.contains(&name));
        let shared: Vec<&PathBuf> = wanted.map(|(file, _)| *file).collect();
        let file = match shared.is_empty() {
            true => file.clone(),
            false => merged(file, "own", &named(&shared))?,
        };
        let code = read(&file)?;
        rest.push(Part { name, code, of });
    }
    // The order in which they are found is chance.
    rest.sort_by(|one, other| one.name.cmp(&other.name));
    let names: Vec<&str> = rest.iter().map(|part| part.name.as_str()).collect();
    let marked = marks().all(|mark| names.contains(&mark.as_str()));
    if !marked || names.windows(2).any(|pair| pair[0] == pair[1]) {
        let marks: Vec<String> = marks().collect();
        let why = format!("expected the parts {marks:?} and what they share, found {names:?}");
        return Err(Problem::of_file(whole, why));
    }
    Ok(Parts {
        module: read(&merged(&module, SHARED, &named(&common))?)?,
        glue: String::from_utf8_lossy(&read(&folder.join(format!("{STEM}.js")))?).into_owned(),
        rest,
    })
}

/// Parts by the names that others know them by.
fn named<'a>(parts: &[&'a PathBuf]) -> Vec<(&'a PathBuf, String)> {
    let name = |(place, part): (usize, &&'a PathBuf)| (*part, format!("{SHARED}_{place}"));
    parts.iter().enumerate().map(name).collect()
}

fn is_protocol(mark: &str) -> bool {
    protocols::names()
        .into_iter()
        .any(|one| mark_of(one) == *mark)
}

/// Whether this is what consensus protocols share among themselves, and with nobody else.
fn is_of_consensus(of: &[String]) -> bool {
    of.iter().all(|mark| CONSENSUS.contains(&mark.as_str()))
}

/// All marks.
pub fn marks() -> impl Iterator<Item = String> {
    let protocols = protocols::names().into_iter().map(mark_of);
    MARKED.into_iter().map(str::to_owned).chain(protocols)
}

/// How a protocol is marked (`web/src/shelf.rs`).
pub fn mark_of(protocol: &str) -> String {
    protocol.replace('-', "_")
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

/// The names that a part imports from the page's module, which must keep them.
pub fn shared_names(part: &[u8]) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(part) {
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

/// What is loaded for a mark: files beside the glue.
pub struct Load {
    /// The mark.
    pub mark: String,
    /// Modules and style sheets.
    pub files: Vec<String>,
}

/// The glue with the loading of the rest in place of the import that wasm-bindgen wrote.
pub fn link(glue: &str, loads: &[Load]) -> Result<String, String> {
    // It is imported once a function, each time under another name.
    let begin = "import * as ";
    let end = format!(" from \"{LINK}\"");
    let imports = glue.lines().filter_map(|line| {
        let name = line.strip_prefix(begin)?.trim_end_matches(';');
        Some((line, name.strip_suffix(&end)?))
    });
    let imports: Vec<(&str, &str)> = imports.collect();
    let [(line, name), others @ ..] = &imports[..] else {
        return Err(format!("the glue does not import {LINK}"));
    };
    let mut glue = glue.to_owned();
    for (line, name) in others {
        glue = glue.replacen(&format!("{line}\n"), "", 1);
        let again = glue
            .lines()
            .find(|line| line.trim() == format!("\"{LINK}\": {name},"));
        let again = again
            .ok_or_else(|| format!("the glue does not hand over {name}"))?
            .to_owned();
        glue = glue.replacen(&format!("{again}\n"), "", 1);
    }
    let (mut lists, mut loaders) = (String::new(), String::new());
    for Load { mark, files } in loads {
        let files = files.iter().map(|file| format!("\"./{file}\""));
        let files = files.collect::<Vec<_>>().join(", ");
        lists.push_str(&format!("  {mark}: [{files}],\n"));
        loaders.push_str(&format!("  {SHARED}_load_{mark}: loads(FILES.{mark}),\n"));
    }
    let filled = [("NAME", *name), ("LISTS", &lists), ("LOADERS", &loaders)];
    let loader = filled
        .iter()
        .fold(LOADER.to_owned(), |loader, (gap, with)| {
            loader.replace(gap, with)
        });
    Ok(glue.replacen(*line, &loader, 1))
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
        let glue = format!(
            "import * as import1 from \"{LINK}\"\nimport * as import2 from \"{LINK}\"\n\n  \"{LINK}\": import1,\n  \"{LINK}\": import2,\nlet wasm;\n"
        );
        let load = |mark: &str, files: &[&str]| Load {
            mark: mark.to_owned(),
            files: files.iter().map(|file| (*file).to_owned()).collect(),
        };
        let loads = [
            load("later", &["x_both.wasm", "x_later.wasm", "x_later.css"]),
            load("solo", &["x_solo.wasm"]),
        ];
        let linked = link(&glue, &loads).unwrap();
        assert_eq!(linked.matches(LINK).count(), 1);
        assert!(linked.contains("const import1 = {") && !linked.contains("import2"));
        for line in [
            "later: [\"./x_both.wasm\", \"./x_later.wasm\", \"./x_later.css\"],",
            "_load_solo: loads(FILES.solo),",
        ] {
            assert!(linked.contains(line), "{linked}");
        }
        assert!(linked.ends_with("let wasm;\n"));
        assert!(link("let wasm;", &loads).is_err());
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
