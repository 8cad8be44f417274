//! NumPy's `.npy` files: versions 1 to 3, little-endian, row-major.
//!
//! The format is NEP 1, <https://numpy.org/neps/nep-0001-npy-format.html>. bfloat16 is stored as two opaque bytes,
//! `V2`, which is what the ml_dtypes package does.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType;

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Heads are padded so that the data starts at a multiple of this.
const ALIGN: usize = 64;

/// Reads an array; the error says what is wrong with the file and what would be right.
pub fn read(bytes: &[u8]) -> Result<Array, String> {
    let head = Head::split(bytes).ok_or("it is no .npy file, or it is cut off")?;
    let descr = head.value("descr").ok_or("its head names no element type")?;
    let descr = descr.trim_matches(['\'', '"']);
    let dtype = dtype_of(descr).ok_or_else(|| match descr.starts_with('>') {
        true => "its elements are big-endian; save x.astype(x.dtype.newbyteorder('<'))".to_owned(),
        false => format!("its element type is {descr}; save x.astype with a plain number type"),
    })?;
    if head.value("fortran_order") == Some("True") && head.shape().is_some_and(|s| s.len() > 1) {
        return Err("it is in Fortran order; save np.ascontiguousarray(x)".to_owned());
    }
    let shape = head.shape().ok_or("its head names no shape")?;
    let bytes = shape.iter().try_fold(dtype.bytes(), |product, n| product.checked_mul(*n));
    if bytes != Some(head.data.len()) {
        return Err(format!("it has {} bytes of data, which is not what its shape needs", head.data.len()));
    }
    Array::from_bytes(dtype, shape, head.data)
        .ok_or_else(|| "its data has another length than its shape".to_owned())
}

/// An array as a file.
pub fn write(array: &Array) -> Vec<u8> {
    let sizes: String = array.shape().iter().map(|n| format!("{n}, ")).collect();
    let shape = match array.shape().len() {
        1 => sizes.trim_end().to_owned(),
        _ => sizes.trim_end_matches(", ").to_owned(),
    };
    let descr = descr_of(array.dtype());
    let mut head = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    let start = MAGIC.len() + 4;
    let padded = (start + head.len() + 1).next_multiple_of(ALIGN) - start;
    head.push_str(&" ".repeat(padded - 1 - head.len()));
    head.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((head.len() as u16).to_le_bytes());
    bytes.extend(head.as_bytes());
    bytes.extend(array.bytes());
    bytes
}

/// The dictionary at the start of a file, and the data behind it.
struct Head<'a> {
    text: &'a str,
    data: &'a [u8],
}

impl<'a> Head<'a> {
    fn split(bytes: &'a [u8]) -> Option<Head<'a>> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (version, rest) = rest.split_at_checked(2)?;
        let (length, rest) = match version[0] {
            1 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_le_bytes(*length)), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            _ => return None,
        };
        let (head, data) = rest.split_at_checked(length)?;
        Some(Head { text: std::str::from_utf8(head).ok()?, data })
    }

    /// The text of a value: up to the next comma outside parentheses.
    fn value(&self, key: &str) -> Option<&'a str> {
        let quoted = [format!("'{key}'"), format!("\"{key}\"")];
        let at = quoted.iter().find_map(|q| Some(self.text.find(q)? + q.len()))?;
        let value = self.text[at..].trim_start().strip_prefix(':')?.trim_start();
        let mut depth = 0;
        let end = value.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0 && (c == ',' || c == '}')
        })?;
        Some(value[..end].trim())
    }

    fn shape(&self) -> Option<Vec<usize>> {
        let inner = self.value("shape")?.strip_prefix('(')?.strip_suffix(')')?;
        inner.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().ok()).collect()
    }
}

const DESCRIPTIONS: [(&str, DType); 15] = [
    ("|b1", DType::Bool),
    ("|i1", DType::I8),
    ("<i2", DType::I16),
    ("<i4", DType::I32),
    ("<i8", DType::I64),
    ("|u1", DType::U8),
    ("<u2", DType::U16),
    ("<u4", DType::U32),
    ("<u8", DType::U64),
    ("<f2", DType::F16),
    ("|V2", DType::BF16),
    ("<f4", DType::F32),
    ("<f8", DType::F64),
    ("<c8", DType::C64),
    ("<c16", DType::C128),
];

/// Writers differ in the first character where byte order means nothing.
fn dtype_of(descr: &str) -> Option<DType> {
    let is_same = |known: &str| known == descr || (known[1..] == descr[1..] && known.starts_with('|'));
    let found = DESCRIPTIONS.iter().find(|(known, _)| descr.is_ascii() && descr.len() > 1 && is_same(known));
    found.map(|(_, dtype)| *dtype)
}

fn descr_of(dtype: DType) -> &'static str {
    let found = DESCRIPTIONS.iter().find(|(_, known)| *known == dtype);
    found.expect("invariant: the table has every element type").0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for dtype in DType::ALL {
            for shape in [vec![], vec![3], vec![0, 4], vec![2, 3, 1]] {
                let mut array = Array::zeros_of(dtype, shape);
                for (i, byte) in array.bytes_mut().iter_mut().enumerate() {
                    *byte = if dtype == DType::Bool { (i % 2) as u8 } else { i as u8 };
                }
                let bytes = write(&array);
                assert_eq!(read(&bytes), Ok(array.clone()), "{array:?}");
                assert_eq!((bytes.len() - array.bytes().len()) % ALIGN, 0);
            }
        }
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let mut bytes = MAGIC.to_vec();
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n";
        bytes.extend([1, 0, head.len() as u8, 0]);
        bytes.extend(head.as_bytes());
        bytes.extend([0, 0, 128, 63, 0, 0, 0, 64]);
        assert_eq!(read(&bytes), Ok(Array::from([[1.0f32], [2.0]])));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let file = |descr: &str, order: &str, shape: &str| {
            let head = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}}}");
            let mut bytes = MAGIC.to_vec();
            bytes.extend([1, 0, head.len() as u8, 0]);
            bytes.extend(head.as_bytes());
            bytes
        };
        let refused = |bytes: &[u8]| read(bytes).unwrap_err();
        assert!(refused(b"PK").contains("no .npy file"));
        assert!(refused(&file("<f4", "False", "(2,)")[..30]).contains("cut off"));
        assert!(refused(&file("<f4", "False", "(2,)")).contains("0 bytes"));
        assert!(refused(&file(">f4", "False", "(0,)")).contains("newbyteorder"));
        assert!(refused(&file("|O", "False", "(0,)")).contains("|O"));
        assert!(refused(&file("<f4", "True", "(0, 2)")).contains("ascontiguousarray"));
        assert!(refused(&file("<f4", "False", "(99999999999, 99999999999)")).contains("shape"));
        assert!(refused(&file("é", "False", "()")).contains("é"));
    }
}
