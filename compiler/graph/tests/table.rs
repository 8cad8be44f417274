//! `docs/ops.md` is what the code says. `TGC_BLESS=1 cargo test -p tgc-graph --test table` rewrites it.

use tgc_graph::ops::table::ops_markdown;

#[test]
fn the_table_of_operations_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ops.md");
    if std::env::var_os("TGC_BLESS").is_some() {
        std::fs::write(path, ops_markdown()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        ops_markdown(),
        "rewrite it with TGC_BLESS=1"
    );
}
