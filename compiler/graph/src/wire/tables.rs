//! The tables of formats 1 to 3. They are flat: rows refer to rows of other tables by position, operations
//! and element types are named, and kinds of attributes are numbered here for good.
//!
//! A later format has tables of its own behind these; a field is never added to these ones, because the
//! encoding has no names. Format 2 has the [`AtomTables`], format 3 the
//! [`DetailTables`] behind them; a module is written in the oldest format that holds it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{WireError, malformed};

/// The kinds of attributes. Numbers are never used again for another kind.
pub(super) mod kind {
    pub const BOOL: u8 = 0;
    pub const INT: u8 = 1;
    pub const INTS: u8 = 2;
    /// A string: the element type's name.
    pub const DTYPE: u8 = 3;
    pub const DIM: u8 = 4;
    pub const DIMS: u8 = 5;
    pub const TEXT: u8 = 6;
    pub const ELEMENT: u8 = 7;
    /// A row of `arrays`.
    pub const DATA: u8 = 8;
}

/// The kinds of atoms of sizes. Numbers are never used again for another kind.
pub(super) mod atom {
    pub const FLOOR_DIV: u8 = 0;
    pub const MOD: u8 = 1;
    pub const MIN: u8 = 2;
    pub const MAX: u8 = 3;
}

/// In place of a row: an array that the writer did not have.
pub(super) const NO_ROW: u32 = u32::MAX;

/// A module. Every `u32` is a position in the table that the comment names.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables {
    pub strings: Vec<String>,
    pub arrays: Vec<ArrayRow>,
    /// The model's name: `strings`.
    pub name: u32,
    pub shared: Vec<SharedRow>,
    pub functions: Vec<FunctionRow>,
}

/// An array. Those with data follow each other in the data section in this order, each from the next
/// multiple of 64 bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ArrayRow {
    /// `strings`
    pub dtype: u32,
    pub shape: Vec<u64>,
    /// The halves of the hash of type, shape and bytes.
    pub id: [u64; 2],
    /// Every element has these bits, and there is no data.
    pub fill: Option<[u64; 2]>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SharedRow {
    /// `strings`
    pub name: u32,
    /// `arrays`
    pub initial: u32,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct FunctionRow {
    /// `strings`
    pub name: u32,
    pub symbols: Vec<SymbolRow>,
    pub dims: Vec<DimRow>,
    pub equations: Vec<EquationRow>,
    pub types: Vec<TypeRow>,
    pub ops: Vec<OpRow>,
    pub origins: Vec<OriginRow>,
    pub nodes: Vec<NodeRow>,
    /// `nodes`
    pub inputs: Vec<u32>,
    pub outputs: Vec<OutputRow>,
    pub updates: Vec<UpdateRow>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SymbolRow {
    /// `strings`
    pub name: u32,
    pub min: i64,
    pub max: i64,
    pub hint: Option<i64>,
}

/// A sum of terms.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct DimRow {
    pub terms: Vec<TermRow>,
}

/// A coefficient times powers of symbols and atoms.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct TermRow {
    pub coefficient: i64,
    pub powers: Vec<PowerRow>,
}

#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct PowerRow {
    /// `symbols`, and behind the last of them the function's `atoms`
    pub symbol: u32,
    pub exponent: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EquationRow {
    /// `dims`
    pub left: u32,
    /// `dims`
    pub right: u32,
    /// `strings`
    pub left_name: u32,
    /// `strings`
    pub right_name: u32,
}

#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct TypeRow {
    /// `strings`
    pub dtype: u32,
    /// `dims`
    pub shape: Vec<u32>,
}

#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct OpRow {
    /// `strings`
    pub name: u32,
    pub attributes: Vec<AttributeRow>,
}

#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct AttributeRow {
    /// `strings`
    pub name: u32,
    pub kind: u8,
    /// By kind: values, or positions in `strings`, `dims` or `arrays`.
    pub value: Vec<u64>,
}

