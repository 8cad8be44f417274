//! Names that can stand in a C header, and what to call things instead.

mod words;

pub use words::{FUNCTIONS, HEADERS, KEYWORDS, MACROS, PREFIXES, STATUSES, SYSTEM, TYPES};

/// The most characters of a name.
pub const MAX_LENGTH: usize = 64;

/// How a name will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Others are appended to it: the model's name.
    Prefix,
    /// It is appended to the model's: functions, shared variables.
    Member,
    /// With an underscore behind it: arguments and sizes.
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
        Use::Prefix if is_reserved(name) => Some("names that begin so belong to C, POSIX or tgc"),
        Use::Prefix if HEADERS.contains(&name.to_ascii_lowercase().as_str()) => {
            Some("its header would hide the system's header of that name")
        }
        Use::Prefix => None,
        Use::Member | Use::Parameter if KEYWORDS.contains(&name) => Some("it is a word of C or C++"),
        Use::Member if FUNCTIONS.contains(&name) || TYPES.contains(&name) => {
            Some("every emitted library has a name that ends so")
        }
        Use::Member | Use::Parameter => None,
    }
}

/// Macros are written in capitals, so `Posix` is as bad as `posix`.
fn is_reserved(prefix: &str) -> bool {
    PREFIXES.contains(&prefix.to_ascii_lowercase().as_str())
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
