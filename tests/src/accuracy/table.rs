//! Measurements as a table of `docs/accuracy.md`, which is written and read back here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Row, Worst};

/// What a table is about, as it stands above its first column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Values of functions.
    Values,
    /// Their derivatives.
    Gradients,
}

impl Subject {
    /// The lines that head the table.
    fn head(self) -> String {
        let subject = match self {
            Subject::Values => "function",
            Subject::Gradients => "derivative",
        };
        format!("| {subject} {HEAD}")
    }
}

/// The lines that head a table, but for the first word.
const HEAD: &str =
    "| promised | `f32` | points | at | `f64` | points | at |\n|---|---|---|---|---|---|---|---|\n";

/// The document with the table.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/accuracy.md")
}

/// Errors rounded up to a thousandth, and where they are.
pub fn print(subject: Subject, rows: &[Row]) -> String {
    let mut text = subject.head();
    for Row { name, bound, single, double } in rows {
        let _ = write!(text, "| `{name}` | {bound} |");
        for worst in [single, double] {
            let at: Vec<String> = worst.at.iter().map(|x| format!("{x:e}")).collect();
            let error = (worst.error * 1000.0).ceil() / 1000.0;
            let _ = write!(text, " {error:.3} | {} | {} |", worst.points, at.join(", "));
        }
        text.push('\n');
    }
    text
}

/// The rows of the table of that subject; `None` if there is none, or a line of it is not understood.
pub fn parse(subject: Subject, text: &str) -> Option<Vec<Row>> {
    let (_, body) = text.split_once(&subject.head())?;
    body.lines().take_while(|line| line.starts_with('|')).map(row).collect()
}

/// A document with its table replaced.
pub fn replace(subject: Subject, text: &str, rows: &[Row]) -> Option<String> {
    let (before, body) = text.split_once(&subject.head())?;
    let old: usize = body.split_inclusive('\n').take_while(|line| line.starts_with('|')).map(str::len).sum();
    Some(format!("{before}{}{}", print(subject, rows), &body[old..]))
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [name, bound, rest @ ..] = cells.as_slice() else { return None };
    let worst = |cells: &[&str]| match cells {
        [error, points, at] => {
            let at = at.split(", ").map(str::parse).collect::<Result<_, _>>().ok()?;
            Some(Worst { error: error.parse().ok()?, at, points: points.parse().ok()? })
        }
        _ => None,
    };
    let (single, double) = rest.split_at_checked(3)?;
    Some(Row {
        name: name.trim_matches('`').to_owned(),
        bound: bound.parse().ok()?,
        single: worst(single)?,
        double: worst(double)?,
    })
}

#[cfg(test)]
mod tests {
    use super::Subject::Values;
    use super::*;

    #[test]
    fn tables_are_read_back_and_replaced() {
        let worst = |error, at: &[f64]| Worst { error, at: at.to_vec(), points: 7 };
        let row = Row {
            name: "pow".to_owned(),
            bound: 2.0,
            single: worst(0.5, &[1.5, -3e-40]),
            double: worst(f64::INFINITY, &[f64::MAX, f64::NEG_INFINITY]),
        };
        let other = Row { name: "exp".to_owned(), ..row.clone() };
        let text = format!("Above.\n\n{}\nBelow.\n", print(Values, &[row.clone(), other.clone()]));
        assert_eq!(parse(Values, &text), Some(vec![row.clone(), other]));
        let shorter = replace(Values, &text, std::slice::from_ref(&row)).unwrap();
        assert_eq!(shorter, format!("Above.\n\n{}\nBelow.\n", print(Values, &[row])));
        assert_eq!(parse(Values, "Above."), None);
        assert_eq!(parse(Subject::Gradients, &text), None);
        assert_eq!(parse(Values, &text.replace("2", "two")), None);
    }
}
