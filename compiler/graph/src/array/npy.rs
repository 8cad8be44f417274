//! NumPy's `.npy` files: versions 1 to 3, either byte order, either memory order.
//!
//! The format is NEP 1, <https://numpy.org/neps/nep-0001-npy-format.html>. bfloat16 is stored as two opaque
//! bytes, `V2`, which is what the ml_dtypes package does.

use std::io::{ErrorKind, Read};

use tgc_scalar::dtype::DType;

use super::Array;
use super::check::{check_elements, check_shape};
use super::error::ReadError;
use super::literal::Literal;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Heads are padded so that the data starts at a multiple of this.
const ALIGN: usize = 64;

/// The longest head that is read. That of plain numbers has about a hundred bytes.
const MAX_HEAD: u32 = 1 << 20;

/// Reads an array that takes so many bytes, head and data.
pub(super) fn read(from: &mut impl Read, length: u64) -> Result<Array, ReadError> {
    let (head, taken) = Head::read(from)?;
    let element = Element::parse(&head.descr)?;
    let found = length.checked_sub(taken).ok_or_else(|| ReadError::damaged("it ends early"))?;
    check_shape(element.dtype, &head.shape, found)?;
    let mut array = Array::zeros_of(element.dtype, head.shape);
    match head.fortran_order && array.shape().len() > 1 {
        true => read_columns(from, &mut array)?,
        false => from.read_exact(array.bytes_mut())?,
    }
    if element.is_big_endian {
        let width = array.dtype().scalar_type().bytes();
        array.bytes_mut().chunks_exact_mut(width).for_each(<[u8]>::reverse);
    }
    check_elements(&array)?;
    Ok(array)
}

