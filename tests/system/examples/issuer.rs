//! Writes into a folder the two documents that a deployed system reads from its issuer, to be published at the
//! issuer's address. Environment variables describe the issuer (`system::deployed`).

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write to");
    let folder = std::path::Path::new(&folder).join(".well-known");
    let issuer = system::deployed::issuer();
    std::fs::create_dir_all(&folder).unwrap();
    for (name, document) in [("openid-configuration", issuer.configuration()), ("jwks.json", issuer.keys())] {
        std::fs::write(folder.join(name), document.to_string()).unwrap();
    }
}
