//! What makes a release lighter than a developer's build.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::resume_unwind;
use std::path::Path;

use sim_core::protocols;

use crate::apart::{self, Load, Part, Parts};
use crate::minify::{self, Kind};
use crate::optimise::Table;
use crate::output::{
    SHARED_SHEET, Static, is_own, is_sheet, page_sheets, read, widget_sheets, write,
};
use crate::{Problem, names, optimise};

/// All style sheets but one.
pub const ALL_STYLES: &str = "styles.css";

/// The sheets of what is loaded later.
const LATER_STYLES: [&str; 2] = ["later.css", SHARED_SHEET];

/// What the module became: files.
pub struct Made {
    /// wasm-bindgen's script.
    pub glue: String,
    /// What a first visit runs.
    pub wasm: String,
    /// What is loaded for each protocol; nothing where the module was not taken apart.
    pub protocols: BTreeMap<String, Vec<String>>,
}

/// Makes the module small, in parts where the build asks for it, and takes off the glue what only people need.
/// The names of the glue and of the module say by a hash what is in them. `styles` are those of what is
/// loaded later and are written beside it.
pub fn module(out: &Path, glue: &str, wasm: &str, styles: &[u8]) -> Result<Made, Problem> {
    let stem = glue.rsplit_once('-').map_or(glue, |(stem, _)| stem);
    let (old_glue, old_wasm) = (out.join(glue), out.join(wasm));
    let whole = apart::asked_for();
    let Parts {
        module,
        glue: script,
        rest,
    } = match &whole {
        Some(whole) => apart::take(whole, &whole.with_file_name("apart"))?,
        None => Parts {
            module: read(&old_wasm)?,
            glue: String::from_utf8_lossy(&read(&old_glue)?).into_owned(),
            rest: Vec::new(),
        },
    };
    // The compiler's module lies in a folder of its own making, the other one among the pages.
    let work = out.join("small");
    let beside = whole.unwrap_or_else(|| work.join(wasm));
    let (module, rest) = smaller(module, rest, &beside)?;
    let _ = std::fs::remove_dir_all(&work);

    let problem = |why| Problem::of_file(&old_wasm, why);
    let mut kept = BTreeSet::new();
    let mut hasher = DefaultHasher::new();
    (&module, &script, styles, apart::ADDED).hash(&mut hasher);
    for part in &rest {
        part.code.hash(&mut hasher);
        kept.extend(apart::shared_names(&part.code).map_err(problem)?);
    }
    let stem = format!("{stem}-{:016x}", hasher.finish());
    let file = |end: &str| format!("{stem}{end}");
    let (glue, wasm) = (file(".js"), file("_bg.wasm"));
    let loads = loads(&rest, &stem);
    let script = match rest.is_empty() {
        false => apart::link(&script, &loads)
            .and_then(|script| apart::begin(&script))
            .map_err(problem)?,
        true if apart::is_apart(&script) => {
            let why = "it was compiled to be taken apart (the feature `apart`), and NETSPLIT_APART does not say where it is";
            return Err(problem(why.to_owned()));
        }
        true => script,
    };
    let (module, script) = names::shorten(&module, &script, &kept).map_err(problem)?;
    let script = lighter(&old_glue, Kind::Module, &script)?;
    for old in [&old_glue, &old_wasm] {
        std::fs::remove_file(old).map_err(|why| Problem::io(old, &why))?;
    }
    write(&out.join(&glue), script.as_bytes())?;
    write(&out.join(&wasm), &module)?;
    for part in &rest {
        write(&out.join(part_file(&stem, part)), &part.code)?;
    }
    if !rest.is_empty() {
        write(&out.join(later_styles(&stem)), styles)?;
    }
    let files = |name: &str| {
        let mark = apart::mark_of(name);
        let load = loads.iter().find(|load| load.mark == mark)?;
        Some((name.to_owned(), load.files.clone()))
    };
    Ok(Made {
        glue,
        wasm,
        protocols: protocols::names().into_iter().filter_map(files).collect(),
    })
}

