//! Files of the safetensors format, <https://github.com/huggingface/safetensors>.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use tgc_scalar::dtype::DType;

use super::Array;
use super::check::{check_elements, check_shape, unknown};
use super::error::ReadError;
use super::literal::Literal;

/// The longest head that the format allows.
const MAX_HEAD: u64 = 100_000_000;

/// What a file says of its tensors.
struct Head {
    /// In the order of their data.
    tensors: Vec<Tensor>,
    /// Where the data starts.
    start: u64,
}

struct Tensor {
    name: String,
    dtype: String,
    shape: Vec<usize>,
    /// Where its data starts and ends, from the start of all data.
    offsets: [u64; 2],
}

/// Reads all tensors of a file of so many bytes.
pub(super) fn read_all(
    mut from: impl Read + Seek,
    length: u64,
) -> Result<BTreeMap<String, Array>, ReadError> {
    let head = Head::read(&mut from, length)?;
    let mut arrays = BTreeMap::new();
    for tensor in head.tensors {
        let array = tensor.read(&mut from, head.start).map_err(|error| error.within(&tensor.name))?;
        if arrays.contains_key(&tensor.name) {
            return Err(ReadError::damaged(format!("`{}` is there twice", tensor.name)));
        }
        arrays.insert(tensor.name, array);
    }
    Ok(arrays)
}

/// Reads the tensor of this name.
pub(super) fn read_one(mut from: impl Read + Seek, length: u64, name: &str) -> Result<Array, ReadError> {
    let head = Head::read(&mut from, length)?;
    match head.tensors.iter().find(|tensor| tensor.name == name) {
        Some(tensor) => tensor.read(&mut from, head.start).map_err(|error| error.within(name)),
        None => {
            let mut known: Vec<String> = head.tensors.into_iter().map(|tensor| tensor.name).collect();
            known.sort();
            Err(unknown(name, &known))
        }
    }
}

impl Head {
    fn read(from: &mut impl Read, length: u64) -> Result<Head, ReadError> {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes)?;
        let head = u64::from_le_bytes(bytes);
        let start = head.checked_add(8).filter(|start| *start <= length && head <= MAX_HEAD);
        let start = start.ok_or_else(|| {
            ReadError::content("it is no safetensors file, or it is cut off", "copy or save it again")
        })?;
        let mut json = vec![0; head as usize];
        from.read_exact(&mut json)?;
        let literal = std::str::from_utf8(&json).ok().and_then(Literal::parse);
        let mut tensors = literal.and_then(tensors).ok_or_else(|| {
            ReadError::damaged("its head does not give a `dtype`, `shape` and `data_offsets` for each name")
        })?;
        tensors.sort_by_key(|tensor| tensor.offsets);
        // Data without gaps, so that a file has one meaning.
        let mut end = 0;
        for tensor in &tensors {
            let [first, last] = tensor.offsets;
            if first != end || last < first {
                return Err(
                    ReadError::damaged("it starts elsewhere than the one before ends").within(&tensor.name)
                );
            }
            end = last;
        }
        match length - start {
            found if found == end => Ok(Head { tensors, start }),
            found => {
                Err(ReadError::damaged(format!("there are {found} bytes of data and its head says {end}")))
            }
        }
    }
}

fn tensors(head: Literal) -> Option<Vec<Tensor>> {
    let Literal::Dictionary(entries) = head else { return None };
    // What a writer wants to say besides.
    let tensors = entries.into_iter().filter(|(name, _)| name != "__metadata__");
    tensors.map(|(name, entry)| Tensor::of(name, entry)).collect()
}

impl Tensor {
    fn of(name: String, entry: Literal) -> Option<Tensor> {
        let Literal::Dictionary(entries) = entry else { return None };
        let (mut dtype, mut shape, mut offsets) = (None, None, None);
        for (key, value) in entries {
            match (key.as_str(), value) {
                ("dtype", Literal::Text(value)) => dtype = Some(value),
                ("shape", Literal::List(sizes)) => shape = Some(numbers(&sizes)?),
                ("data_offsets", Literal::List(ends)) => offsets = Some(numbers(&ends)?),
                (_, _) => return None,
            }
        }
        let size = |n: u64| usize::try_from(n).ok();
        let shape = shape?.into_iter().map(size).collect::<Option<Vec<usize>>>()?;
        Some(Tensor { name, dtype: dtype?, shape, offsets: offsets?.try_into().ok()? })
    }

    fn read(&self, from: &mut (impl Read + Seek), start: u64) -> Result<Array, ReadError> {
        let found = DTYPES.iter().find(|(name, _)| *name == self.dtype);
        let (_, dtype) = *found.ok_or_else(|| {
            let problem = format!("the elements are `{}`", self.dtype);
            ReadError::content(
                problem,
                "save them as one of BOOL, I8 to I64, U8 to U64, F16, BF16, F32, F64, C64",
            )
        })?;
        let [first, end] = self.offsets;
        check_shape(dtype, &self.shape, end - first)?;
        from.seek(SeekFrom::Start(start + first))?;
        let mut array = Array::zeros_of(dtype, self.shape.clone());
        from.read_exact(array.bytes_mut())?;
        check_elements(&array)?;
        Ok(array)
    }
}

fn numbers(literals: &[Literal]) -> Option<Vec<u64>> {
    let number = |literal: &Literal| match literal {
        Literal::Number(n) => Some(*n),
        Literal::Text(_) | Literal::Bool(_) | Literal::List(_) | Literal::Dictionary(_) => None,
    };
    literals.iter().map(number).collect()
}

/// Element types as the format names them; it has others of 8 bits and less.
const DTYPES: [(&str, DType); 14] = [
    ("BOOL", DType::Bool),
    ("I8", DType::I8),
    ("I16", DType::I16),
    ("I32", DType::I32),
    ("I64", DType::I64),
    ("U8", DType::U8),
    ("U16", DType::U16),
    ("U32", DType::U32),
    ("U64", DType::U64),
    ("F16", DType::F16),
    ("BF16", DType::BF16),
    ("F32", DType::F32),
    ("F64", DType::F64),
    ("C64", DType::C64),
];
