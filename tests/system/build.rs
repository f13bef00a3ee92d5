//! Tells the tests at compile time what they can use, so that those which need more show as ignored.

use std::process::{Command, Stdio};

fn main() {
    // Whether they run against a deployed system.
    println!("cargo::rustc-check-cfg=cfg(deployed)");
    println!("cargo::rerun-if-env-changed=VOUCHSAFE_URL");
    if std::env::var("VOUCHSAFE_URL").is_ok_and(|url| !url.is_empty()) {
        println!("cargo::rustc-cfg=deployed");
    }
    // Whether README's tour can be taken here.
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
