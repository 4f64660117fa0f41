//! Writes the site beside the module that was built.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use maud::Markup;

use crate::blocks::{self, Block, Context};
use crate::lesson::{self, Lesson};
use crate::minify::Kind;
use crate::pages::{Files, Page};
use crate::release::Made;
use crate::{Place, Problem, check, claims, links, lint, proof, quotes, release};

/// Starts the module on a page; the two names are filled in by the build.
const BOOT: &str = include_str!("boot.js");

/// The figure of the page for frames.
const EMBEDDED: &str = r#"
id = "embed"
scenario = "bank-three"
title = "A run of Netsplit"
controls = ["all"]
views = ["space", "operations", "inspector", "events"]
unpredicted = "it shows somebody else's run"
"#;

/// The style sheets of every page, in order.
const PAGE_SHEETS: [&str; 4] = ["tokens.css", "page.css", "blocks.css", release::ALL_STYLES];

/// The style sheets that pages of their own name.
const OWN_SHEETS: [&str; 7] = [
    REFERENCE_SHEET,
    SHARED_SHEET,
    "check.css",
    COMPARE_SHEET,
    VERSUS_SHEET,
    LIST_SHEET,
    FRAME_SHEET,
];

/// The one of pages with subheadings, quotations or things to type.
pub(crate) const REFERENCE_SHEET: &str = "reference.css";

/// The one of pages that list lessons.
pub(crate) const LIST_SHEET: &str = "list.css";

/// The one of the page for frames.
pub(crate) const FRAME_SHEET: &str = "frame.css";

/// The one of pages with a comparison.
pub(crate) const COMPARE_SHEET: &str = "compare.css";

/// The one of the page on which comparisons are put together.
pub(crate) const VERSUS_SHEET: &str = "versus.css";

/// Its script.
pub(crate) const VERSUS_SCRIPT: &str = "versus.js";

/// The one of them that figures need too.
pub(crate) const SHARED_SHEET: &str = "operations.css";

/// A file of `static/`: its name and what is in it.
pub(crate) type Static = (String, Vec<u8>);

/// Reloads a developer's page when it has been rebuilt.
const RELOAD: &str = include_str!("reload.js");

/// For whom the site is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Whoever works on it: files as they are written, and pages that reload themselves.
    Developer,
    /// Readers: as light as it gets.
    Release,
}

/// Writes every page, the scripts and the static files of the repository at `root` into `out`,
/// which holds the module and its glue.
pub fn build(root: &Path, out: &Path, profile: Profile) -> Result<(), Vec<Problem>> {
    let lessons = checked(root)?;
    let lies = replayed(&lessons);
    if !lies.is_empty() {
        return Err(lies);
    }
    write_all(root, out, &lessons, profile).map_err(|problem| vec![problem])
}

/// Replays what the lessons claim; the problems of what does not hold.
pub fn replayed(lessons: &[Lesson]) -> Vec<Problem> {
    claims::check(lessons.iter().flat_map(|lesson| &lesson.body.claims))
}

/// Reads all lessons and lints them.
pub fn checked(root: &Path) -> Result<Vec<Lesson>, Vec<Problem>> {
    let lessons = lesson::read_all(root)?;
    let mut pages: BTreeSet<String> = lessons.iter().map(Lesson::url).collect();
    pages.extend(["lessons/", "bench/", "check/", "embed/", "proof/"].map(str::to_owned));
    let problems: Vec<Problem> = lessons
        .iter()
        .flat_map(|lesson| [links::check(lesson, &pages), lint::check(lesson)].concat())
        .collect();
    match problems.is_empty() {
        true => Ok(lessons),
        false => Err(problems),
    }
}

fn write_all(root: &Path, out: &Path, lessons: &[Lesson], profile: Profile) -> Result<(), Problem> {
    let (glue, wasm) = module(out)?;
    let mut made = Made {
        glue,
        wasm,
        protocols: BTreeMap::new(),
    };
    let mut statics = static_files(&root.join("static"))?;
    if profile == Profile::Release {
        let later;
        (statics, later) = release::statics(&statics)?;
        made = release::module(out, &made.glue, &made.wasm, &later)?;
    }
    let reloads = profile == Profile::Developer;
    let Made {
        glue,
        wasm,
        protocols,
    } = made;
    let mut scripts = scripts(&glue, &wasm);
    if profile == Profile::Release {
        for (name, script) in &mut scripts {
            *script = release::lighter(Path::new(name), Kind::Module, script)?;
        }
    }
    let mut hasher = DefaultHasher::new();
    (&scripts, &statics).hash(&mut hasher);
    let files = Files {
        glue,
        wasm,
        protocols,
        sheets: page_sheets(&statics),
        widget_sheets: match profile {
            Profile::Developer => widget_sheets(&statics),
            // They are joined with the others.
            Profile::Release => Vec::new(),
        },
        version: format!("{:08x}", hasher.finish() >> 32),
        reloads,
    };

    for (name, script) in &scripts {
        write(&out.join(name), script.as_bytes())?;
    }
    if reloads {
        write(&out.join("reload.js"), RELOAD.as_bytes())?;
    }
    for (name, bytes) in &statics {
        write(&out.join("static").join(name), bytes)?;
    }
    for lesson in lessons {
        write_page(
            out,
            &Page::of_lesson(lesson, &lesson.url(), lessons),
            &files,
        )?;
    }
    write_page(out, &Page::of_list(lessons), &files)?;
    write_page(out, &Page::of_bench(), &files)?;
    write_page(out, &check::page(), &files)?;
    // Whoever works on it does not wait for all of them each time.
    let seeds = match profile {
        Profile::Developer => 5,
        Profile::Release => proof::SEEDS,
    };
    write_page(out, &proof::page(root, lessons, seeds)?, &files)?;
    write_page(out, &Page::of_embed(embedded()?), &files)
}

