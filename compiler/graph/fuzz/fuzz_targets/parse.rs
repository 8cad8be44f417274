//! Any text: an error, or a module that prints and parses back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tgc_graph::text::{parse, print};
use tgc_graph::verify::verify;
use tgc_graph::wire::{decode, encode};

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(module) => {
            let printed = print(&module);
            let back = parse(&printed).unwrap_or_else(|e| panic!("{e}"));
            assert!(back == module, "{printed}");
            if verify(&module).is_ok() {
                assert!(decode(&encode(&module)).expect("a verified module decodes") == module);
            }
        }
        Err(error) => assert!(error.to_string().contains('^')),
    }
});
