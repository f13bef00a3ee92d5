//! Detects at compile time which programs are installed, so that tests that need a missing one are left out.

use std::process::{Command, Stdio};

fn main() {
    // The test of README's tour runs `curl` and `openssl`.
    println!("cargo::rustc-check-cfg=cfg(tour)");
    println!("cargo::rerun-if-env-changed=PATH");
    let runs = |(program, argument): (&str, &str)| {
        let tried = Command::new(program).arg(argument).stdout(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    if [("curl", "--version"), ("openssl", "version")].into_iter().all(runs) {
        println!("cargo::rustc-cfg=tour");
    }
}
