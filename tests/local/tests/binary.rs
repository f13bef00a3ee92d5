//! Tests of the binary that `cargo run` starts: its first line of output, its flags and how it ends.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

fn start(folder: &std::path::Path, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local_stack"));
    command.args(arguments).current_dir(folder).env("PORT", "0").envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("vouchsafe-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn the_first_line_says_where_it_listens_and_ctrl_c_ends_it_cleanly() {
    let folder = folder("first-line");
    for arguments in [&["--ephemeral"][..], &[]] {
        let mut child = start(&folder, arguments, &[]);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim_end().strip_prefix("vouchsafe: listening on http://127.0.0.1:").unwrap();
        assert!(port.parse::<u16>().unwrap() > 0);
        let open = std::net::TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        assert_eq!(folder.join(".local/vouchsafe.db").exists(), arguments.is_empty());
        interrupt(&child);
        assert!(child.wait().unwrap().success());
        drop(open);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_it_does_not_understand_it_says() {
    let folder = folder("flags");
    for (arguments, variables, said) in [
        (&["--nothing"][..], &[][..], "`--nothing` is not known"),
        (&[], &[("PORT", "abc")], "PORT is `abc`, which is no port"),
        (&[], &[("CLOCK", "noon")], "CLOCK: `noon` is not an RFC 3339 time"),
    ] {
        let output = start(&folder, arguments, variables).wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains(said) && error.contains("usage:"), "{error}");
    }
    assert!(start(&folder, &["--help"], &[]).wait().unwrap().success());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_keeps_it_from_starting_is_one_line_with_the_way_out() {
    let folder = folder("failures");
    let fails = |variables: &[(&str, &str)], said: &[&str]| {
        let output = start(&folder, &[], variables).wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.lines().count() == 1, "{error}");
        assert!(said.iter().all(|said| error.contains(said)), "{error}");
    };
    std::fs::create_dir_all(folder.join(".local")).unwrap();
    std::fs::write(folder.join(".local/vouchsafe.db"), [7; 5000]).unwrap();
    fails(&[], &["could not read the data in .local/vouchsafe.db", "move the file away"]);
    std::fs::remove_dir_all(folder.join(".local")).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    fails(&[("PORT", &port)], &[&port, "PORT=0 takes any free port"]);
    let closed = "http://127.0.0.1:1";
    fails(&[("AWS_ENDPOINT_URL_DYNAMODB", closed)], &[closed, "does not answer", "Connection refused"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn help_lists_every_variable_that_it_reads() {
    let folder = folder("help");
    let help = start(&folder, &["--help"], &[]).wait_with_output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let source = include_str!("../src/main.rs");
    for read in source.split("env::var(\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(help.contains(&format!("{read}=")), "`--help` does not list {read}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
