//! Whether a program printed what a block says.

/// Compares word by word. `*` is any word, and a line `…` any number of lines.
pub fn check(expected: &str, printed: &str) -> Result<(), String> {
    let printed: Vec<&str> = printed.lines().collect();
    let expected: Vec<&str> = expected.lines().collect();
    let mut at = 0;
    let mut skipping = false;
    for line in &expected {
        if line.trim() == "…" {
            skipping = true;
            continue;
        }
        let here = (at..printed.len()).find(|i| agree(line, printed[*i]));
        match here.filter(|found| skipping || *found == at) {
            Some(found) => at = found + 1,
            None => {
                let got = printed.get(at).copied().unwrap_or("the end");
                return Err(format!("expected `{line}`, printed `{got}`"));
            }
        }
        skipping = false;
    }
    match printed.get(at).filter(|_| !skipping) {
        Some(more) => Err(format!("it also printed `{more}`")),
        None => Ok(()),
    }
}

fn agree(expected: &str, printed: &str) -> bool {
    let (want, got): (Vec<&str>, Vec<&str>) =
        (expected.split_whitespace().collect(), printed.split_whitespace().collect());
    want.len() == got.len() && want.iter().zip(&got).all(|(want, got)| *want == "*" || want == got)
}