/// What comes before an array's bytes.
pub(super) fn head(array: &Array) -> Vec<u8> {
    let sizes: String = array.shape().iter().map(|n| format!("{n}, ")).collect();
    let shape = match array.shape().len() {
        1 => sizes.trim_end().to_owned(),
        _ => sizes.trim_end_matches(", ").to_owned(),
    };
    let order =
        if array.dtype().scalar_type().bytes() == 1 || array.dtype() == DType::BF16 { '|' } else { '<' };
    let descr = KINDS.iter().find(|(_, dtype)| *dtype == array.dtype());
    let descr = descr.expect("invariant: the table has every element type").0;
    let mut text = format!("{{'descr': '{order}{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let start = MAGIC.len() + 4;
    let padded = (start + text.len() + 1).next_multiple_of(ALIGN) - start;
    text.push_str(&" ".repeat(padded - 1 - text.len()));
    text.push('\n');
    let length = (text.len() as u16).to_le_bytes();
    [MAGIC.as_slice(), &[1, 0], &length, text.as_bytes()].concat()
}

/// The dictionary at the start of a file.
struct Head {
    descr: Literal,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Head {
    /// Reads it; also returns how many bytes it took.
    fn read(from: &mut impl Read) -> Result<(Head, u64), ReadError> {
        let mut start = [0; 8];
        let whole = match from.read_exact(&mut start) {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(ReadError::Io(error)),
            read => read.is_ok(),
        };
        let Some([major, _]) = start.strip_prefix(MAGIC).filter(|_| whole) else {
            return Err(ReadError::content("it is no .npy file", "save one with np.save"));
        };
        let mut length = [0; 4];
        let width = match major {
            1 => 2,
            2 | 3 => 4,
            other => {
                let problem = format!("it has version {other} of the format");
                return Err(ReadError::content(
                    problem,
                    "save it with np.save, which writes versions 1 to 3",
                ));
            }
        };
        from.read_exact(&mut length[..width])?;
        let length = u32::from_le_bytes(length);
        if length > MAX_HEAD {
            return Err(ReadError::damaged(format!("its head has {length} bytes")));
        }
        let mut text = vec![0; length as usize];
        from.read_exact(&mut text)?;
        let taken = (start.len() + width) as u64 + u64::from(length);
        // Version 3 is in UTF-8, the ones before in Latin-1, of which plain numbers have ASCII alone.
        let text = String::from_utf8_lossy(&text);
        let head = Literal::parse(&text).and_then(Head::of);
        head.map(|head| (head, taken)).ok_or_else(|| {
            ReadError::damaged("its head is no dictionary of `descr`, `fortran_order` and `shape`")
        })
    }

    fn of(literal: Literal) -> Option<Head> {
        let Literal::Dictionary(entries) = literal else { return None };
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        for (key, value) in entries {
            match (key.as_str(), value) {
                ("descr", value) => descr = Some(value),
                ("fortran_order", Literal::Bool(value)) => fortran_order = Some(value),
                ("shape", Literal::List(sizes)) => {
                    let size = |literal: Literal| match literal {
                        Literal::Number(n) => usize::try_from(n).ok(),
                        Literal::Text(_) | Literal::Bool(_) | Literal::List(_) | Literal::Dictionary(_) => {
                            None
                        }
                    };
                    shape = Some(sizes.into_iter().map(size).collect::<Option<Vec<usize>>>()?);
                }
                (_, _) => return None,
            }
        }
        Some(Head { descr: descr?, fortran_order: fortran_order?, shape: shape? })
    }
}

/// Kinds and widths as NumPy spells them.
const KINDS: [(&str, DType); 15] = [
    ("b1", DType::Bool),
    ("i1", DType::I8),
    ("i2", DType::I16),
    ("i4", DType::I32),
    ("i8", DType::I64),
    ("u1", DType::U8),
    ("u2", DType::U16),
    ("u4", DType::U32),
    ("u8", DType::U64),
    ("f2", DType::F16),
    ("V2", DType::BF16),
    ("f4", DType::F32),
    ("f8", DType::F64),
    ("c8", DType::C64),
    ("c16", DType::C128),
];

/// An element type and its byte order.
struct Element {
    dtype: DType,
    is_big_endian: bool,
}

impl Element {
    fn parse(descr: &Literal) -> Result<Element, ReadError> {
        let Literal::Text(text) = descr else {
            return Err(ReadError::content(
                "its elements have fields",
                "save each of them, x['name'], by itself",
            ));
        };
        let kind = text.strip_prefix(['<', '>', '|']).unwrap_or(text);
        let found = KINDS.iter().find(|(known, _)| *known == kind);
        let big_endian = text.starts_with('>');
        match found {
            Some((_, dtype)) if !(big_endian && *dtype == DType::BF16) => {
                Ok(Element { dtype: *dtype, is_big_endian: big_endian && dtype.bytes() > 1 })
            }
            Some(_) | None => {
                let (what, remedy) = match kind.chars().next() {
                    Some('O') => ("objects", "save numbers, as x.astype(np.float64)"),
                    Some('S' | 'a' | 'U') => ("texts", "save numbers, as x.astype(np.float64)"),
                    Some('M' | 'm') => ("times", "save numbers, as x.astype(np.int64)"),
                    Some('f') => ("floats of another width", "save x.astype(np.float64)"),
                    Some('c') => ("complex numbers of another width", "save x.astype(np.complex128)"),
                    Some(_) | None => ("opaque", "save numbers, as x.astype(np.float64)"),
                };
                Err(ReadError::content(format!("its elements are {what} (`{text}`)"), remedy))
            }
        }
    }
}

/// Reads elements whose first index changes fastest.
fn read_columns(from: &mut impl Read, array: &mut Array) -> Result<(), ReadError> {
    let (shape, width) = (array.shape().to_vec(), array.dtype().bytes());
    let mut strides = vec![width; shape.len()];
    for axis in (0..shape.len() - 1).rev() {
        strides[axis] = strides[axis + 1] * shape[axis + 1];
    }
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    let count = array.len();
    let bytes = array.bytes_mut();
    for _ in 0..count {
        from.read_exact(&mut bytes[at..at + width])?;
        for axis in 0..shape.len() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            at -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    Ok(())
}