/// The scripts of pages with the names of what they load.
fn scripts(glue: &str, wasm: &str) -> Vec<(&'static str, String)> {
    let worker = check::WORKER.replace("GLUE_FILE", glue);
    let mut hasher = DefaultHasher::new();
    worker.hash(&mut hasher);
    let worker_file = format!("worker.js?v={:08x}", hasher.finish() >> 32);
    vec![
        (
            "boot.js",
            BOOT.replace("GLUE_FILE", glue).replace("WASM_FILE", wasm),
        ),
        (
            "check.js",
            check::SCRIPT.replace("WORKER_FILE", &worker_file),
        ),
        ("worker.js", worker),
        (VERSUS_SCRIPT, include_str!("versus.js").to_owned()),
    ]
}

/// What a frame shows whose address names no run: a block as a lesson would write it.
fn embedded() -> Result<Markup, Problem> {
    let block = Block {
        kind: "sim",
        body: EMBEDDED,
        place: Place {
            file: "site/src/output.rs".into(),
            line: 0,
        },
    };
    let mut context =
        Context::read(std::slice::from_ref(&block)).map_err(|mut problems| problems.remove(0))?;
    blocks::render(&block, &mut context)
}

fn write_page(out: &Path, page: &Page<'_>, files: &Files) -> Result<(), Problem> {
    write(
        &out.join(page.url).join("index.html"),
        quotes::lighter(&page.html(files)).as_bytes(),
    )
}

/// What is in a file.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    std::fs::read(file).map_err(|why| Problem::io(file, &why))
}

/// Writes a file, and its folder.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(file, bytes))
        .map_err(|why| Problem::io(file, &why))
}

/// The names of the glue and of the module, which carry hashes.
fn module(out: &Path) -> Result<(String, String), Problem> {
    let names: Vec<String> = entries(out)?
        .iter()
        .map(|file| file_name(file))
        .filter(|name| name.ends_with("_bg.wasm"))
        .collect();
    match &names[..] {
        [wasm] => Ok((wasm.replace("_bg.wasm", ".js"), wasm.clone())),
        _ => {
            let why = format!("expected one `…_bg.wasm` here, found {}", names.len());
            Err(Problem::of_file(out, why))
        }
    }
}

pub(crate) fn is_sheet(name: &str) -> bool {
    name.ends_with(".css")
}

/// Whether it is a style sheet that some page names.
pub(crate) fn is_own(name: &str) -> bool {
    OWN_SHEETS.contains(&name)
}

/// The style sheets of every page, as far as they are there.
pub(crate) fn page_sheets(statics: &[Static]) -> Vec<String> {
    let is_there = |sheet: &&str| statics.iter().any(|(name, _)| name == sheet);
    PAGE_SHEETS
        .into_iter()
        .filter(is_there)
        .map(str::to_owned)
        .collect()
}

/// Those that figures need besides.
pub(crate) fn widget_sheets(statics: &[Static]) -> Vec<String> {
    let names = statics.iter().map(|(name, _)| name);
    let is_others = |name: &str| is_own(name) && name != SHARED_SHEET;
    names
        .filter(|name| is_sheet(name) && !is_others(name) && !PAGE_SHEETS.contains(&name.as_str()))
        .cloned()
        .collect()
}

fn static_files(folder: &Path) -> Result<Vec<Static>, Problem> {
    let mut files = Vec::new();
    for file in entries(folder)? {
        let bytes = read(&file)?;
        files.push((file_name(&file), bytes));
    }
    Ok(files)
}

/// The entries of a folder, in a fixed order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let listed = std::fs::read_dir(folder).map_err(|why| Problem::io(folder, &why))?;
    let mut files: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

fn file_name(file: &Path) -> String {
    file.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
