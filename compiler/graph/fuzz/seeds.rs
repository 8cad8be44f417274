//! Writes first inputs of both fuzz targets: `seeds CORPUS FILE...`, of files in the text form.

use std::path::PathBuf;

use tgc_graph::text::parse;
use tgc_graph::wire::{HEAD_BYTES, encode};

fn main() -> std::io::Result<()> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let corpus = paths.next().expect("usage: seeds CORPUS FILE...");
    for target in ["parse", "decode"] {
        std::fs::create_dir_all(corpus.join(target))?;
    }
    for (index, path) in paths.enumerate() {
        let mut text = std::fs::read_to_string(path)?;
        // Most cases are a function alone.
        if !text.lines().any(|line| line.starts_with("tgc ")) {
            text = format!("tgc 1 model \"seed\"\n{text}");
        }
        std::fs::write(corpus.join("parse").join(format!("seed{index}")), &text)?;
        // Cases of what does not parse are seeds of the parser alone.
        let Ok(module) = parse(&text) else { continue };
        let file = encode(&module);
        let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes")) as usize;
        let tables = word(24);
        let Ok(split @ ..0x8000) = u16::try_from(tables) else { continue };
        let split = split | u16::from(file[8] - 1) << 15;
        let data = &file[file.len() - word(32)..];
        let input = [&file[HEAD_BYTES..][..tables], data, &split.to_le_bytes()].concat();
        std::fs::write(corpus.join("decode").join(format!("seed{index}")), input)?;
    }
    Ok(())
}
