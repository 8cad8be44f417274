//! Any tables and data under a head that fits them: an error, or a module that encodes and decodes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgc_graph::text::{parse, print};
use tgc_graph::wire::{HEAD_BYTES, MAGIC, decode, encode};

/// The input's last two bytes say where its tables end, and by their highest bit of which format they are.
fn file(input: &[u8]) -> Option<Vec<u8>> {
    let (rest, split) = input.split_last_chunk::<2>()?;
    let split = u16::from_le_bytes(*split);
    let tables = usize::from(split & 0x7fff).min(rest.len());
    let (tables, data) = rest.split_at(tables);
    let mut bytes = vec![0; HEAD_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8] = 1 + (split >> 15) as u8;
    bytes[14] = 1;
    bytes[24..32].copy_from_slice(&(tables.len() as u64).to_le_bytes());
    bytes[32..40].copy_from_slice(&(data.len() as u64).to_le_bytes());
    bytes[40..56].copy_from_slice(&blake3::hash(tables).as_bytes()[..16]);
    let check = blake3::hash(&bytes[..56]);
    bytes[56..].copy_from_slice(&check.as_bytes()[..8]);
    bytes.extend(tables);
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    bytes.extend(data);
    Some(bytes)
}

fuzz_target!(|input: &[u8]| {
    let Some(bytes) = file(input) else { return };
    if let Ok(module) = decode(&bytes) {
        assert!(decode(&encode(&module)).expect("what decoded decodes again") == module);
        let printed = print(&module);
        assert!(parse(&printed).unwrap_or_else(|e| panic!("{e}\n{printed}")) == module, "{printed}");
    }
});
