//! The head of a model's state image: what a safetensors file says before its data.
//!
//! It depends on the states' names, types and shapes and on the library's name alone, so an image outlives a
//! rebuild that leaves the states as they are. Keys are in state order, which is also the order of the data;
//! there are no gaps. The format is described at <https://github.com/huggingface/safetensors>.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType;
use tgc_plan::State;

/// The head of an image and the length of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The length of the JSON text as eight little-endian bytes, then the text.
    pub header: Vec<u8>,
    /// Bytes of an image, head and data.
    pub bytes: u64,
}

/// Data starts at a multiple of this many bytes.
const ALIGN: usize = 8;

impl Image {
    /// The head for these states.
    pub fn new(name: &str, states: &[State]) -> Image {
        let mut json = format!("{{\"__metadata__\":{{\"format\":\"tgc\",\"model\":{}}}", quote(name));
        let mut offset = 0;
        for state in states {
            let end = offset + state.initial.bytes().len() as u64;
            json.push_str(&format!(
                ",{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{offset},{end}]}}",
                quote(&state.name),
                dtype_name(state.initial.dtype()),
                shape(&state.initial),
            ));
            offset = end;
        }
        json.push('}');
        while json.len() % ALIGN != 0 {
            json.push(' ');
        }
        let mut header = (json.len() as u64).to_le_bytes().to_vec();
        header.extend(json.as_bytes());
        let bytes = header.len() as u64 + offset;
        Image { header, bytes }
    }
}

/// Complex elements are pairs along a last axis.
fn shape(array: &Array) -> String {
    let mut sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    if array.dtype().is_complex() {
        sizes.push("2".to_owned());
    }
    sizes.join(",")
}

const fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "BOOL",
        DType::I8 => "I8",
        DType::I16 => "I16",
        DType::I32 => "I32",
        DType::I64 => "I64",
        DType::U8 => "U8",
        DType::U16 => "U16",
        DType::U32 => "U32",
        DType::U64 => "U64",
        DType::F16 => "F16",
        DType::BF16 => "BF16",
        DType::F32 | DType::C64 => "F32",
        DType::F64 | DType::C128 => "F64",
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if (c as u32) < 0x20 => quoted.push_str(&format!("\\u{:04x}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(name: &str, initial: Array) -> State {
        State { name: name.to_owned(), initial, offset: 0 }
    }

    fn text(image: &Image) -> &str {
        let (length, json) = image.header.split_at(8);
        assert_eq!(u64::from_le_bytes(length.try_into().unwrap()), json.len() as u64);
        assert_eq!(image.header.len() % ALIGN, 0);
        std::str::from_utf8(json).unwrap()
    }

    #[test]
    fn keys_and_offsets_follow_the_states() {
        let z = Array::zeros_of(DType::C128, [3]);
        let image = Image::new("m", &[state("w", Array::zeros::<f32>([2, 5])), state("b", z)]);
        assert_eq!(
            text(&image).trim_end(),
            "{\"__metadata__\":{\"format\":\"tgc\",\"model\":\"m\"},\
             \"w\":{\"dtype\":\"F32\",\"shape\":[2,5],\"data_offsets\":[0,40]},\
             \"b\":{\"dtype\":\"F64\",\"shape\":[3,2],\"data_offsets\":[40,88]}}"
        );
        assert_eq!(image.bytes, image.header.len() as u64 + 88);
    }

    #[test]
    fn a_model_without_state_has_an_image_of_a_head_alone() {
        let image = Image::new("m", &[]);
        assert_eq!(text(&image).trim_end(), "{\"__metadata__\":{\"format\":\"tgc\",\"model\":\"m\"}}");
        assert_eq!(image.bytes, image.header.len() as u64);
    }

    #[test]
    fn zero_dimensional_states_and_odd_names_are_valid_json() {
        let image = Image::new("m", &[state("a\"\\\n", Array::from(1.5f32))]);
        assert!(text(&image).contains(r#""a\"\\\u000a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}"#));
    }
}
