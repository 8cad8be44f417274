//! What is in an archive: the names that the header promises and no others, nothing that can be written to,
//! the same bytes each time.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, SymbolScope};
use tgc_graph::dtype::DType::F64;
use tgc_graph::module::Module;
use tgc_tests::{Library, Workshop, models};

/// What every C library has, a hosted one or not.
const MEMORY: [&str; 5] = ["bcmp", "memcmp", "memcpy", "memmove", "memset"];

fn all_models() -> Vec<Module> {
    vec![
        models::logreg(F64),
        models::counter(),
        models::swap(),
        models::guard(),
        models::pool(),
        models::echo(),
        models::empty(),
        models::lookup(),
    ]
}

/// The members of an archive: name and bytes.
fn members(library: &Library) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(&library.archive).unwrap();
    let archive = ArchiveFile::parse(&*bytes).unwrap();
    let member = |member: object::read::Result<object::read::archive::ArchiveMember<'_>>| {
        let member = member.unwrap();
        let name = String::from_utf8(member.name().to_vec()).unwrap();
        assert_eq!((member.date(), member.uid(), member.gid()), (Some(0), Some(0), Some(0)), "{name}");
        (name, member.data(&*bytes).unwrap().to_vec())
    };
    archive.members().map(member).collect()
}

/// Global names of an object: defined, then undefined.
fn globals(bytes: &[u8]) -> [BTreeSet<String>; 2] {
    let file = object::File::parse(bytes).unwrap();
    let named = |symbol: &object::Symbol<'_, '_>| symbol.name().unwrap().to_owned();
    let defined = file.symbols().filter(|s| s.is_global() && s.is_definition()).map(|s| {
        assert_eq!(s.scope(), SymbolScope::Dynamic, "{} is hidden", named(&s));
        assert!(!s.is_weak(), "{} is weak", named(&s));
        named(&s)
    });
    let undefined = file.symbols().filter(|s| s.is_undefined() && !named(s).is_empty()).map(|s| named(&s));
    [defined.collect(), undefined.collect()]
}

#[test]
fn a_library_defines_what_its_header_promises_and_needs_next_to_nothing() {
    let shop = Workshop::new();
    for module in all_models() {
        let library = shop.library(&module);
        let members = members(&library);
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        let name = &library.name;
        assert_eq!(names, [format!("{name}.o"), format!("{name}_heap.o")]);
        let [model, model_needs] = globals(&members[0].1);
        let [heap, heap_needs] = globals(&members[1].1);

        let on_heap = ["create", "share", "destroy"].map(|name| library.linked(name));
        assert_eq!(heap, BTreeSet::from(on_heap), "{name}");
        let promised: BTreeSet<String> = library.promised().into_iter().collect();
        assert_eq!(model.union(&heap).cloned().collect::<BTreeSet<_>>(), promised, "{name}");
        assert!(model.is_disjoint(&heap), "{name}");

        let memory = BTreeSet::from(MEMORY.map(str::to_owned));
        assert!(model_needs.is_subset(&memory), "{name} needs {model_needs:?}");
        let mut allowed: BTreeSet<String> = memory.union(&model).cloned().collect();
        allowed.extend(["malloc".to_owned(), "free".to_owned()]);
        assert!(heap_needs.is_subset(&allowed), "{name}_heap.o needs {heap_needs:?}");
    }
}

#[test]
fn nm_agrees() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F64));
    let output =
        Command::new("nm").args(["-g", "--defined-only", "-P"]).arg(&library.archive).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = text.lines().filter_map(|l| l.split_once(' ').map(|(name, _)| name)).collect();
    names.retain(|name| !name.contains('['));
    names.sort_unstable();
    assert_eq!(names, library.promised());
}

#[test]
fn nothing_in_a_library_can_be_written_to() {
    let shop = Workshop::new();
    for module in all_models() {
        let library = shop.library(&module);
        for (member, bytes) in members(&library) {
            let file = object::File::parse(&*bytes).unwrap();
            for section in file.sections().filter(|section| section.size() > 0) {
                let (name, kind) = (section.name().unwrap(), section.kind());
                let is_writable = match section.flags() {
                    object::SectionFlags::Elf { sh_flags, .. } => sh_flags.0 & object::elf::SHF_WRITE.0 != 0,
                    _ => {
                        matches!(kind, SectionKind::Data | SectionKind::UninitializedData | SectionKind::Tls)
                    }
                };
                // Constants with addresses in them are written once, by the loader, and protected after that.
                assert!(!is_writable || name.starts_with(".data.rel.ro"), "{member} has {name}");
                assert!(!name.contains("eh_frame") && !name.contains("debug"), "{member} has {name}");
            }
        }
    }
}

#[test]
fn two_builds_in_two_folders_give_the_same_bytes() {
    let (one, two) = (Workshop::new(), Workshop::new());
    for module in all_models() {
        let (a, b) = (one.library(&module), two.library_in("deeper/still", &module));
        assert!(fs::read(&a.archive).unwrap() == fs::read(&b.archive).unwrap(), "{}", a.name);
        assert!(fs::read(&a.header).unwrap() == fs::read(&b.header).unwrap(), "{}", a.name);
        for file in [&a.archive, &a.header] {
            let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
            let here = env!("CARGO_MANIFEST_DIR");
            for trace in [here, &*one.path("").to_string_lossy(), "/rustc/", ".cargo", ".rs\0"] {
                assert!(!text.contains(trace), "{} mentions {trace}", file.display());
            }
        }
    }
}

/// Each argument adds its own code, and none for each other argument.
#[test]
fn a_library_grows_with_its_arguments_alone() {
    let bytes = |outputs: usize| {
        let module = models::overlaps("m", outputs);
        tgc_compiler::build(&module, &tgc_compiler::Options::default()).unwrap().archive.len()
    };
    let [some, twice, four_times] = [50, 100, 200].map(bytes);
    let (first, second) = (twice - some, four_times - twice);
    assert!(second < 5 * first / 2, "{some}, {twice}, {four_times} bytes");
}
