//! Structure of the product's code: modules have no import cycles, and files and functions are short.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use system::golden::file;

/// Source folders of the product's crates.
const CRATES: [&str; 4] = ["shared/domain/src", "shared/api_runtime/src", "functions/src", "tests/local/src"];
const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;

/// Returns the modules of a crate by path (`table::item`), each with its code without tests.
fn modules(source: &str) -> BTreeMap<String, String> {
    fn walk(folder: &Path, prefix: &str, modules: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let inner = if prefix.is_empty() { name.clone() } else { format!("{prefix}::{name}") };
            if path.is_dir() {
                walk(&path, &inner, modules);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !is_test(&name) {
                let own = ["mod", "lib", "main"].contains(&&*name);
                let code = std::fs::read_to_string(&path).unwrap();
                let code = code.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
                modules.insert(if own { prefix.to_owned() } else { inner }, code);
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(&file(source), "", &mut all);
    all
}

fn is_test(name: &str) -> bool {
    ["tests", "key_strings"].contains(&name)
}

/// Returns the paths within its crate that a module's code names:
/// `crate::table::item::Entity`, `super::item::Entity`.
fn paths(code: &str) -> Vec<String> {
    let code: String =
        code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut rest = code.as_str();
    while let Some(at) = ["crate::", "super::"].into_iter().filter_map(|start| rest.find(start)).min() {
        let begins = !rest[..at].ends_with(|c: char| path(c) || c == '$');
        let end = rest[at..].find(|c| !path(c)).map_or(rest.len(), |end| at + end);
        if begins {
            let prefix = &rest[at..end];
            match rest[end..].strip_prefix('{').filter(|_| prefix.ends_with("::")) {
                Some(list) => found.extend(in_braces(prefix, list)),
                None => found.push(prefix.to_owned()),
            }
        }
        rest = &rest[end..];
    }
    found
}

/// Returns the paths of a list in braces; a nested list is cut off after its own prefix.
fn in_braces(prefix: &str, list: &str) -> Vec<String> {
    let (mut depth, mut end) = (1, list.len());
    for (at, c) in list.char_indices() {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if depth == 0 {
            end = at;
            break;
        }
    }
    let names = list[..end].split(',').map(|name| name.trim().split('{').next().unwrap());
    names.filter(|name| !name.is_empty()).map(|name| format!("{prefix}{name}")).collect()
}

/// Returns the modules that each module imports.
fn imports(modules: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let resolve = |module: &str, path: &str| {
        let mut base: Vec<&str> = module.split("::").filter(|step| !step.is_empty()).collect();
        let mut steps: Vec<&str> = path.split("::").filter(|step| !step.is_empty()).collect();
        while let Some(first) = steps.first().copied() {
            match first {
                "crate" => base.clear(),
                "super" => drop(base.pop()),
                _ => break,
            }
            steps.remove(0);
        }
        base.extend(steps);
        while !base.is_empty() && !modules.contains_key(&base.join("::")) {
            base.pop();
        }
        base.join("::")
    };
    let imported = |(module, code): (&String, &String)| {
        let paths = paths(code);
        let others = paths.iter().map(|path| resolve(module, path)).filter(|other| other != module);
        // Imports that resolve to the crate's root are left out: the root only declares and re-exports modules.
        (module.clone(), others.filter(|other| !other.is_empty()).collect())
    };
    modules.iter().map(imported).collect()
}

/// Returns a path from a node back to itself, if there is one.
fn cycle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        graph: &BTreeMap<String, BTreeSet<String>>,
        node: &str,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(at) = way.iter().position(|one| one == node) {
            return Some(way[at..].to_vec());
        }
        if !done.insert(node.to_owned()) {
            return None;
        }
        way.push(node.to_owned());
        let found = graph.get(node).into_iter().flatten().find_map(|next| visit(graph, next, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| visit(graph, node, &mut Vec::new(), &mut done))
}

#[test]
fn modules_and_folders_have_no_import_cycles() {
    for source in CRATES {
        let files = imports(&modules(source));
        assert_eq!(cycle(&files), None, "{source}: files");
        let top = |module: &str| module.split("::").next().unwrap().to_owned();
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, others) in &files {
            let own = top(module);
            let others = others.iter().map(|other| top(other)).filter(|other| *other != own);
            folders.entry(own.clone()).or_default().extend(others);
        }
        assert_eq!(cycle(&folders), None, "{source}: folders");
    }
}

#[test]
fn no_file_or_function_is_long() {
    let mut long = Vec::new();
    for source in CRATES.into_iter().filter(|source| !source.starts_with("tests")) {
        for (module, code) in modules(source) {
            let lines: Vec<&str> = code.lines().collect();
            if lines.len() > LONGEST_FILE {
                long.push(format!("{source} {module}: {} lines", lines.len()));
            }
            for (first, line) in lines.iter().enumerate() {
                let indent = &line[..line.len() - line.trim_start().len()];
                let words: Vec<&str> =
                    line.trim_start().split(['(', '<']).next().unwrap().split(' ').collect();
                if !words.contains(&"fn") || line.trim_start().starts_with("//") {
                    continue;
                }
                let length = length_of(&lines[first..], indent);
                if length > LONGEST_FUNCTION {
                    long.push(format!("{source} {module}: `{}`, {length} lines", words.last().unwrap()));
                }
            }
        }
    }
    assert_eq!(long, Vec::<String>::new());
}

/// Returns the number of lines of the function that begins here; 0 if it is only a signature.
fn length_of(lines: &[&str], indent: &str) -> usize {
    let end = format!("{indent}}}");
    let mut is_open = false;
    for (at, line) in lines.iter().enumerate() {
        is_open |= line.ends_with('{');
        match (is_open, line.ends_with(';')) {
            (false, true) => return 0,
            _ if **line == end => return at + 1,
            _ => {}
        }
    }
    0
}
