//! Measures elementary functions in full and writes the tables of `docs/accuracy.md`: `make accuracy`.
//!
//! Arguments name the functions to measure, or all `values`, or all `gradients`; the other rows stay. Without
//! names all are measured, each row written as soon as it is known. `--stride=61` takes every 61st input of
//! `f32`, `--rounds=400000` a tenth of the points; the table says how many they were.

use std::time::Instant;

use tgc_tests::accuracy::table::Subject;
use tgc_tests::accuracy::{self, Effort, Row, complex, table};

type Measure = Box<dyn Fn(&Effort) -> Row>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let number = |flag: &str, default: u64| {
        let given = flags.iter().find_map(|text| text.strip_prefix(flag));
        given.map_or(Ok(default), str::parse)
    };
    let Effort { stride, rounds } = Effort::FULL;
    let effort = Effort { stride: number("--stride=", stride)?, rounds: number("--rounds=", rounds)? };
    let real = accuracy::functions()
        .into_iter()
        .map(|f| (f.name, Box::new(move |effort: &Effort| accuracy::measure(&f, effort)) as Measure));
    let complex = complex::functions()
        .into_iter()
        .map(|f| (f.name, Box::new(move |effort: &Effort| complex::measure(&f, effort)) as Measure));
    let gradients = accuracy::gradients()
        .into_iter()
        .map(|f| (f.name, Box::new(move |effort: &Effort| accuracy::measure(&f, effort)) as Measure));
    write_table(Subject::Values, real.chain(complex).collect(), &names, &effort)?;
    write_table(Subject::Gradients, gradients.collect(), &names, &effort)
}

/// Measures the functions of a table that were named, all of them if none was.
fn write_table(
    subject: Subject,
    all: Vec<(&str, Measure)>,
    names: &[String],
    effort: &Effort,
) -> Result<(), Box<dyn std::error::Error>> {
    let order: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let table = match subject {
        Subject::Values => "values",
        Subject::Gradients => "gradients",
    };
    for (name, measure) in &all {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name || wanted == table) {
            continue;
        }
        let start = Instant::now();
        let row = measure(effort);
        println!(
            "{name}: f32 {:.4} at {:?}, f64 {:.4} at {:?}, promised {}, {:.1} s",
            row.single.error,
            row.single.at,
            row.double.error,
            row.double.at,
            row.bound,
            start.elapsed().as_secs_f64()
        );
        write(subject, row, &order)?;
    }
    Ok(())
}

/// Puts a row into the document's table, in the order of the functions.
fn write(subject: Subject, row: Row, order: &[&str]) -> Result<(), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(table::path())?;
    let mut rows = table::parse(subject, &text)
        .ok_or("docs/accuracy.md has no such table, or one that is not understood")?;
    rows.retain(|old| old.name != row.name && order.contains(&old.name.as_str()));
    rows.push(row);
    rows.sort_by_key(|row| order.iter().position(|name| *name == row.name));
    std::fs::write(table::path(), table::replace(subject, &text, &rows).ok_or("the table is gone")?)?;
    Ok(())
}
