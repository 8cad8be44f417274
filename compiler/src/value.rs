//! Values of inputs as the command line spells them: numbers, lists, files, zeros, ones, one value
//! everywhere, random; and whole calls made of them, `x=[1,2] N=3`.

use half::{bf16, f16};
use tgc_graph::array::Array;
use tgc_graph::dtype::{DType, Kind};
use tgc_graph::literal::{integer_range, largest};
use tgc_graph::quote::short;
use tgc_plan::Signature;
use tgc_scalar::{ScalarKind, ScalarType, scalar_from_bits_f64};

use crate::error::Error;

/// What a call is given: a value or none for each input, and sizes by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// In the function's order.
    pub inputs: Vec<Option<Array>>,
    /// Those that were given; others follow from the inputs.
    pub sizes: Vec<(String, i64)>,
}

impl Given {
    /// Reads `NAME=VALUE` for inputs and sizes of a function, in any order.
    ///
    /// # Errors
    ///
    /// If a text is no `NAME=VALUE`, nothing has that name, a name is given twice, or a value does not fit.
    pub fn parse(function: &Signature, texts: &[String]) -> Result<Given, Error> {
        let mut given = Given { inputs: vec![None; function.inputs.len()], sizes: vec![] };
        texts.iter().try_for_each(|text| given.take(function, text)).map(|()| given)
    }

    fn take(&mut self, function: &Signature, text: &str) -> Result<(), Error> {
        let (name, text) = split(text)?;
        let wrong = |reason: String| Error::Call(format!("{name}: {reason}"));
        let twice = || wrong("it is given twice; leave one out".to_owned());
        if let Some(index) = function.inputs.iter().position(|input| input.name == name) {
            let value = parse(text, function.inputs[index].ty.dtype).map_err(wrong)?;
            return self.inputs[index].replace(value).map_or(Ok(()), |_| Err(twice()));
        }
        if function.symbols.find(name).is_none() {
            let inputs = function.inputs.iter().map(|input| input.name.clone());
            let symbols = function.symbols.iter().map(|(_, symbol)| symbol.name.clone());
            return Err(Error::unknown("input", name, inputs.chain(symbols).collect()));
        }
        if self.sizes.iter().any(|(size, _)| size == name) {
            return Err(twice());
        }
        let size = text
            .parse()
            .map_err(|_| wrong(format!("`{}` is no size; write a whole number below 2^63", short(text))))?;
        self.sizes.push((name.to_owned(), size));
        Ok(())
    }
}

/// Splits `NAME=VALUE`.
///
/// # Errors
///
/// If there is no `=`.
fn split(text: &str) -> Result<(&str, &str), Error> {
    text.split_once('=').ok_or_else(|| {
        Error::Call(format!("`{}` is no NAME=VALUE; write one like x=[1,2,3] or x=@x.npy", short(text)))
    })
}

/// Reads a value of this element type.
///
/// # Errors
///
/// What is wrong with it, without the input's name.
pub fn parse(text: &str, dtype: DType) -> Result<Array, String> {
    if text.trim().is_empty() {
        return Err(format!("it has no value; {}", example(dtype)));
    }
    if text == "@" {
        return Err("`@` names no file; write one like @x.npy".to_owned());
    }
    if let Some(path) = text.strip_prefix('@') {
        return Array::from_npy(path).map_err(|error| error.to_string());
    }
    if let Some(shape) = text.strip_prefix("zeros:") {
        return Ok(Array::zeros_of(dtype, parse_shape(shape, dtype)?));
    }
    if let Some(shape) = text.strip_prefix("ones:") {
        let one = element(if dtype == DType::Bool { "true" } else { "1" }, dtype)?;
        return Ok(Array::splat(dtype, parse_shape(shape, dtype)?, one));
    }
    if let Some(rest) = text.strip_prefix("full:") {
        // A complex value has a colon too.
        let (value, shape) = rest.rsplit_once(':').ok_or("write full:VALUE:[SIZE,…]")?;
        return Ok(Array::splat(dtype, parse_shape(shape, dtype)?, element(value, dtype)?));
    }
    if let Some(rest) = text.strip_prefix("random:") {
        let (seed, shape) = rest.split_once(':').ok_or("write random:SEED:[SIZE,…]")?;
        let seed = seed.parse().map_err(|_| format!("the seed `{}` is no number from 0 on", short(seed)))?;
        return Ok(random(seed, dtype, parse_shape(shape, dtype)?));
    }
    List::parse(text, dtype)
}

