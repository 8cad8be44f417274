//! Names that can stand in a C header, and what to call things instead.

/// The most characters of a name.
pub const MAX_LENGTH: usize = 64;

/// What every emitted library defines itself: `NAME_create` and so on.
pub const RESERVED: [&str; 13] = [
    "init",
    "init_shared",
    "create",
    "share",
    "destroy",
    "reset",
    "save",
    "load",
    "error",
    "model",
    "ctx",
    "status",
    "config",
];

/// Words of C or C++.
pub const KEYWORDS: [&str; 99] = [
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "fortran",
    "friend",
    "goto",
    "if",
    "import",
    "inline",
    "int",
    "long",
    "module",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "override",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
];

/// What standard and system headers define without a prefix of their own.
pub const DEFINED: [&str; 32] = [
    "EOF",
    "FALSE",
    "I",
    "INFINITY",
    "NAN",
    "NULL",
    "TRUE",
    "UINT64_C",
    "assert",
    "complex",
    "errno",
    "far",
    "imaginary",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "intptr_t",
    "linux",
    "near",
    "offsetof",
    "ptrdiff_t",
    "size_t",
    "stderr",
    "stdin",
    "stdout",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
    "unix",
];

/// How a name will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Others are appended to it: the model's name.
    Prefix,
    /// It is appended to the model's: functions, shared variables.
    Member,
    /// As it is: arguments and sizes.
    Parameter,
}

/// What is wrong with a name, if anything.
pub fn fault(name: &str, usage: Use) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some("a C name has only letters, digits and underscores");
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some("it does not begin with a letter");
    }
    if name.contains("__") || name.ends_with('_') {
        return Some("C++ reserves two underscores in a row, and more is appended to names");
    }
    if name.len() > MAX_LENGTH {
        return Some("it is longer than 64 characters");
    }
    match usage {
        Use::Prefix => None,
        Use::Member | Use::Parameter if KEYWORDS.contains(&name) => Some("it is a word of C or C++"),
        Use::Member if RESERVED.contains(&name) => Some("every emitted library has a name that ends so"),
        Use::Member => None,
        Use::Parameter => DEFINED.contains(&name).then_some("system headers define it"),
    }
}

/// A name near this one that has no fault and is not taken; `kind` (`function`, `input`) helps where
/// little is left of it.
pub fn suggestion(name: &str, kind: &str, usage: Use, taken: &dyn Fn(&str) -> bool) -> String {
    let words: Vec<&str> =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut plain = words.join("_");
    plain.truncate(40);
    let kind = kind.split(' ').next().unwrap_or("value");
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
        plain = if plain.is_empty() { kind.to_owned() } else { format!("{kind}_{plain}") };
    }
    let plain = plain.trim_end_matches('_');
    let numbered = (2..).map(|n| format!("{plain}_{n}"));
    std::iter::once(plain.to_owned())
        .chain([format!("{plain}_{kind}")])
        .chain(numbered)
        .find(|candidate| fault(candidate, usage).is_none() && !taken(candidate) && candidate != name)
        .expect("invariant: numbered names do not run out")
}
