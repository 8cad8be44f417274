//! The first 64 bytes. Their layout up to the lengths is the same in every format, so that an old tgc can
//! say which one is needed.
//!
//! ```text
//!  0  8  magic              24  8  bytes of tables          all numbers little-endian
//!  8  4  format             32  8  bytes of data
//! 12  6  oldest tgc: major, minor, patch, 2 bytes each
//! 18  6  zero               40 16  BLAKE3 of the tables     56  8  BLAKE3 of bytes 0..56
//! ```

use super::error::WireError;

/// The first bytes of every file: one that no text has, a name, and line ends that careless copying changes.
pub const MAGIC: [u8; 8] = *b"\x89TGC\r\n\x1a\n";

/// The newest format that is read. A file is of the oldest one that can hold its module: 2 where sizes are
/// made of quotients, remainders, minima or maxima, 3 where a node's origin has a column or a name.
pub const FORMAT: u32 = 3;

/// Bytes of the head.
pub const HEAD_BYTES: usize = 64;

/// The oldest tgc that reads every format up to [`FORMAT`].
const OLDEST_READER: [u16; 3] = [0, 1, 0];

/// What the head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub format: u32,
    pub oldest_reader: [u16; 3],
    pub table_bytes: u64,
    pub data_bytes: u64,
    pub table_hash: [u8; 16],
}

impl Head {
    pub fn new(format: u32, tables: &[u8], data_bytes: u64) -> Head {
        Head {
            format,
            oldest_reader: OLDEST_READER,
            table_bytes: tables.len() as u64,
            data_bytes,
            table_hash: hash(tables),
        }
    }

    /// The version of the oldest tgc that reads the file.
    pub fn needed(&self) -> String {
        let [major, minor, patch] = self.oldest_reader;
        format!("{major}.{minor}.{patch}")
    }

    /// Bytes of the whole file, if they can be counted.
    pub fn file_bytes(&self) -> Option<u64> {
        let tables = (HEAD_BYTES as u64).checked_add(self.table_bytes)?;
        tables.checked_next_multiple_of(64)?.checked_add(self.data_bytes)
    }

    pub fn to_bytes(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.format.to_le_bytes());
        for (i, part) in self.oldest_reader.iter().enumerate() {
            bytes[12 + 2 * i..14 + 2 * i].copy_from_slice(&part.to_le_bytes());
        }
        bytes[24..32].copy_from_slice(&self.table_bytes.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.data_bytes.to_le_bytes());
        bytes[40..56].copy_from_slice(&self.table_hash);
        let check: [u8; 16] = hash(&bytes[..56]);
        bytes[56..].copy_from_slice(&check[..8]);
        bytes
    }

    pub fn from_bytes(bytes: &[u8; HEAD_BYTES]) -> Result<Head, WireError> {
        check_magic(bytes)?;
        if hash(&bytes[..56])[..8] != bytes[56..] {
            return Err(WireError::Damaged("the head".to_owned()));
        }
        let head = Head {
            format: u32::from_le_bytes(field(bytes, 8)),
            oldest_reader: [12, 14, 16].map(|at| u16::from_le_bytes(field(bytes, at))),
            table_bytes: u64::from_le_bytes(field(bytes, 24)),
            data_bytes: u64::from_le_bytes(field(bytes, 32)),
            table_hash: field(bytes, 40),
        };
        if head.format > FORMAT {
            return Err(WireError::Newer { found: head.format, supported: FORMAT, needed: head.needed() });
        }
        if head.format == 0 || bytes[18..24] != [0; 6] {
            return Err(WireError::Malformed(
                "a field of the head is not what every version writes".to_owned(),
            ));
        }
        Ok(head)
    }
}

/// Checks the first bytes of a file, of which there may be few.
pub(super) fn check_magic(bytes: &[u8]) -> Result<(), WireError> {
    let length = bytes.len().min(MAGIC.len());
    if bytes[..length] == MAGIC[..length] {
        return Ok(());
    }
    Err(WireError::NotAModel(match bytes {
        b if b.starts_with(b"tgc ") => {
            "; it looks like the text form, which `tgc` reads under the ending .tgc"
        }
        b if b.starts_with(b"\x89TGC\n") => "; its line ends were changed, so copy it in binary mode",
        _ => "",
    }))
}

fn field<const N: usize>(bytes: &[u8; HEAD_BYTES], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

pub(super) fn hash(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    half
}
