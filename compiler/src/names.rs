//! The C names of a library, checked before any code is made.
//!
//! [`tgc_graph::verify`] refuses names that no header could hold. What is checked here depends on the prefix: every
//! identifier and macro that the header defines is entered in one table, so that a collision is found whatever it is
//! between: two functions, a function and a state, or two macros that differ in case alone. Each refusal suggests a
//! name that would do.

use std::collections::BTreeMap;

use tgc_graph::verify::names::{self, Use};
use tgc_plan::{Argument, Interface, Signature};
use tgc_runtime::layout::Status;

/// Why a name cannot stand in a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} cannot keep its name: {reason}; call it `{suggestion}`")]
pub struct NameError {
    /// Whose name it is, in the user's terms: ``function `save` ``.
    pub what: String,
    /// What is wrong.
    pub reason: String,
    /// A name that would do.
    pub suggestion: String,
}

/// The checked names of one library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    prefix: String,
    upper: String,
}

/// What every library defines besides the model's own functions and states: `NAME_create` and so on.
pub(crate) const FUNCTIONS: [&str; 9] =
    ["create", "share", "destroy", "init", "init_shared", "reset", "save", "load", "error"];

const TYPES: [&str; 4] = ["ctx", "status", "config", "model"];

const MACROS: [&str; 9] =
    ["H", "HASH", "BLOCK", "CONFIG", "CTX_BYTES", "STATE_BYTES", "WS_BYTES", "STACK_BYTES", "SAVE_BYTES"];

/// The members of a config that are no sizes.
const CONFIG_MEMBERS: [&str; 4] = ["struct_bytes", "flags", "alloc", "pool"];

/// Prefixes that would redefine functions or types of C, POSIX or this compiler.
const PREFIXES: [&str; 14] = [
    "aio", "atomic", "cnd", "mq", "mtx", "posix", "pthread", "sem", "std", "stdc", "tgc", "thrd", "timer",
    "tss",
];

impl Names {
    /// Checks every name that a header of this plan would hold. `prefix` takes the place of the model's name.
    pub fn check(interface: &Interface, prefix: Option<&str>) -> Result<Names, NameError> {
        let prefix = prefix.unwrap_or(&interface.name);
        check_prefix(prefix)?;
        let names = Names { prefix: prefix.to_owned(), upper: prefix.to_ascii_uppercase() };
        let mut table = Table::default();
        names.enter_fixed(&mut table);
        for size in &interface.sizes {
            names.enter_size(&size.name, &mut table)?;
        }
        for state in &interface.states {
            let what = Subject::new("state", &state.name, Use::Member);
            what.check()?;
            let wanted = |name: &str| vec![names.lower(name)];
            table.enter(&what, &wanted)?;
        }
        for frozen in &interface.frozen {
            let what = Subject::new("frozen variable", &frozen.name, Use::Member);
            what.check()?;
            table.enter(&what, &|name: &str| vec![names.lower(name)])?;
        }
        for function in &interface.functions {
            names.enter_function(function, &mut table)?;
        }
        for function in &interface.functions {
            check_parameters(function, &table)?;
        }
        Ok(names)
    }

    /// The prefix of functions and types, as given.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of a function, a type or a state's getter: `logreg_train`.
    pub fn lower(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }

    /// The name of a macro: `LOGREG_N_MAX`.
    pub fn upper(&self, name: &str) -> String {
        format!("{}_{}", self.upper, name.to_ascii_uppercase())
    }

