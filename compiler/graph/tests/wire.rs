//! Files read back what was written, for good, and nothing else.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tgc_graph::generate::{Options, Random, module_with};
use tgc_graph::module::Module;
use tgc_graph::text::parse;
use tgc_graph::wire::{HEAD_BYTES, WireError, decode, encode, load, read, save};

const GOLDEN: &str = include_str!("data/wire/v1.tgc");
const GOLDEN_FILE: &[u8] = include_bytes!("data/wire/v1.graph");

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_decodes_to_the_same_module(seed: u64, size in 1usize..60, everything: bool) {
        let options = if everything { Options::everything(size) } else { Options::plain(size) };
        let module = module_with(seed, &options);
        let bytes = encode(&module);
        let back = decode(&bytes).unwrap_or_else(|e| panic!("{e}"));
        prop_assert!(back == module);
        prop_assert_eq!(encode(&back), bytes);
    }

    #[test]
    fn other_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decode(&bytes).is_err());
    }
}

/// The file was written by `encode` of the text beside it when format 1 was fixed.
#[test]
fn the_first_format_loads_for_good() {
    let module = parse(GOLDEN).unwrap();
    assert!(decode(GOLDEN_FILE).unwrap() == module);
}

#[test]
fn equal_modules_have_equal_bytes() {
    assert!(
        encode(&parse(GOLDEN).unwrap()) == GOLDEN_FILE,
        "format 1 is written otherwise than it was fixed"
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for length in 0..GOLDEN_FILE.len() {
        let error = decode(&GOLDEN_FILE[..length]).unwrap_err();
        let is_empty = length == 0 && matches!(error, WireError::Empty);
        assert!(is_empty || matches!(error, WireError::Length { .. }), "{length}: {error}");
    }
    let longer = [GOLDEN_FILE, &[0]].concat();
    assert!(matches!(decode(&longer), Err(WireError::Length { .. })));
}

#[test]
fn a_flipped_bit_is_found() {
    let mut bytes = GOLDEN_FILE.to_vec();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&bytes).is_err(), "bit {bit} does not matter");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

/// The bytes with checksums of the head and the tables made right again.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let tables = u64::from_le_bytes(bytes[24..32].try_into().unwrap()) as usize;
    let Some(section) = bytes.get(HEAD_BYTES..HEAD_BYTES.saturating_add(tables)) else { return bytes };
    let hash = blake3::hash(section);
    bytes[40..56].copy_from_slice(&hash.as_bytes()[..16]);
    let hash = blake3::hash(&bytes[..56]);
    bytes[56..64].copy_from_slice(&hash.as_bytes()[..8]);
    bytes
}

