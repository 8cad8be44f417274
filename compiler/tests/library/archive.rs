//! Archives have an index, fixed names and nothing that changes from one run to the next.

use object::write::{Object, Symbol, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};
use tgc_compiler::archive::{Member, pack};

/// An object file that defines one function.
fn member(name: &str, symbol: &str, format: BinaryFormat) -> Member {
    let mut object = Object::new(format, Architecture::X86_64, Endianness::Little);
    let section = object.section_id(object::write::StandardSection::Text);
    let value = object.append_section_data(section, &[0xc3], 16);
    object.add_symbol(Symbol {
        name: symbol.as_bytes().to_vec(),
        value,
        size: 1,
        kind: SymbolKind::Text,
        scope: SymbolScope::Linkage,
        weak: false,
        section: SymbolSection::Section(section),
        flags: SymbolFlags::None,
    });
    Member { name: name.to_owned(), object: object.write().unwrap() }
}

#[test]
fn the_index_names_every_symbol_and_no_date_is_kept() {
    let members =
        || [member("m.o", "m_f_1", BinaryFormat::Elf), member("m_heap.o", "m_create_1", BinaryFormat::Elf)];
    let archive = pack(&members(), "x86_64-unknown-linux-gnu").unwrap();
    assert_eq!(archive, pack(&members(), "x86_64-unknown-linux-gnu").unwrap());
    let read = object::read::archive::ArchiveFile::parse(archive.as_slice()).unwrap();
    let symbols = read.symbols().unwrap().expect("an index");
    let names: Vec<_> = symbols.map(|s| String::from_utf8(s.unwrap().name().to_vec()).unwrap()).collect();
    assert_eq!(names, ["m_f_1", "m_create_1"]);
    let mut found = vec![];
    for member in read.members() {
        let member = member.unwrap();
        assert_eq!((member.date(), member.uid(), member.gid()), (Some(0), Some(0), Some(0)));
        found.push(String::from_utf8(member.name().to_vec()).unwrap());
    }
    assert_eq!(found, ["m.o", "m_heap.o"]);
}

#[test]
fn apple_targets_get_their_own_kind() {
    let archive = pack(&[member("m.o", "f", BinaryFormat::MachO)], "x86_64-apple-darwin").unwrap();
    assert_eq!(object::read::archive::ArchiveFile::parse(archive.as_slice()).unwrap().members().count(), 1);
    assert!(archive.windows(9).any(|w| w == b"__.SYMDEF"));
}