#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct OriginRow {
    /// `strings`
    pub file: u32,
    pub line: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NodeRow {
    /// `ops`
    pub op: u32,
    /// `nodes`, all before this one.
    pub operands: Vec<u32>,
    /// `types`: one for each result.
    pub types: Vec<u32>,
    /// `origins`
    pub origin: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OutputRow {
    /// `strings`
    pub name: u32,
    /// `nodes`
    pub node: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UpdateRow {
    /// `shared`
    pub shared: u32,
    /// `nodes`
    pub node: u32,
}

/// What format 2 has behind the tables of format 1.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct AtomTables {
    /// For each function what its sizes are made of beside symbols.
    pub functions: Vec<Vec<AtomRow>>,
}

impl AtomTables {
    /// True when format 1 says all.
    pub fn is_empty(&self) -> bool {
        self.functions.iter().all(Vec::is_empty)
    }
}

/// What format 3 has behind those of format 2.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct DetailTables {
    /// For each function, for each row of its `origins`; nothing for a function whose origins are lines
    /// alone.
    pub functions: Vec<Vec<DetailRow>>,
}

impl DetailTables {
    /// True when format 2 says all.
    pub fn is_empty(&self) -> bool {
        self.functions.iter().all(Vec::is_empty)
    }
}

/// What an origin has beside a line of a file.
#[derive(Debug, Default, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct DetailRow {
    /// From 1; 0 when it is not known.
    pub column: u32,
    /// `strings`
    pub name: Option<u32>,
}

/// A function of sizes.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct AtomRow {
    pub kind: u8,
    /// `dims`, all before the first that has this one.
    pub operands: Vec<u32>,
}

/// All tables of a file.
#[derive(Debug, Default)]
pub(super) struct AllTables {
    pub tables: Tables,
    pub atoms: AtomTables,
    pub details: DetailTables,
}

impl AllTables {
    /// The oldest format that has all of them.
    pub fn format(&self) -> u32 {
        match (self.atoms.is_empty(), self.details.is_empty()) {
            (true, true) => 1,
            (false, true) => 2,
            (_, false) => 3,
        }
    }
}

/// The tables as bytes.
pub(super) fn tables_to_bytes(all: &AllTables) -> Vec<u8> {
    let mut bytes = section_to_bytes(&all.tables);
    if all.format() >= 2 {
        bytes.extend(section_to_bytes(&all.atoms));
    }
    if all.format() >= 3 {
        bytes.extend(section_to_bytes(&all.details));
    }
    bytes
}

fn section_to_bytes(section: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(section, bincode::config::standard())
        .expect("invariant: tables of lists, numbers and strings encode")
}

/// The tables from the bytes of a format.
pub(super) fn tables_from_bytes(bytes: &[u8], format: u32) -> Result<AllTables, WireError> {
    let mut rest = bytes;
    let all = AllTables {
        tables: take_section(&mut rest)?,
        atoms: if format >= 2 { take_section(&mut rest)? } else { AtomTables::default() },
        details: if format >= 3 { take_section(&mut rest)? } else { DetailTables::default() },
    };
    match rest.is_empty() {
        true if all.format() != format => Err(malformed("it is of a newer format than it needs")),
        true => Ok(all),
        false => Err(malformed("bytes follow its tables")),
    }
}

fn take_section<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T, WireError> {
    let (section, read) = section_from_bytes(bytes)?;
    *bytes = &bytes[read..];
    Ok(section)
}

/// Tables, and how many bytes they have.
///
/// bincode allocates what a length says, up to the limit, and the limit is a constant of the type; so the
/// smallest of a few constants is taken. A byte decodes to at most one 8-byte number.
fn section_from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), WireError> {
    const LIMITS: [usize; 11] =
        [1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 28, 1 << 30, 1 << 32, 1 << 34];
    let need = bytes.len().saturating_mul(8).saturating_add(1024);
    macro_rules! decode {
        ($($i:literal)*) => {
            match LIMITS.iter().position(|limit| need <= *limit) {
                $(Some($i) => bincode::serde::decode_from_slice(
                    bytes,
                    bincode::config::standard().with_limit::<{ LIMITS[$i] }>(),
                ),)*
                _ => return Err(malformed("its tables are larger than 2 GiB")),
            }
        };
    }
    // Expands to one arm for each limit.
    let decoded: Result<(T, usize), _> = decode!(0 1 2 3 4 5 6 7 8 9 10);
    decoded.map_err(|error| malformed(format!("its tables do not decode ({error})")))
}
