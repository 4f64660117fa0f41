//! What makes a release lighter than a developer's build.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::minify::{self, Kind};
use crate::output::{Static, is_sheet, page_sheets, widget_sheets, write};
use crate::{Problem, names};

/// All style sheets.
pub const ALL_STYLES: &str = "styles.css";

/// Gives the module and its glue short names for each other, and takes off the glue what only people need. Returns the
/// names of the two files, which say by a hash what is in them.
pub fn module(out: &Path, glue: &str, wasm: &str) -> Result<(String, String), Problem> {
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

/// Static files without what only people need, and all styles as one file: one request, and compressed as one.
pub fn statics(statics: &[Static]) -> Result<Vec<Static>, Problem> {
    let mut light = vec![(ALL_STYLES.to_owned(), all_styles(statics)?)];
    for (name, bytes) in statics.iter().filter(|(name, _)| !is_sheet(name)) {
        let bytes = match name.ends_with(".js") {
            true => lighter_text(name, Kind::Script, bytes)?,
            false => bytes.clone(),
        };
        light.push((name.clone(), bytes));
    }
    Ok(light)
}

/// In the order in which pages name them.
fn all_styles(statics: &[Static]) -> Result<Vec<u8>, Problem> {
    let mut joined = Vec::new();
    let names = [page_sheets(statics), widget_sheets(statics)].concat();
    for name in names {
        for (_, bytes) in statics.iter().filter(|(each, _)| *each == name) {
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
