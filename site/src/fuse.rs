//! Parts of a module made into one: each of them imports the memory, the table and the globals that they share, and a
//! module imports them once. Calls that went from one part to another through the table then can be told to be calls.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ElementSection, ImportSection, MemorySection, Module};
use wasmparser::{
    Element, ElementItems, Import, ImportSectionReader, MemorySectionReader, Operator, Parser,
    TypeRef,
};

use crate::output::{read, write};
use crate::{Problem, optimise, tool};

/// A module, which the others know as `name`, with these parts in it, under the names that others know them by.
pub fn merged(module: &Path, name: &str, parts: &[(&PathBuf, String)]) -> Result<PathBuf, Problem> {
    let merged = module.with_extension("merged.wasm");
    let mut command = Command::new(tool::npm("wasm-merge"));
    command
        .args(optimise::FEATURES)
        // Until each is imported once.
        .arg("--enable-multimemory")
        .arg("-g")
        .arg(module)
        .arg(name);
    for (part, name) in parts {
        command.arg(part).arg(name);
    }
    command.arg("-o").arg(&merged);
    tool::run(&mut command, module)?;
    let one = with_each_once(&read(&merged)?).map_err(|why| Problem::of_file(&merged, why))?;
    write(&merged, &one)?;
    Ok(merged)
}

/// A module that imports nothing twice, however often it was imported, and leaves places of the table empty that others
/// fill. It has one memory then.
fn with_each_once(module: &[u8]) -> Result<Vec<u8>, String> {
    let mut result = Module::new();
    let mut once = Once::default();
    once.parse_core_module(&mut result, Parser::new(0), module)
        .map_err(|why| why.to_string())?;
    if once.mixes {
        let why = "expected places of the table with functions apart from those without";
        return Err(why.to_owned());
    }
    let memories = once.memories.imported.len() - once.memories.left_out() + once.own_memories;
    match memories {
        0 | 1 => Ok(result.finish()),
        _ => Err(format!("expected one memory, found {memories}")),
    }
}

/// What is imported of one kind: what each is called, and the number that it gets.
#[derive(Default)]
struct Imported {
    imported: Vec<(String, u32)>,
}

impl Imported {
    /// Whether something of that name is imported for the first time.
    fn is_new(&mut self, import: &Import<'_>) -> bool {
        let name = format!("{}.{}", import.module, import.name);
        let known = self.imported.iter().find(|(known, _)| *known == name);
        let (number, is_new) = match known {
            Some((_, number)) => (*number, false),
            None => ((self.imported.len() - self.left_out()) as u32, true),
        };
        self.imported.push((name, number));
        is_new
    }

    /// How many imports were of something that was there before.
    fn left_out(&self) -> usize {
        let all = &self.imported;
        let highest = all.iter().map(|(_, number)| number + 1).max();
        all.len() - highest.unwrap_or(0) as usize
    }

    /// The new number for an old one.
    fn now(&self, number: u32) -> u32 {
        match self.imported.get(number as usize) {
            Some((_, now)) => *now,
            None => number - self.left_out() as u32,
        }
    }
}

/// Leaves out what is imported again.
#[derive(Default)]
struct Once {
    memories: Imported,
    tables: Imported,
    globals: Imported,
    own_memories: usize,
    /// Whether something is put into some places of the table, and nothing into others beside them.
    mixes: bool,
}

impl Reencode for Once {
    type Error = Infallible;

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.memories.now(memory))
    }

    fn table_index(&mut self, table: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.tables.now(table))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.globals.now(global))
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        for import in section.into_imports() {
            let import = import?;
            let is_new = match import.ty {
                TypeRef::Memory(_) => self.memories.is_new(&import),
                TypeRef::Table(_) => self.tables.is_new(&import),
                TypeRef::Global(_) => self.globals.is_new(&import),
                _ => true,
            };
            if is_new {
                utils::parse_import(self, imports, import)?;
            }
        }
        Ok(())
    }

    /// Leaves out what puts nothing into places of the table: they are empty anyway, and others fill them. Who reads a
    /// module takes them for empty for ever otherwise.
    fn parse_element(
        &mut self,
        elements: &mut ElementSection,
        element: Element<'_>,
    ) -> Result<(), Error<Infallible>> {
        if let ElementItems::Expressions(_, items) = &element.items {
            let (mut nothing, mut something) = (false, false);
            for item in items.clone() {
                match item?.get_operators_reader().read()? {
                    Operator::RefNull { .. } => nothing = true,
                    _ => something = true,
                }
            }
            if nothing && !something {
                return Ok(());
            }
            self.mixes |= nothing;
        }
        utils::parse_element(self, elements, element)
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        self.own_memories = section.count() as usize;
        utils::parse_memory_section(self, memories, section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, EntityType, Function, FunctionSection, MemArg, MemoryType, TypeSection,
    };

    const MEMORY: MemoryType = MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };

    /// A module that imports these memories, and stores something in the last of them.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        for name in names {
            imports.import("main", name, EntityType::Memory(MEMORY));
        }
        module.section(&imports);
        let mut functions = FunctionSection::new();
        functions.function(0);
        module.section(&functions);
        let mut codes = CodeSection::new();
        let mut code = Function::new([]);
        let place = MemArg {
            offset: 0,
            align: 2,
            memory_index: names.len() as u32 - 1,
        };
        code.instructions()
            .i32_const(0)
            .i32_const(7)
            .i32_store(place)
            .end();
        codes.function(&code);
        module.section(&codes);
        module.finish()
    }

    #[test]
    fn what_is_imported_twice_is_imported_once() {
        let twice = module(&["memory", "memory", "memory"]);
        assert_eq!(with_each_once(&twice), Ok(module(&["memory"])));
        assert_eq!(
            with_each_once(&module(&["memory"])),
            Ok(module(&["memory"]))
        );
    }

    #[test]
    fn numbers_behind_what_is_left_out_move_up() {
        let mut all = Imported::default();
        let mut is_new = |name| {
            all.is_new(&Import {
                module: "main",
                name,
                ty: TypeRef::Func(0),
            })
        };
        assert_eq!(
            ["a", "b", "a", "c", "b"].map(&mut is_new),
            [true, true, false, true, false]
        );
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6].map(|old| all.now(old)),
            [0, 1, 0, 2, 1, 3, 4]
        );
    }

    #[test]
    fn a_module_has_one_memory() {
        let why = with_each_once(&module(&["memory", "other"])).expect_err("they differ");
        assert!(why.contains("found 2"), "{why}");
        assert!(with_each_once(b"no module").is_err());
    }
}
