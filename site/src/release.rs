//! What makes a release lighter than a developer's build.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::resume_unwind;
use std::path::Path;

use crate::apart::{self, Parts};
use crate::minify::{self, Kind};
use crate::output::{Static, is_sheet, page_sheets, read, widget_sheets, write};
use crate::{Problem, names, optimise};

/// All style sheets but one.
pub const ALL_STYLES: &str = "styles.css";

/// The sheet of what is loaded later.
const LATER_STYLES: &str = "later.css";

/// Makes the module small, in two parts where the build asks for it, and takes off the glue what only people need.
/// Returns the names of the glue and of the module, which say by a hash what is in them. `styles` are those of the second
/// part and are written beside it.
pub fn module(
    out: &Path,
    glue: &str,
    wasm: &str,
    styles: &[u8],
) -> Result<(String, String), Problem> {
    let stem = glue.rsplit_once('-').map_or(glue, |(stem, _)| stem);
    let (old_glue, old_wasm) = (out.join(glue), out.join(wasm));
    let whole = apart::asked_for();
    let Parts {
        module,
        glue: script,
        later,
    } = match &whole {
        Some(whole) => apart::take(whole, &whole.with_file_name("apart"))?,
        None => Parts {
            module: read(&old_wasm)?,
            glue: String::from_utf8_lossy(&read(&old_glue)?).into_owned(),
            later: None,
        },
    };
    // The compiler's module lies in a folder of its own making, the other one among the pages.
    let work = out.join("small");
    let beside = whole.unwrap_or_else(|| work.join(wasm));
    let (module, later) = smaller(module, later, &beside)?;
    let _ = std::fs::remove_dir_all(&work);

    let problem = |why| Problem::of_file(&old_wasm, why);
    let kept = match &later {
        Some(later) => apart::shared_names(later).map_err(problem)?,
        None => BTreeSet::new(),
    };
    let mut hasher = DefaultHasher::new();
    (&module, &later, &script, styles, apart::ADDED).hash(&mut hasher);
    let stem = format!("{stem}-{:016x}", hasher.finish());
    let [glue, wasm, later_wasm, later_css] =
        [".js", "_bg.wasm", "_later.wasm", "_later.css"].map(|end| format!("{stem}{end}"));
    let script = match &later {
        Some(_) => apart::link(&script, [&later_wasm, &later_css])
            .and_then(|script| apart::begin(&script))
            .map_err(problem)?,
        None if apart::is_apart(&script) => {
            let why = "it was compiled to be taken apart (the feature `apart`), and NETSPLIT_APART does not say where it is";
            return Err(problem(why.to_owned()));
        }
        None => script,
    };
    let (module, script) = names::shorten(&module, &script, &kept).map_err(problem)?;
    let script = lighter(&old_glue, Kind::Module, &script)?;
    for old in [&old_glue, &old_wasm] {
        std::fs::remove_file(old).map_err(|why| Problem::io(old, &why))?;
    }
    write(&out.join(&glue), script.as_bytes())?;
    write(&out.join(&wasm), &module)?;
    if let Some(later) = later {
        write(&out.join(later_wasm), &later)?;
        write(&out.join(later_css), styles)?;
    }
    Ok((glue, wasm))
}

/// Both parts made small, side by side: it takes most of the time.
fn smaller(
    module: Vec<u8>,
    later: Option<Vec<u8>>,
    beside: &Path,
) -> Result<(Vec<u8>, Option<Vec<u8>>), Problem> {
    if later.is_none() && !optimise::can() {
        eprintln!("wasm-opt is not on the PATH: the module is larger than it could be");
        return Ok((module, None));
    }
    let file = |name: &str| beside.with_file_name(name);
    std::thread::scope(|scope| {
        let later =
            later.map(|later| scope.spawn(move || optimise::smaller(&later, &file("later.wasm"))));
        let module = optimise::smaller(&module, &file("module.wasm"))?;
        let later = later.map(|thread| thread.join().unwrap_or_else(|why| resume_unwind(why)));
        Ok((module, later.transpose()?))
    })
}

/// Static files without what only people need, and the styles that a page begins with as one file: one request, and
/// compressed as one. Beside them the styles of what is loaded later, if anything is.
pub fn statics(statics: &[Static]) -> Result<(Vec<Static>, Vec<u8>), Problem> {
    let names = [page_sheets(statics), widget_sheets(statics)].concat();
    let (mut later, mut all): (Vec<_>, Vec<_>) =
        names.iter().partition(|name| *name == LATER_STYLES);
    if apart::asked_for().is_none() {
        all.append(&mut later);
    }
    let mut light = vec![(ALL_STYLES.to_owned(), joined(statics, &all)?)];
    for (name, bytes) in statics.iter().filter(|(name, _)| !is_sheet(name)) {
        let bytes = match name.ends_with(".js") {
            true => lighter_text(name, Kind::Script, bytes)?,
            false => bytes.clone(),
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
