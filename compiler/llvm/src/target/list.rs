//! The processors that one library has code for.

use super::{Target, normalize};
use crate::error::Error;

/// A system and the processors that a library for it has code for, the least demanding first. Each needs more
/// than those before it, so that a machine uses the last that it can run.
#[derive(Clone, Debug)]
pub struct Targets(Vec<Target>);

/// The most processors: a machine's answer which it can run is a set of 64 bits.
const MOST: usize = 64;

impl Targets {
    /// The targets of a triple and some CPUs, in any order; of those that a library has by default without
    /// one.
    ///
    /// # Errors
    ///
    /// If a name is unknown or there twice, or a machine could not choose between two.
    pub fn new(triple: Option<&str>, cpus: &[String], features: &str) -> Result<Targets, Error> {
        let usual: Vec<String>;
        let cpus = match cpus {
            [] => {
                usual = Targets::usual(triple)?;
                &usual
            }
            _ => cpus,
        };
        if let (Some(feature), true) = (features.split(',').find(|f| !f.trim().is_empty()), cpus.len() > 1) {
            let reason = format!("there are {} processors to add it to; name one", cpus.len());
            return Err(Error::Feature { feature: feature.trim().to_owned(), reason });
        }
        let each = cpus.iter().map(|cpu| Target::new(triple, Some(cpu), features));
        let mut each: Vec<Target> = each.collect::<Result<_, Error>>()?;
        each.sort_by_key(|target| target.features.len());
        let pairs = || each.iter().zip(each.iter().skip(1));
        match pairs().find_map(|(lesser, better)| conflict(lesser, better)) {
            Some(problem) => Err(Error::List { problem }),
            None if each.len() > MOST => Err(Error::List { problem: format!("it has more than {MOST}") }),
            None => Ok(Targets(each)),
        }
    }

    /// The CPUs that a library has code for by default.
    fn usual(triple: Option<&str>) -> Result<Vec<String>, Error> {
        let isa = normalize(triple.unwrap_or(&super::host_triple()))?.0;
        Ok(isa.library.iter().map(|&cpu| cpu.to_owned()).collect())
    }

    /// Each of them.
    pub fn each(&self) -> &[Target] {
        &self.0
    }

    /// The one alone that a library would use on the compiling machine.
    ///
    /// # Errors
    ///
    /// If the machine can run none.
    pub fn on_this_machine(&self) -> Result<Targets, Error> {
        let least = &self.0[0];
        if !std::ptr::eq(least.isa, normalize(&super::host_triple())?.0) {
            return Err(Error::Host(format!("{} is another instruction set", least.triple)));
        }
        let lacks = |missing: &str| format!("its CPU lacks {missing}, which {} has", least.cpu);
        match self.0.iter().rev().find(|target| target.missing_here().is_none()) {
            Some(target) => Ok(Targets(vec![target.clone()])),
            None => Err(Error::Host(lacks(least.missing_here().unwrap_or("something")))),
        }
    }

    /// All that decides what code is made: triple, CPUs and features.
    pub fn description(&self) -> String {
        self.0.iter().map(Target::description).collect::<Vec<_>>().join("; ")
    }
}

/// Why a machine could not choose between two of a list.
fn conflict(lesser: &Target, better: &Target) -> Option<String> {
    if lesser.cpu == better.cpu {
        return Some(format!("{} is there twice", lesser.cpu));
    }
    let is_same = lesser.features.len() == better.features.len();
    is_same.then(|| {
        format!(
            "{} and {} need the same instructions ({}), so that no machine can choose; leave one out",
            lesser.cpu,
            better.cpu,
            lesser.level.name()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpus(text: &str) -> Result<Vec<String>, String> {
        let names: Vec<String> = text.split_terminator(',').map(str::to_owned).collect();
        let targets = Targets::new(Some("x86_64-unknown-linux-gnu"), &names, "");
        targets.map(|t| t.0.into_iter().map(|t| t.cpu).collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn processors_are_ordered_by_what_they_need() {
        assert_eq!(cpus("").unwrap(), ["x86-64-v3"]);
        assert_eq!(cpus("x86-64-v4,x86-64,x86-64-v3").unwrap(), ["x86-64", "x86-64-v3", "x86-64-v4"]);
        assert_eq!(cpus("znver4,nehalem").unwrap(), ["nehalem", "znver4"]);
    }

    #[test]
    fn lists_that_say_nothing_or_too_much_are_refused() {
        let twice = cpus("x86-64,x86-64-v3,x86-64").unwrap_err();
        assert!(twice.contains("x86-64 is there twice"), "{twice}");
        let same = cpus("haswell,znver3").unwrap_err();
        assert!(same.contains("haswell and znver3") && same.contains("leave one out"), "{same}");
        let unknown = cpus("x86-64,8086").unwrap_err();
        assert!(unknown.contains("`8086`"), "{unknown}");
        let empty = cpus("x86-64,,x86-64-v3").unwrap_err();
        assert!(empty.contains("``"), "{empty}");
        let features = Targets::new(None, &["x86-64".to_owned(), "x86-64-v3".to_owned()], "+aes");
        assert!(features.unwrap_err().to_string().contains("name one"));
    }
}