/// `[8,4]`, of a size that memory can hold.
fn parse_shape(text: &str, dtype: DType) -> Result<Vec<usize>, String> {
    let wrong = || format!("`{}` is no shape; write one like [8,4]", short(text));
    let inner = text.trim().strip_prefix('[').and_then(|t| t.strip_suffix(']')).ok_or_else(wrong)?;
    let sizes = inner.split(',').map(str::trim).filter(|_| !inner.trim().is_empty());
    let shape: Vec<usize> = sizes.map(|n| n.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    let bytes = shape.iter().try_fold(dtype.bytes(), |product, n| product.checked_mul(*n));
    match bytes {
        Some(bytes) if bytes <= MOST_BYTES => Ok(shape),
        Some(_) | None => Err(format!("the shape {} is larger than {} GiB", short(text), MOST_BYTES >> 30)),
    }
}

/// The largest array that is made from a few characters.
const MOST_BYTES: usize = 16 << 30;

/// Nested lists, read from left to right.
struct List<'t> {
    rest: &'t str,
    dtype: DType,
    elements: Vec<[u64; 2]>,
    /// The length of each level's first list.
    shape: Vec<Option<usize>>,
    /// How deep the elements are.
    rank: Option<usize>,
}

/// Deeper lists are no tensors.
const MOST_LEVELS: usize = tgc_graph::ty::MAX_RANK;

impl<'t> List<'t> {
    fn parse(text: &'t str, dtype: DType) -> Result<Array, String> {
        let mut list = List { rest: text, dtype, elements: vec![], shape: vec![], rank: None };
        list.value(0)?;
        list.skip_space();
        if !list.rest.is_empty() {
            return Err(format!("`{}` is left over behind the value", short(list.rest)));
        }
        let shape: Vec<usize> = list.shape.iter().map(|n| n.unwrap_or(0)).collect();
        let mut array = Array::zeros_of(dtype, shape);
        if array.len() != list.elements.len() {
            return Err("lists of one level have different lengths".to_owned());
        }
        for (i, parts) in list.elements.into_iter().enumerate() {
            array.set(i, parts);
        }
        Ok(array)
    }

    fn value(&mut self, depth: usize) -> Result<(), String> {
        self.skip_space();
        match self.rest.strip_prefix('[') {
            Some(rest) => {
                self.rest = rest;
                self.items(depth)
            }
            None => self.element(depth),
        }
    }

