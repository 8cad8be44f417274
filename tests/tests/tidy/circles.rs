//! Which files of a crate name each other: circles are those that are listed here, and no others.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::Visit;

use super::{File, none, sources};

/// Files that need each other, a circle each, as modules of their crate.
const CIRCLES: &[(&str, &[&[&str]])] = &[
    // A graph's nodes hold operations, and operations make nodes.
    ("compiler/graph", &[&["graph", "infer", "literal", "ops", "support"]]),
    // A block with fission runs segments of its program; an instruction may be a call of a program; a
    // kernel's steps share functions that are steps of other kernels.
    ("compiler/llvm", &[&["block", "fission"], &["call", "scalar"], &["given", "kernel"]]),
    // A rule's pattern rewrites, and what is rewritten is offered to the rules again.
    ("compiler/optimize", &[&["pattern", "rewrite", "rule"]]),
];

/// The modules of a crate and those that each names.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The paths in a file that begin with `crate`, `self` or `super`.
struct Paths<'a> {
    /// The segments of the file's own module.
    module: &'a [String],
    found: Vec<Vec<String>>,
}

impl Paths<'_> {
    /// Notes a path; what it is relative to is resolved.
    fn note(&mut self, path: &[String]) {
        let mut base = match path.first().map(String::as_str) {
            Some("crate") => vec![],
            Some("self" | "super") => self.module.to_vec(),
            _ => return,
        };
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => (),
                "super" => drop(base.pop()),
                name => base.push(name.to_owned()),
            }
        }
        self.found.push(base);
    }

    fn note_tree(&mut self, tree: &syn::UseTree, path: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.note_tree(&step.tree, path);
                path.pop();
            }
            syn::UseTree::Name(name) => self.note(&[&path[..], &[name.ident.to_string()]].concat()),
            syn::UseTree::Rename(name) => self.note(&[&path[..], &[name.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.note(path),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.note_tree(item, path)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // What a module offers anew, it does not need.
        if matches!(item.vis, syn::Visibility::Inherited) {
            self.note_tree(&item.tree, &mut vec![]);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&segments);
        syn::visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            syn::visit::visit_item_mod(self, item);
        }
    }
}

/// The module that a file is, from its path below `src`.
fn module(below: &str) -> Vec<String> {
    let path = below.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|name| !matches!(*name, "lib" | "main")).map(str::to_owned).collect()
}

/// The crates of the workspace, by their folder, and what their modules name of each other.
fn crates() -> BTreeMap<String, Uses> {
    let files = sources();
    let mut crates: BTreeMap<String, Vec<(Vec<String>, &File)>> = BTreeMap::new();
    for file in &files {
        if let Some((folder, below)) = file.path.split_once("/src/") {
            crates.entry(folder.to_owned()).or_default().push((module(below), file));
        }
    }
    crates.into_iter().map(|(folder, files)| (folder, uses(&files))).collect()
}

fn uses(files: &[(Vec<String>, &File)]) -> Uses {
    let known: BTreeSet<&[String]> = files.iter().map(|(module, _)| &module[..]).collect();
    // The file in which a path ends; what the root offers belongs to nobody.
    let home = |path: &[String]| {
        let end = (1..=path.len()).rev().find(|end| known.contains(&path[..*end]))?;
        Some(path[..end].join("::"))
    };
    let of_file = |(module, file): &(Vec<String>, &File)| {
        let syntax = syn::parse_file(&file.text).unwrap_or_else(|e| panic!("{}: {e}", file.path));
        let mut paths = Paths { module, found: vec![] };
        paths.visit_file(&syntax);
        let own = module.join("::");
        let named = paths.found.iter().filter_map(|path| home(path)).filter(|other| *other != own).collect();
        (own, named)
    };
    files.iter().filter(|(module, _)| !module.is_empty()).map(of_file).collect()
}

/// What a module reaches through others.
fn reached<'u>(uses: &'u Uses, from: &str) -> BTreeSet<&'u str> {
    let mut seen = BTreeSet::new();
    let mut work: Vec<&str> = uses.get(from).into_iter().flatten().map(String::as_str).collect();
    while let Some(module) = work.pop() {
        if seen.insert(module) {
            work.extend(uses.get(module).into_iter().flatten().map(String::as_str));
        }
    }
    seen
}

/// The circles of a crate, each sorted.
fn circles(uses: &Uses) -> BTreeSet<Vec<&str>> {
    let reach: BTreeMap<&str, BTreeSet<&str>> = uses.keys().map(|m| (&**m, reached(uses, m))).collect();
    let meets = |a: &str, b: &str| reach[a].contains(b) && reach.get(b).is_some_and(|r| r.contains(a));
    let circle = |module: &str| uses.keys().map(|m| &**m).filter(|other| meets(module, other)).collect();
    uses.keys().map(|module| circle(module)).filter(|circle: &Vec<&str>| circle.len() > 1).collect()
}

#[test]
fn files_need_each_other_only_where_it_is_said() {
    let allowed = |folder: &str| {
        let lists = CIRCLES.iter().filter(|(name, _)| *name == folder).flat_map(|(_, lists)| *lists);
        lists.map(|list| list.to_vec()).collect::<BTreeSet<_>>()
    };
    let findings = crates().into_iter().flat_map(|(folder, uses)| {
        let (found, allowed) = (circles(&uses), allowed(&folder));
        let new =
            found.difference(&allowed).map(|circle| format!("{folder}: a circle of {}", circle.join(", ")));
        let gone =
            allowed.difference(&found).map(|circle| format!("{folder}: no circle of {}", circle.join(", ")));
        new.chain(gone).collect::<Vec<_>>()
    });
    none(findings.collect());
}
