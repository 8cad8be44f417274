//! What the compiler takes for models that grow in one way: `make bench ONLY=cliffs`.
//!
//! Each figure is of a process of its own, which makes a model and builds its library as `tgc build` does:
//! the processor time of the build, and the most memory that the process had. An argument names the document
//! whose table is written anew; without one it is printed.

mod grown;

use std::fs;
use std::process::Command;

use tgc_benches::Error;
use tgc_compiler::{Options, build};

use grown::{GROWN, Grown};

/// The argument of a process that measures one model.
const ONE: &str = "one";
const BEGIN: &str = "<!-- cliffs, written by make bench -->";
const END: &str = "<!-- until here, the cliffs -->";
/// From this size on figures are fitted: below, what any model takes is most of them.
const FITTED: usize = 100;

/// What a build took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    megabytes: f64,
}

fn main() -> Result<(), Error> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    match args.as_slice() {
        [one, name, size] if one == ONE => measure(name, size.parse()?),
        [] => {
            println!("{}", section()?);
            Ok(())
        }
        [page, ..] => write(page, &section()?),
    }
}

/// Builds a model in this process and prints what that took.
fn measure(name: &str, size: usize) -> Result<(), Error> {
    let grown = GROWN.iter().find(|grown| grown.name == name).ok_or("no such row")?;
    let module = (grown.make)(size)?;
    let before = processor_seconds()?;
    build(&module, &Options::default())?;
    println!("{} {}", processor_seconds()? - before, peak_megabytes()?);
    Ok(())
}

/// What this thread, the only one, has used of a processor.
fn processor_seconds() -> Result<f64, Error> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().ok_or("no time in schedstat")?.parse()?;
    Ok(nanoseconds / 1e9)
}

fn peak_megabytes() -> Result<f64, Error> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak in status")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024.0 / 1e6)
}

/// The cost of a model, by a process of its own.
fn cost(name: &str, size: usize) -> Result<Cost, Error> {
    let output = Command::new(std::env::current_exe()?).args([ONE, name, &size.to_string()]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let problem = || format!("{name} {size}: {}", String::from_utf8_lossy(&output.stderr));
    let (seconds, megabytes) = text.trim().split_once(' ').ok_or_else(problem)?;
    Ok(Cost { seconds: seconds.parse()?, megabytes: megabytes.parse()? })
}

/// When and where, and the table.
fn section() -> Result<String, Error> {
    let said = |program: &str, args: &[&str]| -> Result<String, Error> {
        Ok(String::from_utf8(Command::new(program).args(args).output()?.stdout)?.trim().to_owned())
    };
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let processor = processors.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("?");
    let load = fs::read_to_string("/proc/loadavg")?;
    let (date, revision) = (said("date", &["-u", "+%F"])?, said("git", &["rev-parse", "--short", "HEAD"])?);
    let load = load.split(' ').next().unwrap_or("?");
    let mut text = format!(
        "Measured on {date} at {revision}, {processor}, load {load} when the run began.\n\n\
         | grows | {} | power of time | power of memory |\n|{}",
        SIZES.map(|size| size.to_string()).join(" | "),
        "---|".repeat(SIZES.len() + 3)
    );
    let nothing = cost(GROWN[0].name, 1)?;
    for grown in GROWN {
        text += &row(grown, nothing)?;
        eprintln!("{}", text.lines().last().unwrap_or_default());
    }
    Ok(text)
}

const SIZES: [usize; 6] = [10, 30, 100, 300, 1_000, 10_000];

/// A row: times and memory, and the powers of the size with which they grow beyond what the least model
/// takes.
fn row(grown: &Grown, nothing: Cost) -> Result<String, Error> {
    let mut cells = vec![];
    let (mut times, mut memory) = (vec![], vec![]);
    for size in SIZES {
        if size > grown.most {
            cells.push("–".to_owned());
            continue;
        }
        let cost = cost(grown.name, size)?;
        cells.push(format!("{:.2} s, {:.0} MB", cost.seconds, cost.megabytes));
        if size >= FITTED {
            times.push((size as f64, cost.seconds - nothing.seconds));
            memory.push((size as f64, cost.megabytes - nothing.megabytes));
        }
    }
    let powers = [power(&times), power(&memory)].map(|power| format!("{power:.2}"));
    Ok(format!("\n| {} | {} | {} |", grown.what, cells.join(" | "), powers.join(" | ")))
}

/// The slope of the straight line through logarithms with the least squares.
fn power(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.max(1e-3).ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    mean(&|p| (p.0 - x) * (p.1 - y)) / mean(&|p| (p.0 - x) * (p.0 - x))
}

/// Puts the section into a page, between its marks.
fn write(page: &str, section: &str) -> Result<(), Error> {
    // Cargo starts this in the crate's folder, and names are those from the repository's.
    let page = format!("{}/../{page}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&page)?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or("the page has no place for the table")?;
    Ok(fs::write(&page, format!("{before}{BEGIN}\n{section}\n{END}{after}"))?)
}