    fn items(&mut self, depth: usize) -> Result<(), String> {
        if depth >= MOST_LEVELS {
            return Err(format!("lists nest deeper than {MOST_LEVELS} levels"));
        }
        if self.shape.len() == depth {
            self.shape.push(None);
        }
        let mut count = 0;
        loop {
            self.skip_space();
            if let Some(rest) = self.rest.strip_prefix(']') {
                self.rest = rest;
                break;
            }
            self.value(depth + 1)?;
            count += 1;
            self.skip_space();
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None if self.rest.starts_with(']') => {}
                None => {
                    return Err("a list lacks its `]` or a comma; write one like [[1,2],[3,4]]".to_owned());
                }
            }
        }
        match *self.shape[depth].get_or_insert(count) {
            first if first == count => Ok(()),
            first => Err(format!("lists of one level have {first} and {count} items")),
        }
    }

    fn element(&mut self, depth: usize) -> Result<(), String> {
        let end = self.rest.find([',', ']', '[']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        if *self.rank.get_or_insert(depth) != depth || self.shape.len() > depth {
            return Err("numbers and lists are mixed on one level".to_owned());
        }
        self.elements.push(element(text.trim(), self.dtype)?);
        Ok(())
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

/// The bits of one element.
fn element(text: &str, dtype: DType) -> Result<[u64; 2], String> {
    if text.is_empty() {
        return Err(format!("an element is missing beside a comma; {}", example(dtype)));
    }
    let part = |text: &str| bits(text.trim(), dtype.scalar_type()).ok_or_else(|| refusal(text, dtype));
    match (dtype.kind(), text.split_once(':')) {
        (Kind::Complex, Some((re, im))) => Ok([part(re)?, part(im)?]),
        (Kind::Complex, None) => Ok([part(text)?, 0]),
        (Kind::Bool | Kind::Integer | Kind::Float, _) => Ok([part(text)?, 0]),
    }
}

/// Why a text is no element, or no part of a complex one.
fn refusal(text: &str, dtype: DType) -> String {
    let is_number = text.trim().parse::<f64>().is_ok();
    let remedy = match dtype.is_differentiable() && is_number {
        true => format!("write one of magnitude up to {}, or inf", largest(dtype)),
        false => example(dtype),
    };
    format!("`{}` is no {dtype}; {remedy}", short(text))
}

/// How an element of a type is written.
fn example(dtype: DType) -> String {
    match (dtype.kind(), integer_range(dtype)) {
        (Kind::Integer, Some((least, greatest))) => {
            format!("write a whole number from {least} to {greatest}")
        }
        (Kind::Bool | Kind::Integer, _) => "write true or false".to_owned(),
        (Kind::Float, _) => "write a number like 1.5".to_owned(),
        (Kind::Complex, _) => "write a number like 1.5, or two like 1.5:-2".to_owned(),
    }
}

fn bits(text: &str, scalar: ScalarType) -> Option<u64> {
    let integer = |low: i128, high: i128| {
        text.parse::<i128>().ok().filter(|n| (low..=high).contains(n)).map(|n| n as u64)
    };
    let bits = match scalar {
        ScalarType::Bool => match text {
            "true" | "1" => 1,
            "false" | "0" => 0,
            _ => return None,
        },
        ScalarType::I8 => integer(i8::MIN.into(), i8::MAX.into())?,
        ScalarType::I16 => integer(i16::MIN.into(), i16::MAX.into())?,
        ScalarType::I32 => integer(i32::MIN.into(), i32::MAX.into())?,
        ScalarType::I64 => integer(i64::MIN.into(), i64::MAX.into())?,
        ScalarType::U8 => integer(0, u8::MAX.into())?,
        ScalarType::U16 => integer(0, u16::MAX.into())?,
        ScalarType::U32 => integer(0, u32::MAX.into())?,
        ScalarType::U64 => integer(0, u64::MAX.into())?,
        ScalarType::F16 => u64::from(f16::from_f64(text.parse().ok()?).to_bits()),
        ScalarType::BF16 => u64::from(bf16::from_f64(text.parse().ok()?).to_bits()),
        ScalarType::F32 => u64::from(text.parse::<f32>().ok()?.to_bits()),
        ScalarType::F64 => text.parse::<f64>().ok()?.to_bits(),
    };
    // A number that rounds to an infinity is none.
    let is_number = scalar.is_float() && text.contains(|c: char| c.is_ascii_digit());
    (!is_number || scalar_from_bits_f64(scalar, bits).is_finite()).then_some(bits)
}

/// Elements from a seed: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// 2014).
fn random(seed: u64, dtype: DType, shape: Vec<usize>) -> Array {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut part = || {
        let bits = next();
        // 24 bits are exact in every float but the 16-bit ones, which round.
        let float = (bits >> 40) as f64 / f64::from(1 << 23) - 1.0;
        match dtype.scalar_type().kind() {
            ScalarKind::Bool => bits >> 63,
            ScalarKind::Integer => ((bits >> 32) * 10) >> 32,
            ScalarKind::F16 => u64::from(f16::from_f64(float).to_bits()),
            ScalarKind::BF16 => u64::from(bf16::from_f64(float).to_bits()),
            ScalarKind::F32 => u64::from((float as f32).to_bits()),
            ScalarKind::F64 => float.to_bits(),
        }
    };
    let mut array = Array::zeros_of(dtype, shape);
    for i in 0..array.len() {
        let first = part();
        array.set(i, [first, if dtype.parts() == 2 { part() } else { 0 }]);
    }
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, dtype: DType) -> String {
        parse(text, dtype).unwrap_err()
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(parse("1.5", DType::F32), Ok(Array::from(1.5f32)));
        assert_eq!(parse("[1, 2,3]", DType::I8), Ok(Array::from([1i8, 2, 3])));
        assert_eq!(parse(" [[1,2],\n[3,-4]] ", DType::F64), Ok(Array::from([[1.0f64, 2.0], [3.0, -4.0]])));
        assert_eq!(parse("[true,0]", DType::Bool), Ok(Array::from([true, false])));
        assert_eq!(parse("[]", DType::F32), Ok(Array::zeros::<f32>([0])));
        assert_eq!(parse("[[],[]]", DType::F32), Ok(Array::zeros::<f32>([2, 0])));
        let complex = parse("1:-2", DType::C64).unwrap();
        assert_eq!(complex.get(0), [u64::from(1.0f32.to_bits()), u64::from((-2.0f32).to_bits())]);
        assert_eq!(parse("0.1", DType::F16).unwrap().get(0), [0x2e66, 0]);
        assert!(f64::from_bits(parse("nan", DType::F64).unwrap().get(0)[0]).is_nan());
    }

    #[test]
    fn makers() {
        assert_eq!(parse("zeros:[2,1]", DType::C128), Ok(Array::zeros_of(DType::C128, [2, 1])));
        assert_eq!(parse("ones:[]", DType::F32), Ok(Array::from(1.0f32)));
        assert_eq!(parse("full:2.5:[3]", DType::F32), Ok(Array::full([3], 2.5f32)));
        let complex = parse("full:1:-2:[1]", DType::C64).unwrap();
        assert_eq!(complex.get(0), [u64::from(1.0f32.to_bits()), u64::from((-2.0f32).to_bits())]);
        let a = parse("random:42:[100]", DType::F32).unwrap();
        assert_eq!(a, parse("random:42:[100]", DType::F32).unwrap());
        assert_ne!(a, parse("random:43:[100]", DType::F32).unwrap());
        let values: Vec<f32> = a.to_vec().unwrap();
        assert!(values.iter().all(|v| (-1.0..1.0).contains(v)));
        assert!(values.iter().sum::<f32>().abs() < 30.0);
        let digits: Vec<u8> = parse("random:1:[1000]", DType::U8).unwrap().to_vec().unwrap();
        assert!((0..10).all(|d| digits.contains(&d)) && digits.iter().all(|d| *d < 10));
    }

    #[test]
    fn numbers_beyond_a_type_are_no_infinities() {
        for (text, dtype, most) in [
            ("1e999", DType::F64, "1.79e308"),
            ("-1e39", DType::F32, "3.4e38"),
            ("70000", DType::F16, "65504"),
            ("[1, 3.4e38]", DType::BF16, "3.38e38"),
            ("full:1e39:[2]", DType::F32, "3.4e38"),
            ("1:1e39", DType::C64, "3.4e38"),
        ] {
            let message = refused(text, dtype);
            assert!(message.ends_with(&format!("write one of magnitude up to {most}, or inf")), "{message}");
        }
        assert_eq!(parse("[inf,-inf]", DType::F32), Ok(Array::from([f32::INFINITY, f32::NEG_INFINITY])));
        assert_eq!(parse("[65519,1e-999]", DType::F16).unwrap().get(0), [0x7bff, 0]);
    }

    #[test]
    fn refusals_name_what_is_wrong() {
        assert!(refused("fast", DType::F32).contains("`fast` is no f32"));
        assert_eq!(refused("300", DType::U8), "`300` is no u8; write a whole number from 0 to 255");
        assert!(refused("[1,2", DType::F32).contains("lacks"));
        assert!(refused("[[1,2],[3]]", DType::F32).contains("2 and 1"));
        assert!(refused("[1,[2]]", DType::F32).contains("mixed"));
        assert!(refused("[[1],2]", DType::F32).contains("mixed"));
        assert!(refused("1 2", DType::F32).contains("`1 2`"));
        assert!(refused("[1] 2", DType::F32).contains("left over"));
        assert!(refused(&"[".repeat(100_000), DType::F32).contains("deeper"));
        assert!(refused("zeros:3", DType::F32).contains("shape"));
        assert!(refused("zeros:[99999999999,99999999999]", DType::F32).contains("larger"));
        assert!(refused("full:1", DType::F32).contains("full:VALUE"));
        assert!(refused("full:x:[1]", DType::F32).contains("`x` is no f32"));
        assert!(refused("random:x:[1]", DType::F32).contains("seed"));
        assert!(refused("@/nowhere.npy", DType::F32).contains("/nowhere.npy"));
    }
}