    /// Every function that the library exports, in the header's order, without the prefix.
    pub(crate) fn exported<'p>(&self, interface: &'p Interface) -> Vec<&'p str> {
        let functions = interface.functions.iter().map(|f| f.name.as_str());
        let states = interface.states.iter().map(|s| s.name.as_str());
        let frozen = interface.frozen.iter().map(|f| f.name.as_str());
        FUNCTIONS.into_iter().chain(functions).chain(states).chain(frozen).chain(["model"]).collect()
    }

    fn enter_fixed(&self, table: &mut Table) {
        for name in FUNCTIONS.iter().chain(&TYPES) {
            table.taken.insert(self.lower(name), "a name that every library has".to_owned());
        }
        for name in MACROS.iter().chain(&Status::NAMES) {
            table.taken.insert(self.upper(name), "a macro that every header has".to_owned());
        }
    }

    fn enter_size(&self, name: &str, table: &mut Table) -> Result<(), NameError> {
        let what = Subject::new("size", name, Use::Parameter);
        what.check()?;
        if CONFIG_MEMBERS.contains(&name) {
            return Err(
                what.refuse("every config has a member of that name", &|n| CONFIG_MEMBERS.contains(&n))
            );
        }
        table.enter(&what, &|name| ["MIN", "MAX"].map(|end| self.upper(&format!("{name}_{end}"))).to_vec())
    }

    fn enter_function(&self, function: &Signature, table: &mut Table) -> Result<(), NameError> {
        let what = Subject::new("function", &function.name, Use::Member);
        what.check()?;
        let wanted = |name: &str| {
            let bytes = ["WS", "STACK"].map(|what| self.upper(&format!("{name}_{what}_BYTES")));
            [self.lower(name)].into_iter().chain(bytes).collect()
        };
        table.enter(&what, &wanted)?;
        for input in function.inputs.iter().filter(|input| has_default_macro(input)) {
            let what = Subject::of_argument("input", &input.name, function);
            what.check()?;
            table.enter(&what, &|name| vec![self.upper(&format!("{}_{name}_DEFAULT", function.name))])?;
        }
        Ok(())
    }
}

/// True for inputs that arrive by value and may be left out: their default is a macro.
pub(crate) fn has_default_macro(input: &Argument) -> bool {
    input.default.is_some() && input.is_by_value()
}

fn check_prefix(prefix: &str) -> Result<(), NameError> {
    let what = Subject::new("library", prefix, Use::Prefix);
    what.check()?;
    let is_reserved = |name: &str| PREFIXES.contains(&name.to_ascii_lowercase().as_str());
    if is_reserved(prefix) {
        return Err(what.refuse("names that begin so belong to C, POSIX or tgc", &is_reserved));
    }
    Ok(())
}

/// The parameters of a prototype share one scope.
fn check_parameters(function: &Signature, table: &Table) -> Result<(), NameError> {
    let mut scope = Table { taken: table.taken.clone() };
    for (_, symbol) in function.symbols.iter() {
        scope.taken.insert(symbol.name.clone(), format!("a size of `{}`", function.name));
    }
    let inputs = function.inputs.iter().map(|a| ("input", a));
    let outputs = function.outputs.iter().map(|a| ("output", a));
    for (kind, argument) in inputs.chain(outputs) {
        let what = Subject::of_argument(kind, &argument.name, function);
        what.check()?;
        scope.enter(&what, &|name| vec![name.to_owned()])?;
    }
    Ok(())
}

/// Identifiers and what they stand for.
#[derive(Default)]
struct Table {
    taken: BTreeMap<String, String>,
}

impl Table {
    /// Takes all identifiers of a name, or none.
    fn enter(&mut self, what: &Subject, identifiers: &dyn Fn(&str) -> Vec<String>) -> Result<(), NameError> {
        let wanted = identifiers(&what.name);
        if let Some((identifier, owner)) = wanted.iter().find_map(|i| Some((i, self.taken.get(i)?))) {
            let reason = format!("`{identifier}` is already {owner}");
            let taken = |name: &str| identifiers(name).iter().any(|i| self.taken.contains_key(i));
            return Err(what.refuse(&reason, &taken));
        }
        let owner = format!("the name of {}", what.what);
        self.taken.extend(wanted.into_iter().map(|identifier| (identifier, owner.clone())));
        Ok(())
    }
}

/// Something that has a name.
struct Subject {
    what: String,
    kind: &'static str,
    name: String,
    usage: Use,
}

impl Subject {
    fn new(kind: &'static str, name: &str, usage: Use) -> Subject {
        Subject { what: format!("{kind} `{name}`"), kind, name: name.to_owned(), usage }
    }

    fn of_argument(kind: &'static str, name: &str, function: &Signature) -> Subject {
        let subject = Subject::new(kind, name, Use::Parameter);
        Subject { what: format!("{} of function `{}`", subject.what, function.name), ..subject }
    }

    fn check(&self) -> Result<(), NameError> {
        match names::fault(&self.name, self.usage) {
            Some(reason) => Err(self.refuse(reason, &|_| false)),
            None => Ok(()),
        }
    }

    fn refuse(&self, reason: &str, taken: &dyn Fn(&str) -> bool) -> NameError {
        let suggestion = names::suggestion(&self.name, self.kind, self.usage, taken);
        NameError { what: self.what.clone(), reason: reason.to_owned(), suggestion }
    }
}
