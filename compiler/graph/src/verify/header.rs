//! The identifiers of a library's header: no two are equal, and none is C's, C++'s or a system's.
//!
//! Every identifier and macro that depends on the model is entered in one table, so that a collision is found
//! whatever it is between: two functions, a function and a shared variable, or two macros that differ in case
//! alone. Each refusal suggests a name that would do.
//!
//! Arguments and sizes stand in prototypes, macros and the config with an underscore behind their names:
//! `x_`. No name of ours ends so, and no macro of C's or a system's headers does, so nothing that a program
//! includes or defines can change them.

use std::collections::BTreeMap;

use thiserror::Error;

use super::names::{self, FUNCTIONS, MACROS, STATUSES, SYSTEM, TYPES, Use};
use crate::module::{Function, Module};
use crate::ops::Op;
use crate::origin::Origin;
use crate::quote::short;

/// Why a name cannot stand in a header.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the {what} cannot be named `{}`: {reason}; call it `{suggestion}`", short(name))]
pub struct NameError {
    /// Whose name it is, in the author's terms: ``input of function `f` ``.
    pub what: String,
    /// The name.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
    /// A name that would do.
    pub suggestion: String,
    /// Where the author gave it, if that is known.
    pub origin: Box<Origin>,
}

/// All that has a name in a header.
#[derive(Clone, Debug)]
pub struct HeaderNames<'a> {
    /// What all names begin with.
    pub prefix: &'a str,
    /// Shared variables, frozen ones too.
    pub shared: Vec<Named<'a>>,
    /// Functions in the header's order.
    pub functions: Vec<FunctionNames<'a>>,
}

/// The names of a function.
#[derive(Clone, Debug)]
pub struct FunctionNames<'a> {
    /// Its own.
    pub name: &'a str,
    /// Its sizes'.
    pub sizes: Vec<&'a str>,
    /// Its inputs'.
    pub inputs: Vec<Named<'a>>,
    /// Its outputs'.
    pub outputs: Vec<Named<'a>>,
}

/// A name and its place.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// The name.
    pub name: &'a str,
    /// Where the author gave it, if that is known.
    pub origin: Origin,
    /// It has a macro for its default.
    pub has_default: bool,
}

impl<'a> Named<'a> {
    /// A name of an unknown place.
    pub fn new(name: &'a str) -> Named<'a> {
        Named { name, origin: Origin::unknown(), has_default: false }
    }
}

impl<'a> HeaderNames<'a> {
    /// The interface of a model under its own name.
    pub fn of(module: &'a Module) -> HeaderNames<'a> {
        let shared = module.shared.iter().map(|s| Named::new(&s.name)).collect();
        HeaderNames {
            prefix: &module.name,
            shared,
            functions: module.functions.iter().map(FunctionNames::of).collect(),
        }
    }

    /// Checks every name.
    ///
    /// # Errors
    ///
    /// The first that cannot stand in a header.
    pub fn check(&self) -> Result<(), NameError> {
        let mut names = Table::new(self.prefix);
        names.enter(&Subject::new("model", self.prefix, Kind::Prefix), &Origin::unknown())?;
        for shared in &self.shared {
            names.enter(&Subject::new("shared variable", shared.name, Kind::Member), &shared.origin)?;
        }
        for function in &self.functions {
            names.enter(&Subject::new("function", function.name, Kind::Function), &Origin::unknown())?;
        }
        self.functions.iter().try_for_each(|function| names.enter_arguments(function))
    }
}

impl<'a> FunctionNames<'a> {
    fn of(function: &'a Function) -> FunctionNames<'a> {
        let graph = &function.graph;
        let place = |id: crate::graph::NodeId| (id.index() < graph.len()).then(|| graph.node(id));
        let input = |id: &crate::graph::NodeId| {
            let node = place(*id)?;
            let is_real = node.ty.rank() == 0 && !node.ty.dtype.is_complex();
            let has_default = is_real && matches!(node.op, Op::OptionalInput(_));
            Some(Named { name: node.op.input_name()?, origin: node.origin.clone(), has_default })
        };
        let origin = |id| place(id).map_or_else(Origin::unknown, |node| node.origin.clone());
        let output = |output: &'a crate::module::Output| Named {
            origin: origin(output.node),
            ..Named::new(&output.name)
        };
        FunctionNames {
            name: &function.name,
            sizes: graph.scope.symbols.iter().map(|(_, symbol)| symbol.name.as_str()).collect(),
            inputs: function.inputs.iter().filter_map(input).collect(),
            outputs: function.outputs.iter().map(output).collect(),
        }
    }
}

/// What kind of identifiers a name becomes a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    Prefix,
    Member,
    Function,
    /// The ends of its range.
    Size,
    /// The default of a function's input.
    Default(&'a str),
}

impl Kind<'_> {
    fn usage(self) -> Use {
        match self {
            Kind::Prefix => Use::Prefix,
            Kind::Member | Kind::Function => Use::Member,
            Kind::Size | Kind::Default(_) => Use::Parameter,
        }
    }
}

/// Something that has a name.
struct Subject<'a> {
    what: String,
    name: &'a str,
    kind: Kind<'a>,
}

