//! Short names for what the module and its glue call each other.
//!
//! wasm-bindgen calls an import `__wbg_instanceof_Window_5cf453f5639aa1a2`, once in the module and once in the glue.
//! Nobody but these two files reads that, so in the release it is `AB` in both. A name is changed only if it stands in
//! both files and is of wasm-bindgen's making; the new one stands in neither. A module and a glue that do not fit would
//! be a page whose figures stand still, so whatever is not understood refuses the build.

use std::collections::{BTreeMap, BTreeSet};

use wasm_encoder::{Encode, Module, RawSection};
use wasmparser::{BinaryReader, BinaryReaderError, ExternalKind, Parser, TypeRef};

/// What stands in names that wasm-bindgen makes, and in none of ours.
const MADE_UP: &str = "__";

const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;

/// The module and the glue with short names, or why they cannot have them. Names in `kept` stay: others know them too.
pub fn shorten(
    module: &[u8],
    glue: &str,
    kept: &BTreeSet<String>,
) -> Result<(Vec<u8>, String), String> {
    let sections = read(module).map_err(|why| format!("the module cannot be read: {why}"))?;
    let short = short_names(&sections, glue, kept);
    let new_module = write(&sections, &short);
    let new_glue = with_words(glue, &short);
    let again = read(&new_module).map_err(|why| format!("the module was broken: {why}"))?;
    check(&sections, &again, &short, &new_glue)?;
    Ok((new_module, new_glue))
}

/// Old names and new ones.
type Short = BTreeMap<String, String>;

/// A section of a module. Those that name nothing are kept as they are.
struct Section<'a> {
    id: u8,
    content: &'a [u8],
    /// Imports or exports, in order.
    entries: Vec<Entry<'a>>,
}

/// An import or an export, as it is written.
struct Entry<'a> {
    /// The module that an import comes from.
    before: &'a [u8],
    name: &'a str,
    /// Its type, or its kind and number.
    after: &'a [u8],
}

fn read(module: &[u8]) -> Result<Vec<Section<'_>>, String> {
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.map_err(|why| why.to_string())?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let content = &module[range.start as usize..range.end as usize];
        let entries = match id {
            IMPORTS | EXPORTS => entries(id, content)?,
            _ => Vec::new(),
        };
        sections.push(Section {
            id,
            content,
            entries,
        });
    }
    Ok(sections)
}

fn entries(id: u8, content: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let mut reader = BinaryReader::new(content, 0);
    let count = reader.read_var_u32().map_err(|why| why.to_string())?;
    let entries: Result<Vec<_>, _> = (0..count)
        .map(|_| entry(id, content, &mut reader))
        .collect();
    let entries = entries.map_err(|why| why.to_string())?;
    match reader.eof() {
        true => Ok(entries),
        false => Err("something follows the last name".to_owned()),
    }
}

fn entry<'a>(
    id: u8,
    content: &'a [u8],
    reader: &mut BinaryReader<'a>,
) -> Result<Entry<'a>, BinaryReaderError> {
    // The reader counts from where `content` starts.
    let place = |reader: &BinaryReader<'_>| reader.original_position() as usize;
    let start = place(reader);
    if id == IMPORTS {
        reader.read_string()?;
    }
    let before = &content[start..place(reader)];
    let name = reader.read_string()?;
    let start = place(reader);
    if id == IMPORTS {
        reader.read::<TypeRef>()?;
    } else {
        reader.read::<ExternalKind>()?;
        reader.read_var_u32()?;
    }
    Ok(Entry {
        before,
        name,
        after: &content[start..place(reader)],
    })
}

