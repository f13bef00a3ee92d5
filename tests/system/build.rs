//! Tells the tests at compile time whether they run against a deployed system, so that those which need the
//! local stack show as ignored there.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(deployed)");
    println!("cargo::rerun-if-env-changed=VOUCHSAFE_URL");
    if std::env::var("VOUCHSAFE_URL").is_ok() {
        println!("cargo::rustc-cfg=deployed");
    }
}
