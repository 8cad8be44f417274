//! The tables of formats 1 and 2. They are flat: rows refer to rows of other tables by position, operations and
//! element types are named, and kinds of attributes are numbered here for good.
//!
//! A later format has tables of its own behind these; a field is never added to these ones, because the
//! encoding has no names. Format 2 has the [`AtomTables`]; a module that needs none is written in format 1.

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

/// A function of sizes.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Serialize, Deserialize)]
pub(super) struct AtomRow {
    pub kind: u8,
    /// `dims`, all before the first that has this one.
    pub operands: Vec<u32>,
}

/// The tables as bytes.
pub(super) fn tables_to_bytes(tables: &Tables, atoms: &AtomTables) -> Vec<u8> {
    let mut bytes = section_to_bytes(tables);
    if !atoms.is_empty() {
        bytes.extend(section_to_bytes(atoms));
    }
    bytes
}

fn section_to_bytes(section: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(section, bincode::config::standard())
        .expect("invariant: tables of lists, numbers and strings encode")
}

/// The tables from the bytes of a format.
pub(super) fn tables_from_bytes(bytes: &[u8], format: u32) -> Result<(Tables, AtomTables), WireError> {
    let (tables, read): (Tables, usize) = section_from_bytes(bytes)?;
    let rest = &bytes[read..];
    let (atoms, read): (AtomTables, usize) = match format {
        ..=1 => (AtomTables::default(), 0),
        2.. => section_from_bytes(rest)?,
    };
    match read == rest.len() {
        true if format >= 2 && atoms.is_empty() => Err(malformed("it is of a newer format than it needs")),
        true => Ok((tables, atoms)),
        false => Err(malformed("bytes follow its tables")),
    }
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