/// Tables that a hostile writer made, with checksums that match: an error or a valid module, no panic.
#[test]
fn forged_tables_do_no_harm() {
    let tables = u64::from_le_bytes(GOLDEN_FILE[24..32].try_into().unwrap()) as usize;
    let mut random = Random(1);
    let mut refused = 0;
    for round in 0..60_000 {
        let mut bytes = GOLDEN_FILE.to_vec();
        for _ in 0..1 + random.below(3) {
            let at = HEAD_BYTES + random.below(tables);
            bytes[at] = match random.below(4) {
                0 => 0xfd,
                1 => bytes[at].wrapping_add(1),
                2 => bytes[at].wrapping_sub(1),
                _ => random.bits() as u8,
            };
        }
        match decode(&resealed(bytes)) {
            Ok(module) => assert!(decode(&encode(&module)).unwrap() == module, "round {round}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 30_000, "{refused}");
}

/// A file whose tables are these bytes and which has no data.
fn with_tables(tables: &[u8]) -> Vec<u8> {
    let mut bytes = GOLDEN_FILE[..HEAD_BYTES].to_vec();
    bytes[24..32].copy_from_slice(&(tables.len() as u64).to_le_bytes());
    bytes[32..40].copy_from_slice(&0u64.to_le_bytes());
    bytes.extend(tables);
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    resealed(bytes)
}

#[test]
fn lengths_that_lie_allocate_nothing() {
    let huge = [&[0xfd][..], &(1u64 << 60).to_le_bytes()].concat();
    // A list of strings, the length of its first string, and a list of arrays.
    for prefix in [&[][..], &[1], &[0]] {
        let error = decode(&with_tables(&[prefix, &huge].concat())).unwrap_err();
        assert!(matches!(error, WireError::Malformed(_)), "{error}");
    }
    // One array of 2^40 elements of which the file has none, as data and as one value.
    for fill in [&[0][..], &[1, 0, 0]] {
        let shape = [&[1, 0xfd][..], &(1u64 << 40).to_le_bytes()].concat();
        let array = [&[1, 3][..], b"f32", &[1, 0], &shape, &[0, 0], fill, &[0, 0, 0]].concat();
        let error = decode(&with_tables(&array)).unwrap_err().to_string();
        assert!(error.contains("too large") || error.contains("larger than its data"), "{error}");
    }
    let mut bytes = GOLDEN_FILE.to_vec();
    bytes[24..32].copy_from_slice(&(1u64 << 60).to_le_bytes());
    let hash = blake3::hash(&bytes[..56]);
    bytes[56..64].copy_from_slice(&hash.as_bytes()[..8]);
    let error = decode(&bytes).unwrap_err();
    assert!(matches!(error, WireError::Length { .. }), "{error}");
}

/// The golden file with the head changed and its checksum made right.
fn with_head(change: impl FnOnce(&mut [u8])) -> String {
    let mut bytes = GOLDEN_FILE.to_vec();
    change(&mut bytes);
    decode(&resealed(bytes)).unwrap_err().to_string()
}

#[test]
fn messages_say_what_to_do() {
    let refuse = |bytes: &[u8]| decode(bytes).unwrap_err().to_string();
    assert_eq!(refuse(b"GIF89a"), "this is no model.graph file: it begins with other bytes");
    assert_eq!(
        refuse(GOLDEN.as_bytes()),
        "this is no model.graph file: it begins with other bytes; it looks like the text form, which `tgc` reads under \
         the ending .tgc"
    );
    assert_eq!(refuse(b""), "the file is empty; copy or save it again");
    let newer = with_head(|bytes| {
        bytes[8] = 4;
        bytes[14] = 7;
    });
    assert_eq!(newer, "the file has format 4, and this tgc reads formats up to 3; use tgc 0.7.0 or newer");
    let mut damaged = GOLDEN_FILE.to_vec();
    damaged[30] ^= 1;
    assert_eq!(
        refuse(&damaged),
        "the file is damaged: the checksum of the head does not match; copy or save it again"
    );
    let mut damaged = GOLDEN_FILE.to_vec();
    damaged[70] ^= 1;
    assert_eq!(
        refuse(&damaged),
        "the file is damaged: the checksum of the tables does not match; copy or save it again"
    );
    let mut damaged = GOLDEN_FILE.to_vec();
    *damaged.iter_mut().rev().nth(60).unwrap() ^= 1;
    assert_eq!(
        refuse(&damaged),
        "the file is damaged: the checksum of array 5 does not match; copy or save it again"
    );
    let at = find(b"sigmoid");
    assert_eq!(
        with_head(|bytes| bytes[at] = b'S'),
        "the file uses the operation `Sigmoid`, which this tgc (0.1.0) does not have; use tgc 0.1.0 or newer"
    );
    let at = find(b"predict");
    assert_eq!(
        with_head(|bytes| bytes[at] = b'9'),
        "the file's model is not valid: the function cannot be named `9redict`: it does not begin with a letter; call it \
         `function_9redict`"
    );
}

fn find(needle: &[u8]) -> usize {
    GOLDEN_FILE.windows(needle.len()).position(|w| w == needle).unwrap()
}

#[test]
fn equal_arrays_are_stored_once() {
    let text = |names: &str| {
        let list = vec!["1.5, 2.5"; 500].join(", ");
        let variables = names.chars().map(|name| format!("shared \"{name}\" : f64[1000] = [{list}]\n"));
        parse(&format!("tgc 1 model \"m\"\n{}", variables.collect::<String>())).unwrap()
    };
    let (one, three) = (encode(&text("a")).len(), encode(&text("abc")).len());
    assert!(three - one <= 64, "{one} {three}");
    assert!(one < 8 * 1000 + 256);
}

#[test]
fn data_starts_at_multiples_of_64() {
    let module =
        parse("tgc 1 model \"m\"\nshared \"a\" : u8[3] = [1, 2, 3]\nshared \"b\" : u8[2] = [7, 8]\n")
            .unwrap();
    let bytes = encode(&module);
    assert_eq!(bytes.len() % 64, 0);
    let tail = &bytes[bytes.len() - 128..];
    assert_eq!((&tail[..4], &tail[64..67]), (&[1, 2, 3, 0][..], &[7, 8, 0][..]));
}

#[test]
fn files_are_replaced_whole() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.graph");
    let (first, second) = (module_with(1, &Options::plain(9)), module_with(2, &Options::everything(30)));
    save(&first, &path).unwrap();
    assert!(load(&path).unwrap() == first);
    save(&second, &path).unwrap();
    assert!(load(&path).unwrap() == second);
    let left: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["model.graph"]);
    let missing = directory.path().join("missing").join("model.graph");
    assert!(matches!(save(&first, &missing), Err(WireError::File { .. })));
    assert!(load(&missing).unwrap_err().to_string().contains("model.graph: "));
    assert!(load(&directory).unwrap_err().to_string().ends_with("it is no regular file; name one"));
}

#[test]
fn a_stream_that_ends_early_is_an_error() {
    let error = read(&GOLDEN_FILE[..100], GOLDEN_FILE.len() as u64).unwrap_err();
    assert!(matches!(error, WireError::Io(_)), "{error}");
}

#[test]
fn big_models_are_read_in_proportion() {
    let mut text =
        String::from("tgc 1 model \"m\"\nfunction \"f\"\n%0 = input \"x\" : f32[3]\n%1 = neg(%0)\n");
    for i in 2..100_000 {
        text.push_str(&format!("%{i} = {}(%{}, %{}) : f32[3]\n", ["add", "mul"][i % 2], i - 1, i - 2));
    }
    text.push_str("end\n");
    let start = std::time::Instant::now();
    let module: Module = parse(&text).unwrap();
    assert!(decode(&encode(&module)).unwrap() == module);
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn only_this_part_names_the_encoding() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut directories = vec![sources];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().unwrap() != "wire" {
                directories.push(path);
            } else if path.is_file() {
                assert!(!fs::read_to_string(&path).unwrap().contains("bincode"), "{}", path.display());
            }
        }
    }
}
