//! Links the executable at a fixed address, on Linux with glibc: else its start relocates every table of every
//! function, 0.8 of 3.8 million instructions. It gives up the address randomization of the executable itself; the
//! stack, the heap and shared libraries keep theirs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
