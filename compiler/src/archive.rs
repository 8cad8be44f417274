//! The static library: members with fixed names and a symbol index, no dates, no owners.

use std::io::Cursor;

use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream};

use crate::error::Error;

/// A file inside a static library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// An object file.
    pub object: Vec<u8>,
}

/// Packs object files for this triple. The bytes depend on the arguments alone.
pub fn pack(members: &[Member], triple: &str) -> Result<Vec<u8>, Error> {
    let kind = if triple.contains("apple") { ArchiveKind::Darwin } else { ArchiveKind::Gnu };
    let members: Vec<NewArchiveMember<'_>> = members
        .iter()
        .map(|m| NewArchiveMember::new(m.object.as_slice(), &DEFAULT_OBJECT_READER, m.name.clone()))
        .collect();
    let mut bytes = Cursor::new(vec![]);
    write_archive_to_stream(&mut bytes, &members, kind, false, None)
        .map_err(|error| Error::Internal(format!("cannot pack the object files: {error}")))?;
    Ok(bytes.into_inner())
}