fn names<'a>(sections: &'a [Section<'a>]) -> impl Iterator<Item = &'a str> {
    let entries = sections.iter().flat_map(|section| &section.entries);
    entries.map(|entry| entry.name)
}

/// For every name to change the new one: the first that are free, in the module's order.
fn short_names(sections: &[Section<'_>], glue: &str, kept: &BTreeSet<String>) -> Short {
    let words = words(glue);
    let all: BTreeSet<&str> = names(sections).collect();
    let mut free =
        candidates().filter(|name| !words.contains(name.as_str()) && !all.contains(name.as_str()));
    let mut short = Short::new();
    for name in names(sections) {
        let is_changed = name.contains(MADE_UP) && words.contains(name) && !kept.contains(name);
        if is_changed && !short.contains_key(name) {
            short.extend(free.next().map(|new| (name.to_owned(), new)));
        }
    }
    short
}

/// `AA` to `ZZ`, then `AAA` to `ZZZ`. JavaScript has no words in capitals.
fn candidates() -> impl Iterator<Item = String> {
    let letters = || 'A'..='Z';
    let longer = move |start: String| letters().map(move |letter| format!("{start}{letter}"));
    let pairs = move || letters().map(String::from).flat_map(longer);
    pairs().chain(pairs().flat_map(longer))
}

fn write(sections: &[Section<'_>], short: &Short) -> Vec<u8> {
    let mut module = Module::new();
    for section in sections {
        let renamed = with_names(&section.entries, short);
        module.section(&RawSection {
            id: section.id,
            data: match section.entries.is_empty() {
                true => section.content,
                false => &renamed,
            },
        });
    }
    module.finish()
}

fn with_names(entries: &[Entry<'_>], short: &Short) -> Vec<u8> {
    let mut section = Vec::new();
    entries.len().encode(&mut section);
    for entry in entries {
        section.extend(entry.before);
        new_name(entry.name, short).encode(&mut section);
        section.extend(entry.after);
    }
    section
}

fn new_name<'a>(name: &'a str, short: &'a Short) -> &'a str {
    short.get(name).map_or(name, String::as_str)
}

fn with_words(glue: &str, short: &Short) -> String {
    let mut out = String::new();
    pieces(glue, |piece| out.push_str(new_name(piece, short)));
    out
}

fn words(glue: &str) -> BTreeSet<&str> {
    let mut words = BTreeSet::new();
    pieces(glue, |piece| {
        words.insert(piece);
    });
    words
}

/// Parts a script into its words and what stands between them.
fn pieces<'a>(script: &'a str, mut each: impl FnMut(&'a str)) {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let is_word = is_of_word(first);
        let end = rest
            .find(|c| is_of_word(c) != is_word)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        each(piece);
        rest = after;
    }
}

/// Whether every name of the new module is the old one or stands for it, and is as well known to the glue.
fn check(
    old: &[Section<'_>],
    new: &[Section<'_>],
    short: &Short,
    glue: &str,
) -> Result<(), String> {
    if !names(old).map(|name| new_name(name, short)).eq(names(new)) {
        return Err("the module's names are not those that it was given".to_owned());
    }
    let words = words(glue);
    for (old, new) in short {
        if words.contains(old.as_str()) || !words.contains(new.as_str()) {
            return Err(format!("the glue does not say {new} for {old}"));
        }
    }
    let different: BTreeSet<&String> = short.values().collect();
    match different.len() == short.len() {
        true => Ok(()),
        false => Err("two names became one".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        EntityType, ExportKind, ExportSection, FunctionSection, ImportSection, TypeSection,
    };

    const IMPORT: &str = "__wbg_now_0123456789abcdef";
    const UNKNOWN: &str = "__wbg_unknown_0123456789abcdef";

    /// Imports two functions, and exports the first by a made-up name, by one of ours and as `AA`.
    fn module() -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        imports.import("./m.js", IMPORT, EntityType::Function(0));
        imports.import("./m.js", UNKNOWN, EntityType::Function(0));
        module.section(&imports);
        module.section(&FunctionSection::new());
        let mut exports = ExportSection::new();
        for name in ["__wbindgen_start", "mount", "AA"] {
            exports.export(name, ExportKind::Func, 0);
        }
        module.section(&exports);
        module.finish()
    }

    fn glue() -> String {
        format!("f={{{IMPORT}:AB=>{IMPORT}x}};wasm.__wbindgen_start();wasm.mount()")
    }

    fn names_of(module: &[u8]) -> Vec<String> {
        names(&read(module).unwrap()).map(str::to_owned).collect()
    }

    #[test]
    fn what_stands_in_both_files_gets_a_short_name_in_both() {
        let (module, glue) = shorten(&module(), &glue(), &BTreeSet::new()).unwrap();
        assert_eq!(names_of(&module), ["AC", UNKNOWN, "AD", "mount", "AA"]);
        assert_eq!(
            glue,
            format!("f={{AC:AB=>{IMPORT}x}};wasm.AD();wasm.mount()")
        );
    }

    #[test]
    fn a_second_time_changes_nothing() {
        let none = BTreeSet::new();
        let once = shorten(&module(), &glue(), &none).unwrap();
        assert_eq!(shorten(&once.0, &once.1, &none).unwrap(), once);
    }

    #[test]
    fn nothing_to_change_leaves_every_byte() {
        let none = BTreeSet::new();
        let same = (module(), String::new());
        assert_eq!(shorten(&module(), "", &none).unwrap(), same);
    }

    #[test]
    fn a_name_that_another_module_knows_stays() {
        let kept = BTreeSet::from([IMPORT.to_owned()]);
        let (module, glue) = shorten(&module(), &glue(), &kept).unwrap();
        assert_eq!(names_of(&module), [IMPORT, UNKNOWN, "AC", "mount", "AA"]);
        assert!(glue.contains(IMPORT));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(
            shorten(b"no module", "", &BTreeSet::new())
                .unwrap_err()
                .contains("cannot be read")
        );
        let whole = module();
        assert!(shorten(&whole[..whole.len() - 1], "", &BTreeSet::new()).is_err());
    }

    #[test]
    fn a_pair_that_does_not_fit_is_refused() {
        let module = module();
        let sections = read(&module).unwrap();
        let short = Short::from([(IMPORT.to_owned(), "AC".to_owned())]);
        let renamed = write(&sections, &short);
        let good = read(&renamed).unwrap();
        assert!(check(&sections, &good, &short, "AC()").is_ok());
        assert!(check(&sections, &good, &short, IMPORT).is_err());
        assert!(check(&sections, &sections, &short, "AC()").is_err());
    }

    #[test]
    fn there_are_enough_names_and_none_comes_twice() {
        let all: Vec<String> = candidates().collect();
        let different: BTreeSet<&String> = all.iter().collect();
        assert_eq!((all.len(), different.len()), (26 * 26 * 27, 26 * 26 * 27));
    }
}
