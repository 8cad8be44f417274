//! Has tgc make the library, and tells cargo to link it.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../counter.tgc");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let tgc = env::var("TGC").unwrap_or("tgc".to_owned());
    let status =
        Command::new(&tgc).args(["build", "../counter.tgc", "-o"]).arg(out.join("libcounter.a")).status();
    if !status.map_err(|error| format!("cannot run {tgc}: {error}"))?.success() {
        return Err("tgc refused the model".into());
    }
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=counter");

    // Linked names end in a hash of the header, so that this program links with no other version of the
    // library.
    let header = fs::read_to_string(out.join("counter.h"))?;
    let hash = header.split("#define COUNTER_HASH UINT64_C(0x").nth(1).and_then(|rest| rest.get(..16));
    println!("cargo::rustc-env=COUNTER_HASH={}", hash.ok_or("the header has no hash")?);
    Ok(())
}