fn part_file(stem: &str, part: &Part) -> String {
    format!("{stem}_{}.wasm", part.name)
}

fn later_styles(stem: &str) -> String {
    format!("{stem}_later.css")
}

/// What is loaded for each mark.
fn loads(rest: &[Part], stem: &str) -> Vec<Load> {
    if rest.is_empty() {
        return Vec::new();
    }
    let load = |mark: String| {
        let parts = rest.iter().filter(|part| part.of.contains(&mark));
        let styles = (mark == apart::LATER).then(|| later_styles(stem));
        let files = parts
            .map(|part| part_file(stem, part))
            .chain(styles)
            .collect();
        Load { mark, files }
    };
    apart::marks().map(load).collect()
}

/// All parts made small, side by side: it takes most of the time.
fn smaller(
    module: Vec<u8>,
    mut rest: Vec<Part>,
    beside: &Path,
) -> Result<(Vec<u8>, Vec<Part>), Problem> {
    if rest.is_empty() && !optimise::can() {
        eprintln!("wasm-opt is not on the PATH: the module is larger than it could be");
        return Ok((module, rest));
    }
    let file = |name: &str| beside.with_file_name(format!("{name}.wasm"));
    let module = std::thread::scope(|scope| {
        let small = |part: &Part| optimise::smaller(&part.code, &file(&part.name), Table::Another);
        let threads: Vec<_> = rest
            .iter()
            .map(|part| scope.spawn(move || small(part)))
            .collect();
        let module = optimise::smaller(&module, &file("module"), Table::Own);
        let parts = threads.into_iter().map(|thread| thread.join());
        let parts: Result<Vec<_>, _> = parts
            .map(|part| part.unwrap_or_else(|why| resume_unwind(why)))
            .collect();
        Ok::<_, Problem>((module?, parts?))
    });
    let (module, codes) = module?;
    for (part, code) in rest.iter_mut().zip(codes) {
        part.code = code;
    }
    Ok((module, rest))
}

/// Static files without what only people need, and the styles that a page begins with as one file: one request, and
/// compressed as one. Beside them the styles of what is loaded later, if anything is.
pub fn statics(statics: &[Static]) -> Result<(Vec<Static>, Vec<u8>), Problem> {
    let names = [page_sheets(statics), widget_sheets(statics)].concat();
    let (mut later, mut all): (Vec<_>, Vec<_>) = names
        .iter()
        .partition(|name| LATER_STYLES.contains(&name.as_str()));
    if apart::asked_for().is_none() {
        all.append(&mut later);
    }
    let mut light = vec![(ALL_STYLES.to_owned(), joined(statics, &all)?)];
    for (name, bytes) in statics {
        let bytes = match name.rsplit_once('.') {
            Some((_, "js")) => lighter_text(name, Kind::Script, bytes)?,
            _ if is_own(name) => lighter_text(name, Kind::Styles, bytes)?,
            _ if is_sheet(name) => continue,
            _ => bytes.clone(),
        };
        light.push((name.clone(), bytes));
    }
    Ok((light, joined(statics, &later)?))
}

/// These sheets as one, in this order.
fn joined(statics: &[Static], names: &[&String]) -> Result<Vec<u8>, Problem> {
    let mut joined = Vec::new();
    for name in names {
        for (_, bytes) in statics.iter().filter(|(each, _)| each == *name) {
            joined.extend(bytes);
        }
    }
    lighter_text("*.css", Kind::Styles, &joined)
}

fn lighter_text(name: &str, kind: Kind, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    let text = String::from_utf8_lossy(bytes);
    lighter(&Path::new("static").join(name), kind, &text).map(String::into_bytes)
}

/// A text without what only people need.
pub fn lighter(file: &Path, kind: Kind, text: &str) -> Result<String, Problem> {
    minify::minify(kind, text).map_err(|why| Problem::of_file(file, why))
}
