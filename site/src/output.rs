//! Writes the site beside the module that was built.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use maud::Markup;

use crate::blocks::{self, Block, Context};
use crate::lesson::{self, Lesson};
use crate::minify::{self, Kind};
use crate::pages::{Files, Page};
use crate::{Place, Problem, claims, links, lint, names};

/// Starts the module on a page; the two names are filled in by the build.
const BOOT: &str = include_str!("boot.js");

/// The figure of the page for frames.
const EMBEDDED: &str = r#"
id = "embed"
scenario = "bank-three"
title = "A run of Netsplit"
controls = ["all"]
views = ["space", "inspector", "events"]
unpredicted = "it shows somebody else's run"
"#;

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
    pages.extend(["lessons/", "bench/", "embed/"].map(str::to_owned));
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
    let (mut glue, mut wasm) = module(out)?;
    if profile == Profile::Release {
        (glue, wasm) = lighter_module(out, &glue, &wasm)?;
    }
    let reloads = profile == Profile::Developer;
    let mut boot = BOOT.replace("GLUE_FILE", &glue).replace("WASM_FILE", &wasm);
    let mut statics = static_files(&root.join("static"))?;
    if profile == Profile::Release {
        boot = lighter(Path::new("site/src/boot.js"), Kind::Module, &boot)?;
        statics = lighter_statics(statics)?;
    }
    let mut hasher = DefaultHasher::new();
    (&boot, &statics).hash(&mut hasher);
    let files = Files {
        glue,
        wasm,
        sheets: sheets(&statics),
        version: format!("{:08x}", hasher.finish() >> 32),
        reloads,
    };

    write(&out.join("boot.js"), boot.as_bytes())?;
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
    write_page(out, &Page::of_embed(embedded()?), &files)
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
        page.html(files).as_bytes(),
    )
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Problem> {
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

/// Gives the module and its glue short names for each other, and takes off the glue what only people need. Returns the
/// names of the two files, which say by a hash what is in them.
fn lighter_module(out: &Path, glue: &str, wasm: &str) -> Result<(String, String), Problem> {
    let (old_glue, old_wasm) = (out.join(glue), out.join(wasm));
    let script = std::fs::read_to_string(&old_glue).map_err(|why| Problem::io(&old_glue, &why))?;
    let module = std::fs::read(&old_wasm).map_err(|why| Problem::io(&old_wasm, &why))?;
    let (module, script) =
        names::shorten(&module, &script).map_err(|why| Problem::of_file(&old_wasm, why))?;
    let script = lighter(&old_glue, Kind::Module, &script)?;
    let stem = glue.rsplit_once('-').map_or(glue, |(stem, _)| stem);
    let mut hasher = DefaultHasher::new();
    (&module, &script).hash(&mut hasher);
    let stem = format!("{stem}-{:016x}", hasher.finish());
    let (glue, wasm) = (format!("{stem}.js"), format!("{stem}_bg.wasm"));
    for old in [old_glue, old_wasm] {
        std::fs::remove_file(&old).map_err(|why| Problem::io(&old, &why))?;
    }
    write(&out.join(&glue), script.as_bytes())?;
    write(&out.join(&wasm), &module)?;
    Ok((glue, wasm))
}

/// Static files without what only people need.
fn lighter_statics(statics: Vec<(String, Vec<u8>)>) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut light = Vec::new();
    for (name, bytes) in statics {
        let bytes = match name.ends_with(".js") {
            true => {
                let script = String::from_utf8_lossy(&bytes);
                lighter(&Path::new("static").join(&name), Kind::Script, &script)?.into_bytes()
            }
            false => bytes,
        };
        light.push((name, bytes));
    }
    Ok(light)
}

fn lighter(file: &Path, kind: Kind, text: &str) -> Result<String, Problem> {
    minify::minify(kind, text).map_err(|why| Problem::of_file(file, why))
}

/// Every style sheet but those of all pages.
fn sheets(statics: &[(String, Vec<u8>)]) -> Vec<String> {
    let names = statics.iter().map(|(name, _)| name);
    names
        .filter(|name| {
            name.ends_with(".css") && !["tokens.css", "page.css"].contains(&name.as_str())
        })
        .cloned()
        .collect()
}

fn static_files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut files = Vec::new();
    for file in entries(folder)? {
        let bytes = std::fs::read(&file).map_err(|why| Problem::io(&file, &why))?;
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
