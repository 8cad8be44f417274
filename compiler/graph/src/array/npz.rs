//! NumPy's `.npz` files: ZIP archives of `.npy` files, stored or deflated.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek};

use ::zip::result::ZipError;
use ::zip::{CompressionMethod, ZipArchive};

use super::check::unknown;
use super::error::ReadError;
use super::{Array, npy};

/// One byte of a deflated stream makes at most so many (258 of each two bits, and codes of one bit:
/// <https://zlib.net/zlib_tech.html>).
const MAX_RATIO: u64 = 1032;

/// What an entry may have besides: heads and an empty stream.
const SLACK: u64 = 1 << 16;

/// Reads all arrays of an archive of so many bytes.
pub(super) fn read_all(from: impl Read + Seek, length: u64) -> Result<BTreeMap<String, Array>, ReadError> {
    let mut archive = open(from)?;
    // Entries that share their bytes would make any amount of a short file.
    let mut left = length.saturating_mul(MAX_RATIO).saturating_add(SLACK);
    let mut arrays = BTreeMap::new();
    for index in 0..archive.len() {
        let (name, array) = read_entry(&mut archive, index, &mut left)?;
        arrays.insert(name, array);
    }
    Ok(arrays)
}

/// Reads the array of this name.
pub(super) fn read_one(from: impl Read + Seek, length: u64, name: &str) -> Result<Array, ReadError> {
    let mut archive = open(from)?;
    let found = [format!("{name}.npy"), name.to_owned()].iter().find_map(|file| archive.index_for_name(file));
    let Some(index) = found else {
        let mut known: Vec<String> =
            archive.file_names().flatten().map(|file| array_name(&file).to_owned()).collect();
        known.sort();
        return Err(unknown(name, &known));
    };
    let mut left = length.saturating_mul(MAX_RATIO).saturating_add(SLACK);
    Ok(read_entry(&mut archive, index, &mut left)?.1)
}

fn open<R: Read + Seek>(from: R) -> Result<ZipArchive<R>, ReadError> {
    let refused =
        |error| ReadError::content(format!("it is no .npz file ({error})"), "save one with np.savez");
    ZipArchive::new(from).map_err(|error| unreadable(error, refused))
}

/// What the system says of reading, and else what the archive's fault comes to.
fn unreadable(error: ZipError, refused: impl Fn(ZipError) -> ReadError) -> ReadError {
    if let ZipError::Io(error) = error { ReadError::from(error) } else { refused(error) }
}

fn array_name(file: &str) -> &str {
    file.strip_suffix(".npy").unwrap_or(file)
}

fn read_entry<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    left: &mut u64,
) -> Result<(String, Array), ReadError> {
    let refused = |error| {
        ReadError::content(format!("entry {index} cannot be read ({error})"), "save it with np.savez")
    };
    let mut entry = archive.by_index(index).map_err(|error| unreadable(error, refused))?;
    let name = array_name(&entry.name().map_err(|error| unreadable(error, refused))?).to_owned();
    let bytes = entry.size();
    let most = if entry.compression() == CompressionMethod::Stored {
        entry.compressed_size()
    } else {
        entry.compressed_size().saturating_mul(MAX_RATIO).saturating_add(SLACK)
    };
    let rest = left.checked_sub(bytes).filter(|_| bytes <= most);
    *left = rest.ok_or_else(|| {
        ReadError::damaged(format!("it says {bytes} bytes, which it cannot have")).within(&name)
    })?;
    let read = |mut entry: BufReader<_>| {
        let array = npy::read(&mut entry, bytes)?;
        // The checksum is compared at the end of the stream.
        match entry.read(&mut [0])? {
            0 => Ok(array),
            _ => Err(ReadError::damaged("there is more than its head says")),
        }
    };
    let array = read(BufReader::new(&mut entry)).map_err(|error| error.within(&name))?;
    Ok((name, array))
}
