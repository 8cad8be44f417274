//! `docs/rules.md` is what the code says. `TGC_BLESS=1 cargo test -p tgc-optimize --test table` rewrites it.

use tgc_optimize::rules_markdown;

#[test]
fn the_table_of_rules_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
    if std::env::var_os("TGC_BLESS").is_some() {
        std::fs::write(path, rules_markdown()).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap_or_default(),
        rules_markdown(),
        "rewrite it with TGC_BLESS=1"
    );
}
