//! Detects at compile time which programs are installed, so that tests that need a missing one are left out.

use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(shell)");
    println!("cargo::rustc-check-cfg=cfg(zsh)");
    println!("cargo::rerun-if-env-changed=PATH");
    let runs = |(program, argument): (&str, &str)| {
        let tried = Command::new(program).arg(argument).stdout(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    // The commands of the documents need these programs, and run in zsh, too, where it is.
    if [("bash", "--version"), ("curl", "--version"), ("openssl", "version")].into_iter().all(runs) {
        println!("cargo::rustc-cfg=shell");
    }
    if runs(("zsh", "--version")) {
        println!("cargo::rustc-cfg=zsh");
    }
}
