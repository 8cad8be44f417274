//! What every form of array files refuses.

use tgc_scalar::dtype::DType;

use super::Array;
use super::error::ReadError;
use crate::limits::array_bytes;
use crate::ty::MAX_RANK;

/// Refuses a shape that is none of a tensor's, or of which other bytes are there than it needs.
pub(super) fn check_shape(dtype: DType, shape: &[usize], found: u64) -> Result<(), ReadError> {
    if shape.len() > MAX_RANK {
        return Err(ReadError::content(
            format!("there is an array of {} axes", shape.len()),
            format!("reshape it to at most {MAX_RANK}"),
        ));
    }
    match array_bytes(dtype, shape) {
        Some(bytes) if bytes as u64 == found => Ok(()),
        needed => {
            let needed = needed.map_or("more than there can be".to_owned(), |bytes| bytes.to_string());
            let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
            let of = format!("{dtype}[{}]", sizes.join(","));
            Err(ReadError::damaged(format!("there are {found} bytes of data and {of} needs {needed}")))
        }
    }
}

/// Refuses bools that are neither 0 nor 1: code relies on it.
pub(super) fn check_elements(array: &Array) -> Result<(), ReadError> {
    match array.is_valid() {
        true => Ok(()),
        false => Err(ReadError::damaged("a bool is neither 0 nor 1")),
    }
}

/// What is said of a name that a file does not have.
pub(super) fn unknown(name: &str, known: &[String]) -> ReadError {
    let (few, rest) = known.split_at(known.len().min(8));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let remedy = match known {
        [] => "it has none".to_owned(),
        _ => format!("it has {}{more}", few.join(", ")),
    };
    ReadError::content(format!("there is no array `{name}`"), remedy)
}