impl<'a> Subject<'a> {
    fn new(what: impl Into<String>, name: &'a str, kind: Kind<'a>) -> Subject<'a> {
        Subject { what: what.into(), name, kind }
    }

    fn owner(&self) -> Owner {
        match self.kind {
            Kind::Prefix => Owner { name: String::new(), text: "every library".to_owned() },
            Kind::Member | Kind::Function | Kind::Size | Kind::Default(_) => {
                let (kind, of) = self.what.split_once(" of ").unwrap_or((&self.what, ""));
                let of = if of.is_empty() { String::new() } else { format!(" of {of}") };
                Owner { name: self.name.to_owned(), text: format!("the {kind} `{}`{of}", self.name) }
            }
        }
    }

    fn refuse(&self, reason: &str, origin: &Origin, taken: &dyn Fn(&str) -> bool) -> NameError {
        NameError {
            what: self.what.clone(),
            name: self.name.to_owned(),
            reason: reason.to_owned(),
            suggestion: names::suggestion(self.name, &self.what, self.kind.usage(), taken),
            origin: Box::new(origin.clone()),
        }
    }
}

/// What an identifier stands for.
#[derive(Clone)]
struct Owner {
    name: String,
    text: String,
}

/// The identifiers that are taken.
struct Table<'a> {
    prefix: &'a str,
    taken: BTreeMap<String, Owner>,
}

impl<'a> Table<'a> {
    fn new(prefix: &'a str) -> Table<'a> {
        Table { prefix, taken: BTreeMap::new() }
    }

    /// The identifiers that a name makes.
    fn identifiers(&self, kind: Kind<'_>, name: &str) -> Vec<String> {
        let upper = |end: String| format!("{}_{end}", self.prefix).to_ascii_uppercase();
        let lower = |end: &str| format!("{}_{end}", self.prefix);
        match kind {
            Kind::Prefix => {
                let capitals =
                    MACROS.iter().chain(&STATUSES).map(|end| format!("{name}_{end}").to_ascii_uppercase());
                let others = FUNCTIONS.iter().chain(&TYPES).map(|end| format!("{name}_{end}"));
                capitals.chain(others).collect()
            }
            Kind::Member => vec![lower(name)],
            Kind::Function => {
                let bytes = ["WS", "STACK"].map(|what| upper(format!("{name}_{what}_BYTES")));
                [lower(name)].into_iter().chain(bytes).collect()
            }
            Kind::Size => ["MIN", "MAX"].map(|end| upper(format!("{name}_{end}"))).to_vec(),
            Kind::Default(function) => vec![upper(format!("{function}_{name}_DEFAULT"))],
        }
    }

    /// Takes all identifiers of a name, or none.
    fn enter(&mut self, subject: &Subject<'_>, origin: &Origin) -> Result<(), NameError> {
        if let Some(fault) = names::fault(subject.name, subject.kind.usage()) {
            return Err(subject.refuse(fault, origin, &|_| false));
        }
        let identifiers = |name: &str| self.identifiers(subject.kind, name);
        let is_taken = |identifier: &String| {
            SYSTEM.contains(&identifier.as_str()) || self.taken.contains_key(identifier)
        };
        let wanted = identifiers(subject.name);
        if let Some(identifier) = wanted.iter().find(|identifier| is_taken(identifier)) {
            let reason = match self.taken.get(identifier) {
                Some(owner) if owner.name == subject.name => format!("{} has that name", owner.text),
                Some(owner) if owner.name.eq_ignore_ascii_case(subject.name) => {
                    format!("{} differs in case alone", owner.text)
                }
                Some(owner) => format!("`{identifier}` belongs to {}", owner.text),
                None => format!("system headers define `{identifier}`"),
            };
            return Err(subject.refuse(&reason, origin, &|name| identifiers(name).iter().any(is_taken)));
        }
        self.taken.extend(wanted.into_iter().map(|identifier| (identifier, subject.owner())));
        Ok(())
    }

    /// The parameters of a prototype share one scope, and some have macros.
    fn enter_arguments(&mut self, function: &FunctionNames<'_>) -> Result<(), NameError> {
        let mut scope: BTreeMap<String, String> = BTreeMap::new();
        let of = |kind: &str| format!("{kind} of function `{}`", function.name);
        let sizes: Vec<Named<'_>> = function.sizes.iter().map(|name| Named::new(name)).collect();
        for (kind, arguments) in
            [("size", &sizes), ("input", &function.inputs), ("output", &function.outputs)]
        {
            for argument in arguments {
                let kind_of_macro = if kind == "size" { Kind::Size } else { Kind::Default(function.name) };
                let subject = Subject::new(of(kind), argument.name, kind_of_macro);
                enter_parameter(&mut scope, &subject, &argument.origin)?;
                let is_known = || {
                    let first = self.identifiers(Kind::Size, argument.name).remove(0);
                    self.taken.get(&first).is_some_and(|owner| owner.name == argument.name)
                };
                // A size of several functions is one size of the model.
                if argument.has_default || kind == "size" && !is_known() {
                    self.enter(&subject, &argument.origin)?;
                }
            }
        }
        Ok(())
    }
}

fn enter_parameter(
    scope: &mut BTreeMap<String, String>,
    subject: &Subject<'_>,
    origin: &Origin,
) -> Result<(), NameError> {
    let reason = match (names::fault(subject.name, Use::Parameter), scope.get(subject.name)) {
        (Some(fault), _) => fault.to_owned(),
        (None, Some(owner)) => format!("{owner} has that name"),
        (None, None) => {
            scope.insert(subject.name.to_owned(), subject.owner().text);
            return Ok(());
        }
    };
    Err(subject.refuse(&reason, origin, &|name| scope.contains_key(name)))
}
