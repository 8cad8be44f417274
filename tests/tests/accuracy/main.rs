//! Elementary functions, as compiled: a part of the points of `docs/accuracy.md`, within what is promised and
//! within what the table says; and the values that are exact.

mod complex_special;
mod special;

use tgc_tests::accuracy::table::Subject;
use tgc_tests::accuracy::{self, Effort, Row, complex, table};

/// The table's row of a function; it has one with the same promise.
fn documented(rows: &[Row], row: &Row) -> Row {
    let found = rows.iter().find(|known| known.name == row.name);
    let found = found.unwrap_or_else(|| panic!("docs/accuracy.md lacks {}: run make accuracy", row.name));
    assert_eq!(found.bound, row.bound, "{}", row.name);
    found.clone()
}

/// What is wrong with a measurement of a part, given that of the whole.
fn problems(row: &Row, known: &Row) -> Vec<String> {
    let mut problems = vec![];
    let all = [("f32", &row.single, &known.single), ("f64", &row.double, &known.double)];
    for (kind, part, whole) in all {
        if part.error > row.bound || whole.error > row.bound {
            problems.push(format!("{} {kind}: {part:?}, in the table {whole:?}", row.name));
        }
        // Of a measurement of all inputs this one is a part.
        let has_all = whole.points >= 1 << 32 || kind == "f64";
        if has_all && part.error > whole.error {
            problems.push(format!("{} {kind}: {part:?}, in the table only {whole:?}", row.name));
        }
    }
    problems
}

#[test]
fn real_functions_are_within_their_bounds_and_the_table() {
    let text = std::fs::read_to_string(table::path()).unwrap();
    let known = table::parse(Subject::Values, &text).expect("docs/accuracy.md has the table");
    let rows = accuracy::functions().into_iter().map(|f| accuracy::measure(&f, &Effort::SAMPLE));
    let problems: Vec<String> = rows.flat_map(|row| problems(&row, &documented(&known, &row))).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn complex_functions_are_within_their_bounds_and_the_table() {
    let text = std::fs::read_to_string(table::path()).unwrap();
    let known = table::parse(Subject::Values, &text).expect("docs/accuracy.md has the table");
    let rows = complex::functions().into_iter().map(|f| complex::measure(&f, &Effort::SAMPLE));
    let problems: Vec<String> = rows.flat_map(|row| problems(&row, &documented(&known, &row))).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn gradients_are_within_their_bounds_and_the_table() {
    let text = std::fs::read_to_string(table::path()).unwrap();
    let known = table::parse(Subject::Gradients, &text).expect("docs/accuracy.md has the table of gradients");
    let rows = accuracy::gradients().into_iter().map(|f| accuracy::measure(&f, &Effort::SAMPLE));
    let problems: Vec<String> = rows.flat_map(|row| problems(&row, &documented(&known, &row))).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
