//! Links the executable at a fixed address, on Linux: else its start relocates every table of every function, 0.8 of 3.8
//! million instructions. It gives up the address randomization of the executable itself; the stack, the heap and shared
//! libraries keep theirs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
